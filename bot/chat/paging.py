"""Long lists, a page at a time: how many lines were asked for, and the buttons that lead on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat.grammar import WrongWords

USELESS = "This button is of no use any more."

# An owner's program may send anything. No row has a number of more digits than SQLite can hold.
_DATA = re.compile(r"(?P<before>\d{1,18}):(?P<count>\d{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """So many lines, older than the one with the number `before`; None for the newest."""

    count: int
    before: int | None = None


def asked(words: Sequence[str], *, usual: int, most: int, what: str) -> Page:
    """Return the first page for the words after a command. Raises WrongWords when they are no possible number."""
    if not words:
        return Page(usual)
    text = words[0]
    if len(words) > 1 or not re.fullmatch(r"\d{1,4}", text, re.ASCII) or not 1 <= int(text) <= most:
        raise WrongWords(
            f"{' '.join(words)[:40]!r} is no number of {what} from 1 to {most}. Without a number I show {usual}."
        )
    return Page(int(text))


def tapped(data: str, *, most: int) -> Page | None:
    """Return the page that a button asks for, None when it holds nothing that makes sense."""
    found = _DATA.fullmatch(data)
    if found is None or not 1 <= int(found["count"]) <= most:
        return None
    return Page(int(found["count"]), int(found["before"]) or None)


def buttons(name: str, page: Page, oldest: int | None) -> list[InlineKeyboardButton]:
    """Return the buttons below a page; `oldest` is the number of its last line, None where nothing is older."""
    row = []
    if page.before is not None:
        row.append(InlineKeyboardButton("Newest", callback_data=f"{name}:0:{page.count}"))
    if oldest is not None:
        row.append(InlineKeyboardButton("Older", callback_data=f"{name}:{oldest}:{page.count}"))
    return row


def keyboard(*rows: Sequence[InlineKeyboardButton]) -> InlineKeyboardMarkup | None:
    """Return rows of buttons, without the empty ones; None when there is no button at all."""
    filled = [list(row) for row in rows if row]
    return InlineKeyboardMarkup(filled) if filled else None
