"""A run of the ledger in words: in a few for a list, and whole for who wants to know."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.chat import owners
from bot.views import alerts as views
from bot.views import clocks
from core.alerts import AlertKind, Table
from core.calendar import NEW_YORK
from core.investing import (
    AccountBlocked,
    CapTooLow,
    Declined,
    LimitReached,
    NoNewCash,
    NotEnoughCash,
    NotRebalanced,
    Paused,
    Skip,
    ValueUnknown,
)
from core.messages import account_messages, plurals, skip_messages
from core.messages.account_messages import cents
from core.money import in_dollars
from core.orders import OrderState
from core.runs import Run, RunKey, RunState
from core.schedule import Routine
from storage.allocations import Version
from storage.chronicle import RunRecord
from storage.outbox_tables import DeliveryState
from storage.outcomes import Missed
from storage.said import DeliveryStatus, SaidAlert

_ROUTINES = {
    Routine.INVEST: "Invest",
    Routine.CLOSE_REPORT: "Close report",
    Routine.VARIANCE: "Variance",
    Routine.REBALANCE: "Rebalance",
    Routine.REBUY: "Rebalance, purchases",
}

_OF_MONEY = frozenset({Routine.INVEST, Routine.REBALANCE, Routine.REBUY})

_IN_A_WORD: dict[type, str] = {
    Paused: "investing was paused",
    LimitReached: "the limit a day was used up",
    NoNewCash: "no new cash",
    Declined: "you declined",
    NotRebalanced: "nothing was rebalanced",
}

_SAYS = {Routine.CLOSE_REPORT: AlertKind.CLOSE_REPORT, Routine.VARIANCE: AlertKind.VARIANCE}

_DELIVERIES = {
    DeliveryState.WAITING: "waiting",
    DeliveryState.HELD: "held until Start is pressed",
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.GIVEN_UP: "given up",
}


def title(key: RunKey) -> str:
    """Return what a run was: `Invest`, and `Invest, by your tap` for one that an owner's tap began."""
    return f"{_ROUTINES[key.routine]}, by your tap" if key.number else _ROUTINES[key.routine]


def few_words(record: RunRecord) -> str:
    """Return what came of a run, and why, in a few words."""
    run = record.run
    match run.state:
        case RunState.PLANNED | RunState.SUBMITTING | RunState.SETTLING:
            return "under way"
        case RunState.MISSED:
            return f"missed: {record.outcome.reason}" if isinstance(record.outcome, Missed) else "missed"
        case RunState.SKIPPED:
            return _skipped(record.outcome)
        case RunState.DONE | RunState.FAILED if run.key.routine in _OF_MONEY:
            return _traded(run)
        case RunState.DONE:
            return "given"
        case RunState.FAILED:
            return "failed"
        case _:
            assert_never(run.state)


def story(
    record: RunRecord,
    version: Version | None,
    said: Sequence[SaidAlert],
    zone: ZoneInfo | None,
    owner: int,
    *,
    live: bool,
) -> str:
    """Return the whole of a run as HTML: times, allocation, cash, orders, what was said, and to whom it came."""
    run = record.run
    mark = "LIVE: " if live else ""
    told = [f"<b>{mark}Run {record.id}: {title(run.key)}, {plurals.day(run.key.day)}</b>"]
    told += [f"{name}: {views.escaped(value)}" for name, value in _facts(record, version, zone, owner)]
    if run.orders:
        rows = tuple(
            (account_messages.order_name(order), *account_messages.order_figures(order)) for order in run.orders
        )
        bought = sum(order.filled for order in run.orders)
        asked = sum(order.intent.notional for order in run.orders)
        totals = (("Total", f"{in_dollars(asked):,.2f}", f"{in_dollars(bought):,.2f}", ""),)
        told.append(
            views.table(
                Table(("Order", "Asked $", account_messages.filled_column(run.orders), "Price $"), rows, totals)
            )
        )
        told += map(views.escaped, account_messages.order_reasons(run.orders))
    told += [views.escaped(line) for line in _why(record)]
    for alert in said_of(run, said):
        told += _told(alert, zone, owner)
    return "\n".join(told)


