"""The schedule: what is owed at a moment, what was missed, and when nothing may be sent any more."""

from datetime import date, datetime, time, timedelta

import pytest

from core.calendar import NEW_YORK, TradingDay
from core.schedule import Routine, due, missed, tap_window, window

INVEST = Routine.INVEST


def at(hour: str, day: date = date(2026, 11, 24)) -> datetime:
    return datetime.combine(day, time.fromisoformat(hour), NEW_YORK)


def trading_day(day: date, closes: str = "16:00") -> TradingDay:
    return TradingDay(day, at("09:30", day), at(closes, day), last_of_week=False)


TUESDAY = trading_day(date(2026, 11, 24))
WEDNESDAY = trading_day(date(2026, 11, 25))
HALF_DAY = trading_day(date(2026, 11, 27), closes="13:00")
LONG_AGO = at("12:00", date(2026, 1, 2))


@pytest.mark.parametrize(
    ("now", "owed"),
    [
        ("09:29:59", ()),
        ("09:30:00", ()),
        ("09:34:59.999", ()),
        ("09:35:00", (INVEST,)),
        ("12:00:00", (INVEST,)),
        ("15:44:59.999", (INVEST,)),
        ("15:45:00", ()),
        ("16:00:00", ()),
    ],
)
def test_investing_is_due_from_five_past_the_open_until_a_quarter_to_the_close(
    now: str, owed: tuple[Routine, ...]
) -> None:
    assert due(at(now), TUESDAY, done=()) == owed


@pytest.mark.parametrize(("now", "owed"), [("12:44:59", (INVEST,)), ("12:45:00", ()), ("15:00:00", ())])
def test_a_half_day_ends_earlier(now: str, owed: tuple[Routine, ...]) -> None:
    assert due(at(now, HALF_DAY.day), HALF_DAY, done=()) == owed


def test_what_is_done_is_not_due() -> None:
    assert due(at("12:00"), TUESDAY, done={INVEST}) == ()


def test_another_day_s_noon_is_not_due() -> None:
    assert due(at("12:00", WEDNESDAY.day), TUESDAY, done=()) == ()


@pytest.mark.parametrize(
    ("now", "inside"), [("09:29:59", False), ("09:30", True), ("15:44:59", True), ("15:45", False)]
)
def test_the_owner_s_tap_may_invest_from_the_open_itself_to_the_same_end(now: str, inside: bool) -> None:
    assert (at(now) in tap_window(TUESDAY)) is inside
    assert tap_window(TUESDAY).closes == window(INVEST, TUESDAY).closes


def test_what_was_not_done_by_its_end_was_missed_oldest_first() -> None:
    found = missed(at("16:00", WEDNESDAY.day), [TUESDAY, WEDNESDAY], done=(), since=LONG_AGO)
    assert found == ((INVEST, TUESDAY), (INVEST, WEDNESDAY))


@pytest.mark.parametrize(("now", "count"), [("15:44:59", 0), ("15:45:00", 1)])
def test_a_day_is_missed_from_the_very_end_of_its_window(now: str, count: int) -> None:
    assert len(missed(at(now), [TUESDAY], done=(), since=LONG_AGO)) == count


def test_a_moment_is_never_both_due_and_missed() -> None:
    for second in range(0, 24 * 3600, 300):
        now = at("00:00") + timedelta(seconds=second)
        assert not (due(now, TUESDAY, done=()) and missed(now, [TUESDAY], done=(), since=LONG_AGO))


def test_a_day_that_was_done_was_not_missed() -> None:
    done = {(INVEST, TUESDAY.day)}
    found = missed(at("16:00", WEDNESDAY.day), [TUESDAY, WEDNESDAY], done=done, since=LONG_AGO)
    assert found == ((INVEST, WEDNESDAY),)


def test_a_first_start_within_the_window_owes_that_day() -> None:
    assert due(at("15:00"), TUESDAY, done=()) == (INVEST,)
    assert missed(at("15:45"), [TUESDAY], done=(), since=at("15:44:59")) == ((INVEST, TUESDAY),)


@pytest.mark.parametrize("first_start", ["15:45:00", "18:00:00"])
def test_a_first_start_after_the_window_owes_nothing_of_that_day(first_start: str) -> None:
    assert missed(at("23:00"), [TUESDAY], done=(), since=at(first_start)) == ()
