"""Which routines are owed, from the market's time and what the ledger says is done."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from core.calendar import TradingDay

AFTER_OPEN = timedelta(minutes=5)
BEFORE_CLOSE = timedelta(minutes=15)
AFTER_CLOSE = timedelta(minutes=6)

NOT_KNOWN_YET = datetime.max.replace(tzinfo=UTC)
"""The end of a window that lies beyond what was read of the calendar: further ahead than any question asks."""


class Routine(StrEnum):
    """Something Allocator does on a trading day. The words are stored, and are in the ids of orders.

    A rebalancing is two runs of one day and number: `REBALANCE` sells, `REBUY` buys with what came in.
    """

    INVEST = "invest"
    CLOSE_REPORT = "close_report"
    VARIANCE = "variance"
    REBALANCE = "rebalance"
    REBUY = "rebuy"


SCHEDULED = (Routine.INVEST, Routine.CLOSE_REPORT, Routine.VARIANCE)
"""What is done once on every trading day, by itself, in this order. The variance is for a week's last one only."""


Owed = tuple[Routine, TradingDay]


@dataclass(frozen=True, slots=True)
class Window:
    """When a run may act: from `opens` on, and before `closes`. Outside it nothing is sent."""

    opens: datetime
    closes: datetime

    def __contains__(self, instant: datetime) -> bool:
        return self.opens <= instant < self.closes


def window(routine: Routine, day: TradingDay) -> Window:
    """Return when the scheduled run of a routine may act on a day.

    A report can be given until the next trading day begins. A variance that was missed is given late, until the next
    week's takes its place.
    """
    match routine:
        case Routine.INVEST | Routine.REBALANCE | Routine.REBUY:
            return Window(day.opens + AFTER_OPEN, day.closes - BEFORE_CLOSE)
        case Routine.CLOSE_REPORT:
            return Window(day.closes + AFTER_CLOSE, day.next_opens or NOT_KNOWN_YET)
        case Routine.VARIANCE:
            next_week = day.next_week_closes
            return Window(day.closes + AFTER_CLOSE, next_week + AFTER_CLOSE if next_week else NOT_KNOWN_YET)


def tap_window(day: TradingDay) -> Window:
    """Return when an owner's own tap may invest: from the open itself, to the same end."""
    return Window(day.opens, day.closes - BEFORE_CLOSE)


def due(
    now: datetime, days: Iterable[TradingDay], done: Collection[tuple[Routine, date]], *, since: datetime
) -> tuple[Owed, ...]:
    """Return what is owed at this moment and not done, oldest day first, and on a day in the routines' order.

    `since` is the first start: what was due before it is not owed.
    """
    return tuple(
        (routine, day)
        for routine, day in _owed(days, since)
        if now in window(routine, day) and not _in(done, routine, day)
    )


def missed(
    now: datetime, days: Iterable[TradingDay], done: Collection[tuple[Routine, date]], *, since: datetime
) -> tuple[Owed, ...]:
    """Return what was owed and can no longer be done, oldest day first. `since` is the first start."""
    return tuple(
        (routine, day)
        for routine, day in _owed(days, since)
        if window(routine, day).closes <= now and not _in(done, routine, day)
    )


def _owed(days: Iterable[TradingDay], since: datetime) -> Iterable[Owed]:
    for day in days:
        for routine in SCHEDULED:
            if routine is Routine.VARIANCE and not day.last_of_week:
                continue
            within = window(routine, day)
            # Cash can be invested by whoever starts within the window; a day that ended before is nobody's to report.
            last_start = within.closes if routine is Routine.INVEST else within.opens
            if since < last_start:
                yield routine, day


def _in(done: Collection[tuple[Routine, date]], routine: Routine, day: TradingDay) -> bool:
    return (routine, day.day) in done
