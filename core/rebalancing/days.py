"""When a rebalancing may start by itself."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import assert_never

from core.calendar import TradingDay
from core.messages.plurals import count
from core.rebalancing.rules import OnBreach, OnCalendar, OnTap, Period, Rules
from core.schedule import AFTER_OPEN, BEFORE_CLOSE, Window

_MONTHS = {Period.MONTHLY: 1, Period.QUARTERLY: 3, Period.YEARLY: 12}


def rebalance_window(day: TradingDay, *, by_tap: bool = False) -> Window:
    """Return when orders of a rebalancing may leave: never in the last 15 minutes before the close.

    The owner's own tap works from the open itself, an automatic run from five minutes later.
    """
    return Window(day.opens if by_tap else day.opens + AFTER_OPEN, day.closes - BEFORE_CLOSE)


def held_off(
    rules: Rules,
    now: datetime,
    today: TradingDay,
    days: Sequence[TradingDay],
    *,
    last_run: date | None,
    last_automatic: date | None,
) -> tuple[str, ...]:
    """Return why no automatic rebalancing may start now, as clauses; none when it may.

    `days` are the trading days around today, at least up to the next one. `last_run` is the day of the last
    rebalancing that ordered anything, by a tap too; `last_automatic` that of the last automatic one, whatever it did.
    """
    reasons = []
    if not _is_called_for(rules, today, days):
        reasons.append("its trigger does not ask for it today")
    if now not in rebalance_window(today):
        reasons.append("it is outside the hours in which it may order")
    if last_automatic is not None and last_automatic >= today.day:
        reasons.append("it has run today already")
    if last_run is not None and (passed := (today.day - last_run).days) < rules.cooldown_days:
        reasons.append(
            f"the last one was {count(passed, 'day')} ago, and its cooldown is {count(rules.cooldown_days, 'day')}"
        )
    return tuple(reasons)


def is_calendar_day(calendar: OnCalendar, day: date, days: Iterable[TradingDay]) -> bool:
    """Return whether a trading day is one of the calendar's, or the last one before one that is no trading day.

    `days` must reach to the next trading day; where they do not, only the day itself is looked at. Days before the
    anchor are none of the calendar's.
    """
    trading = sorted(one.day for one in days)
    if day not in trading:
        return False
    following = next((one for one in trading if one > day), day + timedelta(days=1))
    span = (following - day).days
    return any(is_named(calendar, day + timedelta(days=ahead)) for ahead in range(span))


def is_named(calendar: OnCalendar, day: date) -> bool:
    """Return whether the calendar names a day, a trading day or not."""
    anchor = calendar.anchor
    if day < anchor:
        return False
    if calendar.period is Period.WEEKLY:
        return day.weekday() == anchor.weekday()
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    last = monthrange(day.year, day.month)[1]
    return months % _MONTHS[calendar.period] == 0 and day.day == min(anchor.day, last)


def _is_called_for(rules: Rules, today: TradingDay, days: Iterable[TradingDay]) -> bool:
    match rules.trigger:
        case OnTap():
            return False
        case OnBreach():
            return True
        case OnCalendar() as calendar:
            return is_calendar_day(calendar, today.day, days)
        case _:
            assert_never(rules.trigger)
