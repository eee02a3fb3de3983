"""When a rebalancing comes next by itself, as far ahead as it can be known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import assert_never

from core.calendar import NEW_YORK, TradingDay
from core.rebalancing.days import is_calendar_day, is_named, rebalance_window
from core.rebalancing.rules import OnBreach, OnCalendar, OnTap, Rules
from core.schedule import Window

_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class OnceBreached:
    """As soon as a band is breached, on `earliest` at the earliest; None where nothing else is waited for."""

    earliest: date | None


@dataclass(frozen=True, slots=True)
class Around:
    """On a day that the calendar names, or the last trading day before it: the trading days are not known so far."""

    day: date


def next_automatic(
    rules: Rules,
    now: datetime,
    days: Sequence[TradingDay],
    *,
    last_run: date | None,
    last_automatic: date | None,
) -> Window | Around | OnceBreached | None:
    """Return when the rules ask for a rebalancing next, None where only a tap does. The other names as in `held_off`.

    `days` are the trading days from today on. The bands decide then whether there is anything to do.
    """
    today = now.astimezone(NEW_YORK).date()
    earliest = _earliest(rules, today, last_run, last_automatic)
    match rules.trigger:
        case OnTap():
            return None
        case OnBreach():
            return OnceBreached(earliest if earliest > today else None)
        case OnCalendar() as calendar:
            return _known(calendar, now, days, earliest) or _named(calendar, days, earliest)
        case _:
            assert_never(rules.trigger)


def _earliest(rules: Rules, today: date, last_run: date | None, last_automatic: date | None) -> date:
    cooled = today if last_run is None else last_run + timedelta(days=rules.cooldown_days)
    free = today if last_automatic is None else last_automatic + timedelta(days=1)
    return max(today, cooled, free)


def _known(calendar: OnCalendar, now: datetime, days: Sequence[TradingDay], earliest: date) -> Window | None:
    """Return the hours of the calendar's first day among those that are known."""
    return next(
        (
            window
            for day in days
            for window in [rebalance_window(day)]
            if day.day >= earliest and now < window.closes and is_calendar_day(calendar, day.day, days)
        ),
        None,
    )


def _named(calendar: OnCalendar, days: Sequence[TradingDay], earliest: date) -> Around:
    """Return the first day beyond those that are known, or cooled down by then, that the calendar names."""
    day = max([calendar.anchor, earliest, *(one.day + timedelta(days=1) for one in days)])
    # No weekend trades, so the trading day before it is what must have cooled down.
    while not is_named(calendar, day) or day - timedelta(days=max(0, day.weekday() - _FRIDAY)) < earliest:
        day += timedelta(days=1)
    return Around(day)
