"""The schedule: what is owed at a moment, what was missed, and when nothing may be sent any more."""

from datetime import date, datetime, time, timedelta

import pytest

from core.calendar import NEW_YORK, Session, TradingDay, trading_days
from core.schedule import SCHEDULED, Routine, due, missed, tap_window, window

INVEST, CLOSE_REPORT, VARIANCE = SCHEDULED


def at(hour: str, day: date = date(2026, 11, 24)) -> datetime:
    return datetime.combine(day, time.fromisoformat(hour), NEW_YORK)


def session(day: str, closes: str = "16:00") -> Session:
    on = date.fromisoformat(day)
    return Session(on, at("09:30", on), at(closes, on))


# The week of Thanksgiving, which ends with a half day, and the next one.
WEEKS = trading_days(
    [
        session("2026-11-24"),
        session("2026-11-25"),
        session("2026-11-27", closes="13:00"),
        session("2026-11-30"),
        session("2026-12-04"),
    ]
)
TUESDAY, WEDNESDAY, HALF_DAY, MONDAY, NEXT_FRIDAY = WEEKS
LONG_AGO = at("12:00", date(2026, 1, 2))


def owed(now: datetime, *done: tuple[Routine, TradingDay], since: datetime = LONG_AGO) -> list[tuple[Routine, date]]:
    ended = {(routine, day.day) for routine, day in done}
    return [(routine, day.day) for routine, day in due(now, WEEKS, ended, since=since)]


@pytest.mark.parametrize(
    ("now", "is_owed"),
    [
        ("09:29:59", False),
        ("09:30:00", False),
        ("09:34:59.999", False),
        ("09:35:00", True),
        ("12:00:00", True),
        ("15:44:59.999", True),
        ("15:45:00", False),
        ("16:00:00", False),
    ],
)
def test_investing_is_due_from_five_past_the_open_until_a_quarter_to_the_close(now: str, is_owed: bool) -> None:
    assert owed(at(now)) == ([(INVEST, TUESDAY.day)] if is_owed else [])


@pytest.mark.parametrize(("now", "is_owed"), [("12:44:59", True), ("12:45:00", False), ("15:00:00", False)])
def test_a_half_day_ends_earlier(now: str, is_owed: bool) -> None:
    assert ((INVEST, HALF_DAY.day) in owed(at(now, HALF_DAY.day))) is is_owed


def test_what_is_done_is_not_due() -> None:
    assert owed(at("12:00"), (INVEST, TUESDAY)) == []


@pytest.mark.parametrize(
    ("now", "is_owed"),
    [
        (at("16:05:59"), False),
        (at("16:06:00"), True),
        (at("23:59:00"), True),
        (at("09:29:59", WEDNESDAY.day), True),
        (at("09:30:00", WEDNESDAY.day), False),
    ],
)
def test_a_close_report_is_due_from_six_past_the_close_until_the_next_open(now: datetime, is_owed: bool) -> None:
    assert ((CLOSE_REPORT, TUESDAY.day) in owed(now)) is is_owed


def test_the_reports_of_a_half_day_are_due_six_past_one_the_variance_after_the_close_report() -> None:
    done = [(CLOSE_REPORT, WEDNESDAY)]
    assert owed(at("13:05:59", HALF_DAY.day), *done) == []
    assert owed(at("13:06:00", HALF_DAY.day), *done) == [(CLOSE_REPORT, HALF_DAY.day), (VARIANCE, HALF_DAY.day)]


def test_a_variance_is_owed_until_the_next_week_s_takes_its_place() -> None:
    assert (VARIANCE, HALF_DAY.day) in owed(at("16:05:59", NEXT_FRIDAY.day))
    now = at("16:06:00", NEXT_FRIDAY.day)
    assert (VARIANCE, HALF_DAY.day) not in owed(now)
    assert (VARIANCE, NEXT_FRIDAY.day) in owed(now)
    assert (VARIANCE, HALF_DAY) in missed(now, WEEKS, (), since=LONG_AGO)


def test_a_day_within_the_week_has_no_variance() -> None:
    assert [day for routine, day in owed(at("12:00", date(2026, 12, 30))) if routine is VARIANCE] == [NEXT_FRIDAY.day]


def test_what_is_beyond_the_known_calendar_stays_owed() -> None:
    assert (CLOSE_REPORT, NEXT_FRIDAY.day) in owed(at("12:00", date(2027, 12, 30)))


@pytest.mark.parametrize(("first_start", "is_owed"), [("16:05:59", True), ("16:06:00", False), ("20:00:00", False)])
def test_a_day_that_ended_before_the_first_start_is_not_reported(first_start: str, is_owed: bool) -> None:
    since = at(first_start)
    assert ((CLOSE_REPORT, TUESDAY.day) in owed(at("23:00"), since=since)) is is_owed


@pytest.mark.parametrize(
    ("now", "inside"), [("09:29:59", False), ("09:30", True), ("15:44:59", True), ("15:45", False)]
)
def test_the_owner_s_tap_may_invest_from_the_open_itself_to_the_same_end(now: str, inside: bool) -> None:
    assert (at(now) in tap_window(TUESDAY)) is inside
    assert tap_window(TUESDAY).closes == window(INVEST, TUESDAY).closes


def test_what_was_not_done_by_its_end_was_missed_oldest_first() -> None:
    found = missed(at("16:00", WEDNESDAY.day), WEEKS, done=(), since=LONG_AGO)
    assert found == ((INVEST, TUESDAY), (CLOSE_REPORT, TUESDAY), (INVEST, WEDNESDAY))


@pytest.mark.parametrize(("now", "count"), [("15:44:59", 0), ("15:45:00", 1)])
def test_a_day_is_missed_from_the_very_end_of_its_window(now: str, count: int) -> None:
    assert len(missed(at(now), [TUESDAY], done=(), since=LONG_AGO)) == count


def test_a_moment_is_never_both_due_and_missed() -> None:
    for second in range(0, 14 * 24 * 3600, 300):
        now = at("00:00") + timedelta(seconds=second)
        assert not set(due(now, WEEKS, (), since=LONG_AGO)) & set(missed(now, WEEKS, (), since=LONG_AGO))


def test_a_day_that_was_done_was_not_missed() -> None:
    done = {(INVEST, TUESDAY.day)}
    found = missed(at("16:00", WEDNESDAY.day), WEEKS, done=done, since=LONG_AGO)
    assert found == ((CLOSE_REPORT, TUESDAY), (INVEST, WEDNESDAY))


def test_a_first_start_within_the_window_owes_that_day() -> None:
    assert owed(at("15:00"), since=at("14:59")) == [(INVEST, TUESDAY.day)]
    assert missed(at("15:45"), [TUESDAY], done=(), since=at("15:44:59")) == ((INVEST, TUESDAY),)


@pytest.mark.parametrize("first_start", ["15:45:00", "18:00:00"])
def test_a_first_start_after_the_window_owes_nothing_of_that_day(first_start: str) -> None:
    assert missed(at("23:00"), [TUESDAY], done=(), since=at(first_start)) == ()
