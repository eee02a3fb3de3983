"""Which days a report can be asked for, and what is said of the others."""

from datetime import date, datetime, time

import pytest

from bot.routines.reports import days_since, why_not
from core.calendar import NEW_YORK, MarketClock, Session, TradingDay, trading_days
from tests.unit.histories import day


def at(on: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(on, time(hour, minute), NEW_YORK)


WEEK: tuple[TradingDay, ...] = trading_days(
    Session(one, at(one, 9, 30), at(one, 16)) for one in (day(20), day(23), day(24), day(25), day(27))
)
NOW = at(day(25), 12)
CLOCK = MarketClock(NOW, is_open=True, next_open=at(day(27), 9, 30), next_close=at(day(25), 16))


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (day(27), "it is not over yet"),
        (day(25), "it is not over yet"),
        (day(22), "it was no trading day"),
        (date(2020, 1, 3), "the history begins with 2026-11-20"),
    ],
)
def test_a_day_that_cannot_be_reported_has_its_reason(asked: date, why: str) -> None:
    assert why_not(asked, WEEK, CLOCK) == why


def test_before_the_first_trading_day_there_is_no_history() -> None:
    assert why_not(day(22), (), CLOCK) == "there is no history yet"


@pytest.mark.parametrize(
    ("since", "first"), [(at(day(23), 10), day(20)), (at(day(23), 16), day(23)), (at(day(23), 15, 59), day(20))]
)
def test_the_history_begins_with_the_last_day_that_ended_before_the_first_start(since: datetime, first: date) -> None:
    assert days_since(WEEK, since)[0].day == first