def said_of(run: Run, said: Sequence[SaidAlert]) -> tuple[SaidAlert, ...]:
    """Return, of all that was said at the instant at which a run ended, what was said of it."""
    match run.state:
        case RunState.MISSED:
            kind = AlertKind.MISSED
        case RunState.SKIPPED:
            kind = AlertKind.SKIPPED
        case _:
            kind = _SAYS.get(run.key.routine, AlertKind.EXECUTED)
    return tuple(one for one in said if one.alert.kind is kind)


def _facts(record: RunRecord, version: Version | None, zone: ZoneInfo | None, owner: int) -> list[tuple[str, str]]:
    run = record.run
    facts = [("Began", clocks.moment(record.opened_at, zone))]
    facts.append(("Ended", _ended(record.ended_at, zone)))
    if run.window is not None:
        window = f"from {run.window.opens.astimezone(NEW_YORK):%H:%M} to {plurals.time(run.window.closes)}"
        facts.append(("Orders may leave", window))
    if record.allocation_version is not None:
        by = f", set by {owners.called(version.by, owner)}" if version is not None else ""
        facts.append(("Allocation", f"version {record.allocation_version}{by}"))
    if run.key.routine in _OF_MONEY and run.state is not RunState.MISSED:
        facts.append(("Free cash found", cents(run.cash)))
        if run.key.routine is not Routine.REBALANCE:
            facts.append(("Cash left", cents(run.cash_left)))
    facts.append(("Outcome", few_words(record)))
    return facts


def _ended(at: datetime | None, zone: ZoneInfo | None) -> str:
    return "not yet" if at is None else clocks.moment(at, zone)


def _why(record: RunRecord) -> list[str]:
    match record.outcome:
        case None:
            return []
        case Missed(reason):
            return [f"Missed: {reason}."]
        case skip:
            return [skip_messages.reason(skip)]


def _told(said: SaidAlert, zone: ZoneInfo | None, owner: int) -> list[str]:
    lines = [f"<b>Said at {views.escaped(clocks.local(said.at, zone))}</b>: {views.escaped(said.alert.text)}"]
    if not said.deliveries:
        lines.append("It went to nobody: /alerts has it off.")
    return [*lines, *(views.escaped(_delivered(one, zone, owner)) for one in said.deliveries)]


def _delivered(one: DeliveryStatus, zone: ZoneInfo | None, owner: int) -> str:
    what = f", picture {one.part}" if one.part else ""
    at = f" at {clocks.local(one.ended_at, zone)}" if one.ended_at is not None else ""
    tries = f", after {plurals.count(one.attempts, 'try', 'tries')}" if one.attempts != 1 else ""
    why = f": {one.error}" if one.error else ""
    channel = "SMS" if one.recipient.channel == "sms" else one.recipient.channel.capitalize()
    return f"{channel} to {owners.recipient(one.recipient, owner)}{what}: {_DELIVERIES[one.state]}{at}{tries}{why}"


def _traded(run: Run) -> str:
    filled = [order for order in run.orders if order.state is OrderState.FILLED]
    total = sum(order.filled for order in run.orders)
    of = plurals.count(len(run.orders), "order")
    short = len(run.orders) - len(filled)
    did = "sold" if run.key.routine is Routine.REBALANCE else "bought"
    return f"{did} {cents(total)} in {of}" + (f", {short} not filled" if short else "")


def _skipped(outcome: Skip | Missed | None) -> str:
    match outcome:
        case Paused() | LimitReached() | NoNewCash() | Declined() | NotRebalanced():
            return _IN_A_WORD[type(outcome)]
        case NotEnoughCash(available=available, needed=needed):
            return f"not enough cash, {cents(available)} of {cents(needed)}"
        case AccountBlocked(reason=reason):
            return f"Alpaca let nothing be traded: {reason}"
        case ValueUnknown(symbols=symbols):
            return f"the value of {', '.join(symbols)} was not known"
        case CapTooLow(limit=limit):
            return f"the limit per order ({cents(limit)}) was too low"
        case Missed() | None:
            return "skipped"
        case _:
            assert_never(outcome)
