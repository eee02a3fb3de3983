"""/status: how things stand. What the ledger knows is there at once, what Alpaca knows as soon as it answers."""

import asyncio
from collections.abc import Sequence
from importlib.metadata import version

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels import channel_states
from bot.chat.grammar import Chat, Command, Group, Handle
from bot.chat.paging import USELESS
from bot.records import now
from bot.services import Services
from bot.views import alerts as views
from bot.views import broker_facts, clocks, run_story
from bot.views.broker_facts import Fact
from core.messages import plurals
from core.schedule import Routine

TAP, REFRESH = "status", "refresh"

PATIENCE_SECONDS = 1.0
"""How long Alpaca is waited for before the answer is given without it."""

LOOKED_AT = 20
"""How many runs are read at a time to find the last that invested."""

_ASKED = ("Alpaca", "is being asked...")


async def _status(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    kept = await asyncio.to_thread(_from_the_ledger, services, chat.owner)
    asking = asyncio.create_task(_from_alpaca(services))
    try:
        done, _ = await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
        if done:
            await chat.reply(_told(services, kept, asking.result()), _refresh())
        else:
            await chat.reply(_told(services, kept, [_ASKED]), _refresh())
            await chat.show(_told(services, kept, await asking), _refresh())
    finally:
        asking.cancel()


async def _refreshed(chat: Chat, services: Services, words: Sequence[str]) -> None:
    if words[0] != REFRESH:
        await chat.notice(USELESS)
        return
    await chat.notice("One moment...")
    kept = await asyncio.to_thread(_from_the_ledger, services, chat.owner)
    await chat.show(_told(services, kept, await _from_alpaca(services)), _refresh())


async def _from_alpaca(services: Services) -> list[Fact]:
    async with services.readers:
        return await asyncio.to_thread(broker_facts.facts, services)


def _told(services: Services, kept: tuple[list[Fact], list[Fact]], read: list[Fact]) -> str:
    before, after = kept
    title = "Status: LIVE, real money" if services.rules.live else "Status: paper money"
    return views.lines(title, [*before, *read, *after])


def _from_the_ledger(services: Services, owner: int) -> tuple[list[Fact], list[Fact]]:
    """Return what is told above and below what Alpaca says."""
    records = services.records
    zone, at = clocks.owners_zone(records), now()
    facts = [_last_run(services)]
    if opened := len(records.ledger.open_orders()):
        facts.append(("Open orders", f"{opened:,}"))
    if waiting := records.outbox.undelivered_count():
        facts.append(("Alerts not delivered yet", f"{waiting:,}"))
    facts += [(one.name, one.words) for one in channel_states.states(records, services.pump.titles, zone, owner)]
    segments = channel_states.segments_of_month(records, at, zone)
    if segments is None:
        facts.append(("SMS", "not set up, so alerts come only here"))
    else:
        facts.append(("SMS this month", plurals.count(segments, "segment")))
    facts.append(("Version", version("allocator")))
    return [("Investing", _investing(services))], facts


def _investing(services: Services) -> str:
    pause = services.records.control.paused(broker_facts.today(services))
    if pause is None:
        return "running"
    if pause.until is None:
        return "paused until you say /resume"
    return f"paused until {plurals.day(pause.until)} {pause.until.year}"


def _last_run(services: Services) -> Fact:
    """Return the last run that was to invest: reports have runs of their own."""
    before: int | None = None
    while found := services.records.ledger.recent_runs(LOOKED_AT, before):
        for record in found:
            if record.run.key.routine is Routine.INVEST:
                words = f"{plurals.day(record.run.key.day)}: {run_story.few_words(record)} (/run {record.id})"
                return "Last run", words
        before = found[-1].id
    return "Last run", "none yet"


def _refresh() -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup.from_button(InlineKeyboardButton("Refresh", callback_data=f"{TAP}:{REFRESH}"))


COMMANDS = (
    Command(
        "status",
        "how things stand",
        _status,
        example="/status",
        explanation=(
            "Shows whether the money is real, whether investing runs or is paused, when each routine comes next by "
            "your clock and New York's, cash, value and today's gain, how the last run went, and whether every "
            "channel delivers. Your clock is that of the quiet hours' zone, or this machine's. Refresh renews it."
        ),
        group=Group.BASICS,
    ),
)
TAPS: dict[str, Handle] = {TAP: _refreshed}
