"""/status: how things stand."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime

from bot import views
from bot.chat import Chat, Command
from bot.services import Services
from core import investing, schedule
from core.account import investable
from core.calendar import NEW_YORK, MarketClock
from core.money import as_text
from core.ports import BrokerAway
from core.runs import Run, RunState
from core.schedule import Routine

Fact = tuple[str, str]


async def _status(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    async with services.readers:
        facts = await asyncio.to_thread(status, services)
    await chat.reply(views.lines("Status", facts))


def status(services: Services) -> list[Fact]:
    """Return how things stand, a fact a line; what cannot be read is said in its place."""
    money = "real money" if services.rules.live else "paper money"
    try:
        clock = services.market.clock()
        broker = [("Alpaca", f"answers ({money})"), ("Market", _market(clock)), *_cash(services, clock)]
    except BrokerAway as error:
        broker = [("Alpaca", f"cannot be reached ({money}): {error}")]
    return [*broker, _last_run(services), *_open_orders(services), *_channels(services)]


def _market(clock: MarketClock) -> str:
    if clock.is_open:
        return f"open until {clock.next_close.astimezone(NEW_YORK):%H:%M} New York time"
    return f"closed until {_moment(clock.next_open)} New York time"


def _cash(services: Services, clock: MarketClock) -> list[Fact]:
    pause = services.records.control.paused(clock.today)
    ends = f"until {_day(pause.until)}" if pause and pause.until else "until you say /resume"
    paused = [("Investing", f"paused {ends}")] if pause else []
    if services.records.allocations.active() is None:
        return [("Allocation", "waits for Alpaca to confirm its funds"), *paused]
    target = services.records.target(clock.today)
    policy = services.rules.policy
    account = services.ports.broker.account()
    left_today = None
    if policy.max_per_day is not None:
        spent = services.records.ledger.spent_on(services.records.account, clock.today)
        left_today = max(0, policy.max_per_day - spent)
    cash = investable(account, reserve=policy.reserve, left_today=left_today)
    needed = investing.need(target.allocation, policy.minimums, {})
    facts = [("Cash to invest", f"{as_text(cash.cents)} ({as_text(needed.cash)} is needed to invest)")]
    if account.trouble:
        facts.append(("Account", account.trouble))
    return [*facts, *(paused or [("Next run", _next_run(services, clock))])]


def _next_run(services: Services, clock: MarketClock) -> str:
    for day in services.market.days(clock, clock.today):
        window = schedule.window(Routine.INVEST, day)
        if window.closes > clock.now and not services.records.ledger.runs_on(Routine.INVEST, day.day):
            return f"{_moment(window.opens)} New York time" if window.opens > clock.now else "now"
    return "not within the next two weeks"


def _last_run(services: Services) -> Fact:
    run = services.records.ledger.last_run()
    return ("Last run", "none yet" if run is None else f"{_day(run.key.day)}: {_ended(run)}")


def _ended(run: Run) -> str:
    bought = as_text(sum(order.filled for order in run.orders))
    match run.state:
        case RunState.DONE | RunState.FAILED:
            return f"bought {bought}"
        case RunState.SKIPPED:
            return "skipped"
        case RunState.MISSED:
            return "missed"
        case RunState.PLANNED | RunState.SUBMITTING | RunState.SETTLING:
            return "under way"


def _open_orders(services: Services) -> list[Fact]:
    count = len(services.records.ledger.open_orders())
    return [("Open orders", str(count))] if count else []


def _channels(services: Services) -> list[Fact]:
    vonage = services.settings.vonage
    sms = f"to the number ending in {vonage.recipient[-4:]}" if vonage else "not set up, so alerts come only here"
    waiting = services.records.outbox.undelivered_count()
    return [("SMS", sms), *([("Alerts not delivered yet", str(waiting))] if waiting else [])]


def _moment(instant: datetime) -> str:
    local = instant.astimezone(NEW_YORK)
    return f"{_day(local.date())} {local:%H:%M}"


def _day(day: date) -> str:
    return f"{day:%a %-d %b}"


COMMANDS = (Command("status", "how things stand", _status),)
