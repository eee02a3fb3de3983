"""The schedule against thirty years of the real New York calendar, which an independent package tells."""

import warnings
from bisect import bisect_left
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import exchange_calendars
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendar import NEW_YORK, Session, TradingDay, trading_days
from core.schedule import Routine, due, missed, window

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
FIRST, LAST = date(1996, 1, 1), date(2026, 12, 31)


@cache
def years() -> tuple[TradingDay, ...]:
    """Closures that nobody foresaw are in it: September 2001, Hurricane Sandy, days of mourning."""
    with warnings.catch_warnings():
        # exchange_calendars 4.13 reads values in a way that pandas 3 announces to change; its answers are right.
        warnings.simplefilter("ignore", DeprecationWarning)
        calendar: Any = exchange_calendars.get_calendar("XNYS", start=FIRST.isoformat(), end=LAST.isoformat())
        hours = zip(calendar.schedule.index, calendar.schedule["open"], calendar.schedule["close"], strict=True)
    return trading_days(
        Session(label.date(), opens.to_pydatetime(), closes.to_pydatetime()) for label, opens, closes in hours
    )


def around(now: datetime) -> tuple[TradingDay, ...]:
    """Return the trading days from four weeks before to four weeks after, as the service knows them."""
    place = bisect_left(years(), now.astimezone(NEW_YORK).date(), key=lambda day: day.day)
    return years()[max(0, place - 20) : place + 20]


def test_every_day_has_one_investment_and_one_close_report_and_every_week_one_variance() -> None:
    done: Counter[tuple[Routine, date]] = Counter()
    days = years()
    for place, day in enumerate(days):
        known = days[max(0, place - 8) : place + 1]
        for routine in (Routine.INVEST, Routine.CLOSE_REPORT):
            for now in (window(routine, day).opens, window(routine, day).opens + timedelta(minutes=1)):
                done.update((one, at.day) for one, at in due(now, known, done, since=LONG_AGO))
    weeks = {day.day.isocalendar()[:2] for day in days}
    assert len(days) > 30 * 250
    assert set(done.values()) == {1}
    assert sum(routine is Routine.INVEST for routine, _ in done) == len(days)
    assert sum(routine is Routine.CLOSE_REPORT for routine, _ in done) == len(days)
    assert {day.isocalendar()[:2] for routine, day in done if routine is Routine.VARIANCE} == weeks


def test_a_variance_is_on_the_week_s_last_trading_day_whichever_weekday_that_is() -> None:
    last = [day for day in years() if day.last_of_week]
    assert all(one.day.isocalendar()[:2] != next_one.day.isocalendar()[:2] for one, next_one in pairwise(last))
    assert {day.day.weekday() for day in last} >= {3, 4}
    # Good Friday, and the week of September 2001 that ended on a Monday.
    assert date(2026, 4, 2) in {day.day for day in last}
    assert date(2001, 9, 10) in {day.day for day in last}


def test_every_window_is_at_its_own_day_s_hours() -> None:
    for day in years():
        invest, report = window(Routine.INVEST, day), window(Routine.CLOSE_REPORT, day)
        local = [moment.astimezone(NEW_YORK) for moment in (invest.opens, invest.closes, report.opens)]
        half = day.closes.astimezone(NEW_YORK).hour == 13
        opened_late = day.opens.astimezone(NEW_YORK).strftime("%H:%M") != "09:30"
        assert opened_late or local[0].strftime("%H:%M") == "09:35"
        if half:
            assert [moment.strftime("%H:%M") for moment in local[1:]] == ["12:45", "13:06"]


def test_both_changes_of_the_clock_keep_new_york_s_hours() -> None:
    changes = [date(2026, 3, 6), date(2026, 3, 9), date(2026, 10, 30), date(2026, 11, 2)]
    opens = [window(Routine.INVEST, day).opens for day in years() if day.day in changes]
    assert [moment.astimezone(UTC).strftime("%H:%M") for moment in opens] == ["14:35", "13:35", "13:35", "14:35"]


minutes = st.integers(0, 30 * 365 * 24 * 60).map(
    lambda minute: datetime(1996, 2, 1, tzinfo=UTC) + timedelta(minutes=minute)
)


@settings(deadline=None)  # the first example builds thirty years
@given(start=minutes, wait=st.timedeltas(timedelta(0), timedelta(days=10)))
def test_started_at_any_minute_what_is_owed_is_what_is_due_and_not_done(start: datetime, wait: timedelta) -> None:
    now = start + wait
    days = around(now)
    owed, gone = due(now, days, (), since=start), missed(now, days, (), since=start)
    assert not set(owed) & set(gone)
    assert all(now in window(routine, day) for routine, day in owed)
    assert all(start < window(routine, day).closes <= now for routine, day in gone)
    assert Counter(routine for routine, _ in owed)[Routine.INVEST] <= 1
    assert Counter(routine for routine, _ in owed)[Routine.CLOSE_REPORT] <= 1
    # Done once, nothing of it is owed again.
    done = {(routine, day.day) for routine, day in (*owed, *gone)}
    assert due(now, days, done, since=start) == missed(now, days, done, since=start) == ()
