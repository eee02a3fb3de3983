"""Which routines are owed, from the market's time and what the ledger says is done."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.calendar import TradingDay

AFTER_OPEN = timedelta(minutes=5)
BEFORE_CLOSE = timedelta(minutes=15)


class Routine(StrEnum):
    """Something Allocator does once on a trading day, by itself."""

    INVEST = "invest"


@dataclass(frozen=True, slots=True)
class Window:
    """When a run may act: from `opens` on, and before `closes`. Outside it nothing is sent."""

    opens: datetime
    closes: datetime

    def __contains__(self, instant: datetime) -> bool:
        return self.opens <= instant < self.closes


def window(routine: Routine, day: TradingDay) -> Window:
    """Return when the scheduled run of a routine may act on a day."""
    match routine:
        case Routine.INVEST:
            return Window(day.opens + AFTER_OPEN, day.closes - BEFORE_CLOSE)


def tap_window(day: TradingDay) -> Window:
    """Return when an owner's own tap may invest: from the open itself, to the same end."""
    return Window(day.opens, day.closes - BEFORE_CLOSE)


def due(now: datetime, day: TradingDay, done: Collection[Routine]) -> tuple[Routine, ...]:
    """Return the routines that are owed at this moment of this day and not done."""
    return tuple(routine for routine in Routine if routine not in done and now in window(routine, day))


def missed(
    now: datetime, days: Iterable[TradingDay], done: Collection[tuple[Routine, date]], *, since: datetime
) -> tuple[tuple[Routine, TradingDay], ...]:
    """Return what was owed and can no longer be done, oldest first.

    `since` is the first start: nothing whose window had closed by then is owed.
    """
    return tuple(
        (routine, day)
        for day in days
        for routine in Routine
        if (routine, day.day) not in done and since < window(routine, day).closes <= now
    )
