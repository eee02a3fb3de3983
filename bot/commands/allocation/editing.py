"""A draft, changed with buttons."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.chat.grammar import Chat
from bot.commands.allocation import deciding, funds, layout
from bot.commands.allocation.book import Book, Kept
from bot.commands.allocation.deciding import Wish
from bot.services import Services
from core.allocation import Allocation
from core.drafting import drafts
from core.drafting.drafts import Draft, DraftSector
from core.drafting.problems import Refused

STALE = "This draft has moved on. /allocation, then Edit, shows it as it is now."
USELESS = "This button is of no use any more."

# What an owner's program sends back can be anything: only what these buttons hold is understood.
_DATA = re.compile(
    r"(?P<token>[\w-]{1,20}):(?P<verb>[a-z]{1,8})(:(?P<number>[0-9]{0,2}))?(:(?P<more>-?[0-9]{1,5}|[A-Z0-9./]{1,14}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Tap:
    """What a button holds: the state that it was shown with, what to do, with which sector, and how."""

    token: str
    verb: str
    number: int | None
    more: str


async def show_draft(chat: Chat, services: Services, said: str = "", *, afresh: bool = False) -> None:
    """Show the owner's draft, which begins with the active allocation. `said` is shown first, as HTML.

    `afresh` says it as a new message, so that the buttons are where the owner writes.
    """
    kept = await asyncio.to_thread(_begun, services, chat.owner)
    say = chat.reply if afresh else chat.show
    await say(*layout.whole(kept, said))


async def tapped(chat: Chat, services: Services, words: Sequence[str]) -> None:
    """Do what a button of a draft says, if the draft still is as it was shown."""
    tap = _read(words[0])
    if tap is None:
        await chat.notice(USELESS)
        return
    book = Book(services.records, chat.owner)
    kept = await asyncio.to_thread(book.find, tap.token)
    if kept is None:
        await chat.notice(STALE)
    elif tap.number is not None and tap.number >= len(kept.draft.sectors):
        await chat.notice(USELESS)
    else:
        await _obey(chat, services, kept, tap)


async def _obey(chat: Chat, services: Services, kept: Kept, tap: Tap) -> None:
    match tap.verb, tap.number:
        case "show", _:
            await chat.show(*layout.whole(kept))
        case "sector", int(number):
            await chat.show(*layout.sector(kept, number))
        case "type", int(number):
            await chat.show(*layout.typing(kept, number))
        case "funds", int(number):
            await chat.show(*layout.fund_choice(kept, await asyncio.to_thread(funds.familiar, services), number))
        case "add", _:
            await chat.show(*layout.fund_choice(kept, await asyncio.to_thread(funds.familiar, services), None))
        case "review", _:
            await _review(chat, services, kept)
        case "discard", _:
            await _discard(chat, services, kept)
        case _:
            await _change(chat, services, kept, tap)


async def _change(chat: Chat, services: Services, kept: Kept, tap: Tap) -> None:
    changing = await asyncio.to_thread(_changing, services, kept.draft, tap)
    if changing is None:
        await chat.notice(USELESS)
        return
    changed = changing(kept.draft)
    if not isinstance(changed, Draft):
        await chat.notice(_sentence(changed))
        return
    after = await asyncio.to_thread(Book(services.records, chat.owner).advance, kept, changed)
    if after is None:
        await chat.notice(STALE)
    elif tap.verb in ("by", "fund") and tap.number is not None:
        await chat.show(*layout.sector(after, tap.number))
    elif tap.verb == "new":
        await chat.show(*layout.sector(after, len(changed.sectors) - 1))
    else:
        await chat.show(*layout.whole(after))


def _changing(services: Services, draft: Draft, tap: Tap) -> Callable[[Draft], Draft | Refused] | None:
    """Return what a button does to the draft, None when it holds nothing that makes sense."""
    one = draft.sectors[tap.number] if tap.number is not None else None
    match tap.verb, one:
        case "by", DraftSector(symbol=symbol, weight=weight) if re.fullmatch(r"-?[0-9]+", tap.more):
            return lambda draft: drafts.with_weight(draft, symbol, (weight or 0) + int(tap.more))
        case "fund", DraftSector(symbol=symbol):
            return lambda draft: drafts.with_fund(draft, symbol, tap.more)
        case "new", None:
            name = funds.familiar(services).get(tap.more, "")
            taken = {sector.name.casefold() for sector in draft.sectors}
            name = "" if name.casefold() in taken else name
            return lambda draft: drafts.with_sector(draft, name, tap.more)
        case "remove", DraftSector(symbol=symbol):
            return lambda draft: drafts.without(draft, symbol)
        case "spread", DraftSector(symbol=symbol):
            return lambda draft: drafts.spread(draft, keep=[symbol])
        case "spread", None:
            return drafts.spread
        case _:
            return None


async def _review(chat: Chat, services: Services, kept: Kept) -> None:
    match drafts.finish(kept.draft):
        case Allocation() as allocation:
            await chat.notice("Asking Alpaca about the funds...")
            await deciding.review(chat, services, Wish(allocation, "edited in the chat", kept.token))
        case problems:
            await chat.notice(_sentence(problems[0]))


async def _discard(chat: Chat, services: Services, kept: Kept) -> None:
    if await asyncio.to_thread(Book(services.records, chat.owner).close, kept.token):
        await chat.show("The draft is discarded. The allocation stays as it is.")
    else:
        await chat.notice(STALE)


def _begun(services: Services, owner: int) -> Kept:
    book = Book(services.records, owner)
    return book.newest() or book.put(book.start())


def _read(held: str) -> Tap | None:
    match = _DATA.fullmatch(held)
    if match is None:
        return None
    number = int(match["number"]) if match["number"] else None
    return Tap(match["token"], match["verb"], number, match["more"] or "")


def _sentence(problem: object) -> str:
    text = str(problem)
    return f"{text[:1].upper()}{text[1:]}."
