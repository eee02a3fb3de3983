"""/history and /run: what was done on each day and why, from the ledger."""

import asyncio
import re
from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat import paging
from bot.chat.grammar import Chat, Command, Group, Handle, WrongWords
from bot.chat.paging import Page
from bot.commands.holdings import titled
from bot.services import Services
from bot.views import alerts as views
from bot.views import clocks, run_story
from core.messages import plurals
from storage.chronicle import RunRecord

LIST_TAP, RUN_TAP = "history", "story"
USUAL, MOST = 10, 50
IN_A_ROW = 5

_ID = re.compile(r"#?(?P<id>\d{1,18})", re.ASCII)


async def _history(chat: Chat, services: Services, words: Sequence[str]) -> None:
    page = paging.asked(words, usual=USUAL, most=MOST, what="runs")
    await chat.reply(*await asyncio.to_thread(_listed, services, page))


async def _turned(chat: Chat, services: Services, words: Sequence[str]) -> None:
    page = paging.tapped(words[0], most=MOST)
    if page is None:
        await chat.notice(paging.USELESS)
    else:
        await chat.show(*await asyncio.to_thread(_listed, services, page))


async def _run(chat: Chat, services: Services, words: Sequence[str]) -> None:
    match = _ID.fullmatch(words[0]) if len(words) == 1 else None
    if match is None:
        said = f"{' '.join(words)[:40]!r} is no run's number." if words else "Which run?"
        raise WrongWords(f"{said} {await asyncio.to_thread(_nearest, services, None)}")
    await chat.reply(await asyncio.to_thread(_told, services, int(match["id"]), chat.owner))


async def _opened(chat: Chat, services: Services, words: Sequence[str]) -> None:
    match = _ID.fullmatch(words[0])
    if match is None:
        await chat.notice(paging.USELESS)
    else:
        # The list stays as it is: the next tap may open another one.
        await chat.reply(await asyncio.to_thread(_told, services, int(match["id"]), chat.owner))


def _listed(services: Services, page: Page) -> tuple[str, InlineKeyboardMarkup | None]:
    found = services.records.ledger.recent_runs(page.count + 1, page.before)
    listed = found[: page.count]
    oldest = listed[-1].id if len(found) > page.count else None
    title = f"<b>{titled(services, 'History')}</b>, newest first"
    buttons = [InlineKeyboardButton(f"Run {one.id}", callback_data=f"{RUN_TAP}:{one.id}") for one in listed]
    rows = [buttons[at : at + IN_A_ROW] for at in range(0, len(buttons), IN_A_ROW)]
    keyboard = paging.keyboard(*rows, paging.buttons(LIST_TAP, page, oldest))
    if not listed:
        return f"{title}\n{'There is nothing older.' if page.before else 'Nothing was done yet.'}", keyboard
    return "\n".join([title, *_by_day(listed)]), keyboard


def _by_day(listed: Sequence[RunRecord]) -> list[str]:
    """Return the runs with a line for each day above its runs."""
    lines: list[str] = []
    day = None
    for record in listed:
        if record.run.key.day != day:
            day = record.run.key.day
            lines.append(f"<b>{plurals.day(day)} {day.year}</b>")
        words = f"{run_story.title(record.run.key)}: {run_story.few_words(record)} (run {record.id})"
        lines.append(views.escaped(words))
    return lines


def _told(services: Services, id_: int, owner: int) -> str:
    records = services.records
    record = records.ledger.identified(id_)
    if record is None:
        raise WrongWords(f"There is no run {id_}. {_nearest(services, id_)}")
    number = record.allocation_version
    version = records.allocations.version(number) if number is not None else None
    said = records.outbox.at(record.ended_at) if record.ended_at is not None else ()
    zone = clocks.owners_zone(records)
    return run_story.story(record, version, said, zone, owner, live=services.rules.live)


def _nearest(services: Services, id_: int | None) -> str:
    """Return which run could have been meant: the last one up to a number, or the newest of all."""
    ledger = services.records.ledger
    found = ledger.recent_runs(1, id_) or ledger.recent_runs(1)
    if not found:
        return "Nothing was done yet."
    (near,) = found
    words = f"{run_story.title(near.run.key)} of {plurals.day(near.run.key.day)}"
    newest = "newest" if id_ is None or near == ledger.recent_runs(1)[0] else "nearest"
    return f"The {newest} is {near.id} ({words}); /history lists them."


COMMANDS = (
    Command(
        "history",
        "what I did on each day, and why",
        _history,
        usage="[NUMBER]",
        example="/history 20",
        explanation=(
            "Lists the newest runs of every routine, day by day, with what came of each in a few words. A number says "
            "how many; Older leads further back, and a run's button tells its whole story."
        ),
        group=Group.REPORTS,
    ),
    Command(
        "run",
        "the whole story of one run",
        _run,
        usage="NUMBER",
        example="/run 1",
        explanation=(
            "Tells when a run began and ended, by which version of the allocation, the cash it found, every order "
            "with its state, fill and reason, what was said of it, and to whom that was delivered. /history has the "
            "numbers."
        ),
        group=Group.REPORTS,
    ),
)
TAPS: dict[str, Handle] = {LIST_TAP: _turned, RUN_TAP: _opened}
