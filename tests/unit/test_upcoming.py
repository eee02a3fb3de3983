"""What comes next of each routine, around a week with a holiday and a half day."""

from datetime import date, datetime, timedelta

from core.calendar import NEW_YORK, Session, trading_days
from core.schedule import Routine
from core.upcoming import upcoming

# Thanksgiving 2026 is Thursday 26 November; Friday ends at 13:00.
_HOURS = {23: 16, 24: 16, 25: 16, 27: 13, 30: 16}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK)


DAYS = trading_days(Session(date(2026, 11, day), at(day, 9, 30), at(day, closes)) for day, closes in _HOURS.items())
LONG_AGO = at(1, 0)


def test_before_the_open_all_of_the_day_comes_and_the_variance_at_the_weeks_end() -> None:
    found = upcoming(at(23, 9), DAYS, (), since=LONG_AGO)
    assert [(routine, window.opens) for routine, window in found.items()] == [
        (Routine.INVEST, at(23, 9, 35)),
        (Routine.CLOSE_REPORT, at(23, 16, 6)),
        (Routine.VARIANCE, at(27, 13, 6)),
    ]


def test_what_is_done_today_comes_next_on_the_next_trading_day() -> None:
    done = [(Routine.INVEST, date(2026, 11, 25)), (Routine.CLOSE_REPORT, date(2026, 11, 25))]
    found = upcoming(at(25, 17), [day for day in DAYS if day.day.day >= 25], done, since=LONG_AGO)
    assert found[Routine.INVEST].opens == at(27, 9, 35)
    assert found[Routine.CLOSE_REPORT].opens == at(27, 13, 6)


def test_what_is_owed_now_is_now() -> None:
    assert upcoming(at(23, 12), DAYS, (), since=LONG_AGO)[Routine.INVEST].opens == at(23, 9, 35)


def test_a_report_of_before_the_first_start_never_comes() -> None:
    found = upcoming(at(23, 17), DAYS, (), since=at(23, 16, 30))
    assert found[Routine.CLOSE_REPORT].opens == at(24, 16, 6)


def test_what_the_known_days_do_not_reach_is_left_out() -> None:
    assert Routine.INVEST not in upcoming(at(30, 16) + timedelta(hours=8), DAYS, (), since=LONG_AGO)
