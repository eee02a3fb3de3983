"""Trading days: which is the last of its week, and which day it is in New York."""

from datetime import UTC, date, datetime, time

import pytest

from core.calendar import NEW_YORK, MarketClock, Session, trading_days


def sessions(*days: str) -> list[Session]:
    return [
        Session(
            day,
            datetime.combine(day, time(9, 30), NEW_YORK),
            datetime.combine(day, time(16), NEW_YORK),
        )
        for day in map(date.fromisoformat, days)
    ]


def last_days(*days: str) -> list[str]:
    return [day.day.isoformat() for day in trading_days(sessions(*days)) if day.last_of_week]


def test_friday_ends_a_usual_week() -> None:
    assert last_days("2026-11-19", "2026-11-20", "2026-11-23") == ["2026-11-20", "2026-11-23"]


def test_thursday_ends_the_week_of_good_friday() -> None:
    assert last_days("2026-04-01", "2026-04-02", "2026-04-06", "2026-04-07")[0] == "2026-04-02"


def test_the_half_day_after_thanksgiving_ends_its_week() -> None:
    assert last_days("2026-11-25", "2026-11-27", "2026-11-30")[0] == "2026-11-27"


def test_a_week_goes_on_over_the_year_s_end() -> None:
    # Thursday 31 December and Monday 4 January are weeks apart; Wednesday and Friday around New Year are not.
    assert last_days("2026-12-31", "2027-01-04", "2027-01-05")[0] == "2026-12-31"
    assert last_days("2024-12-30", "2024-12-31", "2025-01-02", "2025-01-03", "2025-01-06")[0] == "2025-01-03"


def test_the_same_week_number_of_another_year_is_another_week() -> None:
    assert last_days("2025-11-28", "2026-11-27") == ["2025-11-28", "2026-11-27"]


def test_the_last_day_that_is_known_is_taken_to_end_its_week() -> None:
    assert last_days("2026-11-24") == ["2026-11-24"]


def test_days_come_oldest_first_with_their_hours() -> None:
    given = sessions("2026-11-25", "2026-11-23", "2026-11-24")
    days = trading_days(given)
    assert [day.day.day for day in days] == [23, 24, 25]
    assert (days[2].opens, days[2].closes) == (given[0].opens, given[0].closes)


def test_a_day_knows_the_next_open_and_the_end_of_the_next_week() -> None:
    given = sessions("2026-11-25", "2026-11-27", "2026-11-30", "2026-12-04", "2026-12-07")
    wednesday, friday, *_, last = trading_days(given)
    assert wednesday.next_opens == given[1].opens
    assert wednesday.next_week_closes == friday.next_week_closes == given[3].closes
    assert (last.next_opens, last.next_week_closes) == (None, None)


def test_no_sessions_are_no_days() -> None:
    assert trading_days([]) == ()


@pytest.mark.parametrize(
    ("now", "today"),
    [("2026-11-27T04:59:59+00:00", date(2026, 11, 26)), ("2026-11-27T05:00:00+00:00", date(2026, 11, 27))],
)
def test_today_is_the_date_in_new_york(now: str, today: date) -> None:
    instant = datetime.fromisoformat(now).astimezone(UTC)
    assert MarketClock(instant, is_open=False, next_open=instant, next_close=instant).today == today
