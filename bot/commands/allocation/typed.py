"""What may follow /allocation as text: single changes, or a whole table."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from html import escape

from bot.chat.grammar import Chat, WrongWords
from bot.commands.allocation import editing, versions
from bot.commands.allocation.book import Book
from bot.commands.allocation.deciding import author
from bot.records import now
from bot.services import Services
from core.allocation import percent
from core.drafting import drafts
from core.drafting.drafts import Draft, DraftSector, nearest
from core.drafting.pasted import read_table
from core.drafting.problems import NoSuchSector, Refused
from core.symbols import one_word

LONGEST_NOTE = 200
"""Characters of what was written that the audit keeps."""

Change = Callable[[Draft, str], tuple[Draft | Refused, str]]
"""What a word does to a draft with the text that follows it, and what has happened then, in one sentence."""


async def obey(chat: Chat, services: Services, text: str) -> None:
    """Do what the text after /allocation says. Raises WrongWords, and BrokerAway."""
    word, *others = text.split(maxsplit=1) or [""]
    rest = others[0] if others else ""
    verb = word.lower()
    if verb in _SHOWING:
        await _SHOWING[verb](chat, services, rest.strip())
    elif verb in _CHANGES:
        await _change(chat, services, text, lambda draft: _CHANGES[verb](draft, rest.strip()))
    elif re.search(r"[0-9]", text):
        # A table, pasted without a word before it.
        await _change(chat, services, text, lambda draft: _set(draft, text.strip()))
    else:
        near = nearest(verb, (*_SHOWING, *_CHANGES))
        meant = f"Did you mean {' or '.join(near)}?" if near else "It takes set, rename, fund, remove, spread and more."
        raise WrongWords(f"/allocation does not know {word[:40]!r}. {meant}")


async def _change(
    chat: Chat, services: Services, text: str, change: Callable[[Draft], tuple[Draft | Refused, str]]
) -> None:
    said = await asyncio.to_thread(_put, services, chat.owner, text, change)
    await editing.show_draft(chat, services, escape(said, quote=False), afresh=True)


def _put(services: Services, owner: int, text: str, change: Callable[[Draft], tuple[Draft | Refused, str]]) -> str:
    """Commit a changed draft, and return what has happened. Raises WrongWords, with nothing changed."""
    book, audit = Book(services.records, owner), services.records.audit
    try:
        changed, said = change(book.start())
        if not isinstance(changed, Draft):
            raise WrongWords(f"Nothing was changed: {changed}.".replace("?.", "?"))
    except WrongWords as wrong:
        audit.note(author(owner), f"allocation {text[:LONGEST_NOTE]}", f"refused: {wrong}", now())
        raise
    book.put(changed)
    return said


def _set(draft: Draft, text: str) -> tuple[Draft | Refused, str]:
    """Set one sector's weight, add a sector, or take a whole table. Raises WrongWords."""
    read = read_table(text, draft)
    if not isinstance(read, Draft):
        lines = [str(bad) for bad in read] if "\n" in text.strip() else [f"{bad.wrong}: {bad.remedy}" for bad in read]
        raise WrongWords("\n".join(["Nothing was changed.", *lines]))
    if len(read.sectors) > 1:
        return read, f"The draft has exactly these {len(read.sectors)} sectors now."
    (one,) = read.sectors
    if isinstance(draft.find(one.symbol), NoSuchSector):
        return drafts.with_sector(draft, one.name, one.symbol, one.weight), f"{one.name} was added."
    return _one_changed(draft, one)


def _one_changed(draft: Draft, wanted: DraftSector) -> tuple[Draft | Refused, str]:
    changed: Draft | Refused = draft
    if wanted.weight is not None:
        changed = drafts.with_weight(draft, wanted.symbol, wanted.weight)
    if isinstance(changed, Draft):
        changed = drafts.renamed(changed, wanted.symbol, wanted.name)
    weight = f" has {percent(wanted.weight)} now" if wanted.weight is not None else " stays as it is"
    return changed, f"{wanted.name} ({one_word(wanted.symbol)}){weight}."


def _rename(draft: Draft, text: str) -> tuple[Draft | Refused, str]:
    which, name = _two(text, "rename VOO Large Companies")
    return drafts.renamed(draft, which, name), f"{which} is called {' '.join(name.split())} now."


def _fund(draft: Draft, text: str) -> tuple[Draft | Refused, str]:
    words = text.split()
    if len(words) < 2:
        raise WrongWords("Say which sector, and its new fund: /allocation fund VOO VTI.")
    which = _unquoted(" ".join(words[:-1]))
    return drafts.with_fund(draft, which, words[-1]), f"{which} stands for {words[-1].upper()} now."


def _remove(draft: Draft, text: str) -> tuple[Draft | Refused, str]:
    which = _unquoted(text)
    if not which:
        raise WrongWords("Say which sector to remove: /allocation remove VOO.")
    return drafts.without(draft, which), f"{which} was removed from the draft."


def _spread(draft: Draft, text: str) -> tuple[Draft | Refused, str]:
    which = _unquoted(text)
    if not which:
        return drafts.spread(draft), "The rest is shared."
    match draft.find(which):
        case NoSuchSector() as refused:
            return refused, ""
        case kept:
            return drafts.spread(draft, keep=[kept.symbol]), f"{kept.name} stays, and the others share the rest."


def _two(text: str, example: str) -> tuple[str, str]:
    """Return the sector, in quotes where its name has spaces, and what follows it. Raises WrongWords."""
    match = re.fullmatch(r"(?:[\"“](?P<quoted>[^\"”]+)[\"”]|(?P<word>\S+))\s+(?P<rest>.+)", text, re.DOTALL)
    if match is None:
        raise WrongWords(f"Say which sector, by its symbol, and its new name: /allocation {example}.")
    return match["quoted"] or match["word"], _unquoted(match["rest"])


def _unquoted(text: str) -> str:
    stripped = " ".join(text.split())
    pairs = ('""', "''", "\u201c\u201d", "\u2018\u2019")
    if len(stripped) > 2 and stripped[0] + stripped[-1] in pairs:
        return stripped[1:-1]
    return stripped


async def _edit(chat: Chat, services: Services, _rest: str) -> None:
    await editing.show_draft(chat, services, afresh=True)


async def _active(chat: Chat, services: Services, _rest: str) -> None:
    await versions.show_active(chat, services)


async def _history(chat: Chat, services: Services, rest: str) -> None:
    await versions.show_past(chat, services, _number(rest, "history 2") if rest else None)


async def _restore(chat: Chat, services: Services, rest: str) -> None:
    await versions.restore(chat, services, _number(rest, "restore 2"))


async def _undo(chat: Chat, services: Services, _rest: str) -> None:
    await versions.undo(chat, services)


async def _presets(chat: Chat, services: Services, rest: str) -> None:
    await (versions.show_preset(chat, services, rest) if rest else versions.show_presets(chat, services))


def _number(text: str, example: str) -> int:
    """Return a version's number. Raises WrongWords."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise WrongWords(f"{text[:40]!r} is not a version's number: write it like /allocation {example}.")
    return int(text)


_SHOWING: dict[str, Callable[[Chat, Services, str], Awaitable[None]]] = {
    "": _active,
    "edit": _edit,
    "history": _history,
    "preset": _presets,
    "presets": _presets,
    "restore": _restore,
    "undo": _undo,
}

_CHANGES: dict[str, Change] = {"set": _set, "rename": _rename, "fund": _fund, "remove": _remove, "spread": _spread}
