"""When a rebalancing comes next by itself, told around Thanksgiving of 2026."""

from datetime import date, datetime, timedelta

import pytest

from core.calendar import NEW_YORK, Session, trading_days
from core.rebalancing.coming import Around, OnceBreached, next_automatic
from core.rebalancing.days import rebalance_window
from core.rebalancing.rules import OnBreach, OnCalendar, OnTap, Period, Rules, Trigger
from core.schedule import Window

# Thursday the 26th is a holiday.
OPEN_DAYS = [date(2026, 11, day) for day in (23, 24, 25, 27, 30)] + [date(2026, 12, day) for day in (1, 2, 3, 4)]


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK)


DAYS = trading_days(Session(day, at(day, 9, 30), at(day, 16)) for day in OPEN_DAYS)
WINDOWS = {day.day: rebalance_window(day) for day in DAYS}
NOW = at(date(2026, 11, 23), 10)


def coming(
    trigger: Trigger,
    *,
    now: datetime = NOW,
    cooldown: int = 0,
    last_run: date | None = None,
    last_automatic: date | None = None,
) -> Window | Around | OnceBreached | None:
    today = now.astimezone(NEW_YORK).date()
    ahead = [day for day in DAYS if day.day >= today]
    rules = Rules(trigger=trigger, cooldown_days=cooldown)
    return next_automatic(rules, now, ahead, last_run=last_run, last_automatic=last_automatic)


def test_nothing_comes_by_itself_where_only_a_tap_rebalances() -> None:
    assert coming(OnTap()) is None


def test_a_named_day_that_is_a_holiday_comes_on_the_trading_day_before() -> None:
    assert coming(OnCalendar(Period.WEEKLY, date(2026, 11, 19))) == WINDOWS[date(2026, 11, 25)]


def test_today_counts_until_its_hours_are_over_or_it_has_run() -> None:
    mondays = OnCalendar(Period.WEEKLY, date(2026, 11, 23))
    today, next_week = WINDOWS[date(2026, 11, 23)], WINDOWS[date(2026, 11, 30)]
    assert coming(mondays) == today
    assert coming(mondays, now=at(date(2026, 11, 23), 15, 45)) == next_week
    assert coming(mondays, last_automatic=date(2026, 11, 23)) == next_week


def test_a_day_within_the_cooldown_is_passed_over() -> None:
    mondays = OnCalendar(Period.WEEKLY, date(2026, 11, 23))
    assert coming(mondays, cooldown=7, last_run=date(2026, 11, 20)) == WINDOWS[date(2026, 11, 30)]
    assert coming(mondays, cooldown=30, last_run=date(2026, 11, 20)) == Around(date(2026, 12, 21))


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        (OnCalendar(Period.QUARTERLY, date(2026, 10, 1)), date(2027, 1, 1)),
        (OnCalendar(Period.MONTHLY, date(2026, 8, 31)), date(2026, 12, 31)),
        (OnCalendar(Period.YEARLY, date(2024, 2, 29)), date(2027, 2, 28)),
        (OnCalendar(Period.WEEKLY, date(2027, 3, 2)), date(2027, 3, 2)),
    ],
)
def test_beyond_the_known_trading_days_the_calendar_s_own_day_is_told(calendar: OnCalendar, expected: date) -> None:
    now = at(date(2026, 12, 1), 10)
    assert coming(calendar, now=now) == Around(expected)


def test_a_weekend_s_day_whose_friday_is_within_the_cooldown_is_passed_over() -> None:
    saturdays = OnCalendar(Period.WEEKLY, date(2026, 11, 28))
    assert coming(saturdays, cooldown=28, last_run=date(2026, 11, 14)) == Around(date(2026, 12, 19))


def test_a_breach_is_waited_for_from_the_cooldown_s_end_on() -> None:
    assert coming(OnBreach()) == OnceBreached(None)
    assert coming(OnBreach(), cooldown=30, last_run=date(2026, 11, 20)) == OnceBreached(date(2026, 12, 20))
    assert coming(OnBreach(), cooldown=2, last_run=date(2026, 11, 20)) == OnceBreached(None)


def test_after_today_s_own_a_breach_is_waited_for_from_tomorrow_on() -> None:
    tomorrow = NOW.date() + timedelta(days=1)
    assert coming(OnBreach(), last_run=NOW.date(), last_automatic=NOW.date()) == OnceBreached(tomorrow)
