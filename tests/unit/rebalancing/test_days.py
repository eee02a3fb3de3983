"""When a rebalancing starts by itself."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import NEW_YORK, Session, TradingDay, trading_days
from core.rebalancing.days import held_off, is_calendar_day, rebalance_window
from core.rebalancing.rules import OnBreach, OnCalendar, OnTap, Period, Rules
from tests.unit.properties import steady

# NYSE: holidays on weekdays, and days that close at 13:00.
HOLIDAYS = {
    date(2026, *day) for day in [(1, 1), (1, 19), (2, 16), (4, 3), (5, 25), (6, 19), (7, 3), (9, 7), (11, 26), (12, 25)]
}
HALF_DAYS = {date(2026, 11, 27), date(2026, 12, 24)}


def _session(day: date) -> Session:
    closes = time(13) if day in HALF_DAYS else time(16)
    return Session(day, datetime.combine(day, time(9, 30), NEW_YORK), datetime.combine(day, closes, NEW_YORK))


YEAR = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
DAYS = trading_days(_session(day) for day in YEAR if day.weekday() < 5 and day not in HOLIDAYS)
BY_DAY = {day.day: day for day in DAYS}


def days_of(period: Period, anchor: date) -> list[date]:
    calendar = OnCalendar(period, anchor)
    return [day.day for day in DAYS if is_calendar_day(calendar, day.day, DAYS)]


def test_a_month_s_day_that_is_no_trading_day_moves_to_the_one_before() -> None:
    found = days_of(Period.MONTHLY, date(2026, 1, 3))
    assert found[:4] == [date(2026, 1, 2), date(2026, 2, 3), date(2026, 3, 3), date(2026, 4, 2)]


def test_the_31st_is_a_short_month_s_last_day() -> None:
    found = days_of(Period.MONTHLY, date(2026, 1, 31))
    assert found[:4] == [date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 31), date(2026, 4, 30)]


def test_the_friday_of_a_week_is_its_thursday_on_good_friday() -> None:
    assert date(2026, 4, 2) in days_of(Period.WEEKLY, date(2026, 1, 2))


def test_a_monday_that_is_a_holiday_moves_to_the_friday_before() -> None:
    assert date(2026, 9, 4) in days_of(Period.WEEKLY, date(2026, 1, 5))


def test_quarters_count_from_the_anchor() -> None:
    found = days_of(Period.QUARTERLY, date(2026, 2, 15))
    assert found == [date(2026, 2, 13), date(2026, 5, 15), date(2026, 8, 14), date(2026, 11, 13)]


def test_a_year_s_day_comes_once_and_the_29th_of_february_is_the_28th() -> None:
    assert days_of(Period.YEARLY, date(2024, 2, 29)) == [date(2026, 2, 27)]


def test_nothing_is_due_before_the_anchor() -> None:
    assert min(days_of(Period.WEEKLY, date(2026, 6, 3))) == date(2026, 6, 3)


@steady
@given(st.sampled_from(YEAR[:300]))
def test_every_week_and_every_month_has_exactly_one_day(anchor: date) -> None:
    weekly = days_of(Period.WEEKLY, anchor)
    # What is named before the year ends is there once, on a trading day not after it.
    named = [day for day in YEAR if day >= anchor and day.weekday() == anchor.weekday()]
    wanted = {max(trading for trading in BY_DAY if trading <= day) for day in named if day >= DAYS[0].day}
    assert set(weekly) >= {day for day in wanted if day >= anchor}
    assert len(weekly) <= len(named)


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), NEW_YORK)


def why_not(
    rules: Rules,
    now: datetime,
    *,
    last_run: date | None = None,
    last_automatic: date | None = None,
) -> tuple[str, ...]:
    today: TradingDay = BY_DAY[now.date()]
    return held_off(rules, now, today, DAYS, last_run=last_run, last_automatic=last_automatic)


ON_BREACH = Rules(trigger=OnBreach(), cooldown_days=7)
NOON = _at(date(2026, 11, 20), 12, 0)


def test_a_breach_is_looked_for_on_every_trading_day() -> None:
    assert why_not(ON_BREACH, NOON) == ()


def test_off_until_asked_it_never_starts_by_itself() -> None:
    assert why_not(Rules(trigger=OnTap()), NOON) == ("its trigger does not ask for it today",)


@pytest.mark.parametrize(
    ("now", "may"),
    [
        (_at(date(2026, 11, 20), 9, 34), False),
        (_at(date(2026, 11, 20), 9, 35), True),
        (_at(date(2026, 11, 20), 15, 44), True),
        (_at(date(2026, 11, 20), 15, 45), False),
        (_at(date(2026, 11, 27), 12, 44), True),
        (_at(date(2026, 11, 27), 12, 45), False),
    ],
)
def test_it_never_starts_in_the_last_quarter_of_an_hour_of_a_half_day_either(now: datetime, may: bool) -> None:
    assert (why_not(ON_BREACH, now) == ()) is may


def test_a_tap_works_from_the_open_and_to_the_same_end() -> None:
    window = rebalance_window(BY_DAY[NOON.date()], by_tap=True)
    assert _at(NOON.date(), 9, 30) in window
    assert _at(NOON.date(), 15, 45) not in window


def test_it_runs_by_itself_once_a_day_at_most() -> None:
    assert why_not(ON_BREACH, NOON, last_automatic=NOON.date()) == ("it has run today already",)


def test_the_cooldown_counts_taps_too_and_ends_on_its_day() -> None:
    told = why_not(ON_BREACH, NOON, last_run=NOON.date() - timedelta(days=6))
    assert told == ("the last one was 6 days ago, and its cooldown is 7 days",)
    assert why_not(ON_BREACH, NOON, last_run=NOON.date() - timedelta(days=7)) == ()


def test_days_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="cooldown"):
        Rules(cooldown_days=-1)
    with pytest.raises(ValueError, match="holding time"):
        Rules(holding_days=-1)
