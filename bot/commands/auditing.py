"""/audit: who did what, refused attempts included."""

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardMarkup

from bot.chat import owners, paging
from bot.chat.grammar import Chat, Command, Group, Handle
from bot.chat.paging import Page
from bot.services import Services
from bot.views import alerts as views
from bot.views import clocks
from storage.audit import Entry

TAP = "audit"
USUAL, MOST = 15, 50


async def _audit(chat: Chat, services: Services, words: Sequence[str]) -> None:
    page = paging.asked(words, usual=USUAL, most=MOST, what="lines")
    await chat.reply(*await asyncio.to_thread(_shown, services, page, chat.owner))


async def _tapped(chat: Chat, services: Services, words: Sequence[str]) -> None:
    page = paging.tapped(words[0], most=MOST)
    if page is None:
        await chat.notice(paging.USELESS)
    else:
        await chat.show(*await asyncio.to_thread(_shown, services, page, chat.owner))


def _shown(services: Services, page: Page, owner: int) -> tuple[str, InlineKeyboardMarkup | None]:
    found = services.records.audit.recent(page.count + 1, page.before)
    listed = found[: page.count]
    oldest = listed[-1].id if len(found) > page.count else None
    zone = clocks.owners_zone(services.records)
    lines = [_line(entry, zone, owner) for entry in listed]
    if not lines:
        lines = ["There is nothing older." if page.before else "Nothing was asked for yet."]
    return "\n".join(["<b>Audit</b>, newest first", *lines]), paging.keyboard(paging.buttons(TAP, page, oldest))


def _line(entry: Entry, zone: ZoneInfo | None, owner: int) -> str:
    at = clocks.local(entry.at, zone)
    # Others' words stand in it: one line each, whatever line ends they hold.
    words = " ".join(f"{owners.called(entry.who, owner)}: {entry.what}: {entry.outcome}".split())
    return f"<i>{views.escaped(at)}</i> {views.escaped(words)}"


COMMANDS = (
    Command(
        "audit",
        "who did what, and who was refused",
        _audit,
        usage="[NUMBER]",
        example="/audit 30",
        explanation=(
            "Lists who asked for what and what came of it, newest first: changes, taps, and every attempt that was "
            "refused. A number says how many lines; Older leads further back. Nothing can be taken out of it."
        ),
        group=Group.SETTINGS,
    ),
)
TAPS: dict[str, Handle] = {TAP: _tapped}
