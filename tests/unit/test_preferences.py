"""Alert preferences: what the owner chose, what quiet hours change, and what cannot be chosen."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alerts import AlertKind
from core.preferences import CAN_WAIT, ESSENTIAL, AlertPreferences, Mode, QuietHours
from tests.unit.properties import steady

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(7), "Europe/Berlin")
BOTH = ("telegram", "sms")


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


def test_what_was_never_chosen_is_on() -> None:
    for kind in AlertKind:
        for channel in BOTH:
            assert AlertPreferences().mode_of(kind, channel, berlin(27, 3)) is Mode.ON
            assert AlertPreferences().held_until(kind, channel, berlin(27, 3)) is None


def test_a_choice_is_of_one_kind_on_one_channel_and_a_later_one_takes_its_place() -> None:
    off = AlertPreferences().choosing(AlertKind.VARIANCE, "sms", Mode.OFF)
    assert off.chosen(AlertKind.VARIANCE, "sms") is Mode.OFF
    assert off.chosen(AlertKind.VARIANCE, "telegram") is Mode.ON
    assert off.chosen(AlertKind.CLOSE_REPORT, "sms") is Mode.ON
    on = off.choosing(AlertKind.VARIANCE, "sms", Mode.ON)
    assert on == AlertPreferences(((AlertKind.VARIANCE, "sms", Mode.ON),))


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        (berlin(27, 21, 59), None),
        (berlin(27, 22), berlin(28, 7)),
        (berlin(28, 0), berlin(28, 7)),
        (berlin(28, 6, 59), berlin(28, 7)),
        (berlin(28, 7), None),
    ],
    ids=["a minute before", "when they begin", "at midnight", "a minute before they end", "when they end"],
)
def test_a_night_is_quiet_from_its_evening_to_its_morning(at: datetime, ends: datetime | None) -> None:
    assert NIGHT.end_of(at) == ends
    assert NIGHT.end_of(at.astimezone(UTC)) == ends


def test_quiet_hours_of_one_day_end_on_that_day() -> None:
    nap = QuietHours(time(13), time(14, 30), "Europe/Berlin")
    assert nap.end_of(berlin(27, 13, 15)) == berlin(27, 14, 30)
    assert nap.end_of(berlin(27, 14, 30)) is None


@pytest.mark.parametrize("day", [datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)])
def test_quiet_hours_end_by_the_clock_on_the_wall_when_it_is_changed(day: datetime) -> None:
    ends = NIGHT.end_of(day)
    assert ends is not None
    assert ends.astimezone(BERLIN).time() == time(7)
    assert ends.utcoffset() == timedelta(0)


def test_quiet_hours_that_end_within_the_repeated_hour_of_autumn_end_after_the_instant() -> None:
    quiet = QuietHours(time(22), time(2, 30), "Europe/Berlin")
    first, second = datetime(2026, 10, 25, 0, 15, tzinfo=UTC), datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    assert quiet.end_of(first) == first + timedelta(minutes=15)
    assert quiet.end_of(second) == second + timedelta(minutes=15)


@steady
@given(
    st.builds(
        QuietHours,
        st.times(timezones=st.none()),
        st.times(timezones=st.none()),
        st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    ),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis asks
)
def test_what_is_quiet_ends_later_within_a_day_and_is_then_over(quiet: QuietHours, at: datetime) -> None:
    ends = quiet.end_of(at)
    if ends is not None:
        assert at < ends <= at + timedelta(hours=25)
        assert quiet.end_of(ends) is None


@pytest.mark.parametrize("kind", sorted(CAN_WAIT))
def test_in_quiet_hours_a_report_is_silent_in_the_chat_and_the_phone_waits_for_the_morning(kind: AlertKind) -> None:
    preferences = AlertPreferences(quiet=NIGHT)
    assert preferences.mode_of(kind, "telegram", berlin(28, 3)) is Mode.SILENT
    assert preferences.held_until(kind, "telegram", berlin(28, 3)) is None
    assert preferences.mode_of(kind, "sms", berlin(28, 3)) is Mode.ON
    assert preferences.held_until(kind, "sms", berlin(28, 3)) == berlin(28, 7)
    assert preferences.mode_of(kind, "telegram", berlin(28, 9)) is Mode.ON
    assert preferences.held_until(kind, "sms", berlin(28, 9)) is None


@pytest.mark.parametrize("kind", sorted(set(AlertKind) - CAN_WAIT))
def test_what_is_about_money_or_broken_comes_at_any_hour(kind: AlertKind) -> None:
    preferences = AlertPreferences(quiet=NIGHT)
    for channel in BOTH:
        assert preferences.mode_of(kind, channel, berlin(28, 3)) is Mode.ON
        assert preferences.held_until(kind, channel, berlin(28, 3)) is None


def test_money_never_waits() -> None:
    assert not CAN_WAIT & ESSENTIAL
    assert {AlertKind.EXECUTED, AlertKind.FAILED, AlertKind.TROUBLE, AlertKind.CONFIRM} <= ESSENTIAL


def test_what_is_off_stays_off_in_quiet_hours() -> None:
    preferences = AlertPreferences(((AlertKind.CLOSE_REPORT, "telegram", Mode.OFF),), NIGHT)
    assert preferences.mode_of(AlertKind.CLOSE_REPORT, "telegram", berlin(28, 3)) is Mode.OFF


def test_a_kind_goes_out_by_the_channels_that_are_not_off() -> None:
    preferences = (
        AlertPreferences()
        .choosing(AlertKind.VARIANCE, "sms", Mode.OFF)
        .choosing(AlertKind.VARIANCE, "telegram", Mode.SILENT)
    )
    assert preferences.channels_for(AlertKind.VARIANCE, BOTH) == {"telegram"}
    assert preferences.channels_for(AlertKind.VARIANCE, ["sms"]) == frozenset()
    assert preferences.channels_for(AlertKind.EXECUTED, BOTH) == set(BOTH)


def test_an_essential_kind_goes_out_by_what_is_there_when_the_channel_that_was_left_on_is_not() -> None:
    preferences = AlertPreferences(((AlertKind.FAILED, "telegram", Mode.OFF),))
    assert preferences.channels_for(AlertKind.FAILED, BOTH) == {"sms"}
    assert preferences.channels_for(AlertKind.FAILED, ["telegram"]) == {"telegram"}
    assert preferences.channels_for(AlertKind.FAILED, []) == frozenset()


def test_good_preferences_have_no_problem() -> None:
    preferences = AlertPreferences(((AlertKind.EXECUTED, "sms", Mode.OFF),), NIGHT)
    assert preferences.problems(BOTH) == ()
    assert AlertPreferences().problems([]) == ()
    reports_off = AlertPreferences(tuple((AlertKind.CLOSE_REPORT, channel, Mode.OFF) for channel in BOTH))
    assert reports_off.problems(BOTH) == ()


@pytest.mark.parametrize("kind", sorted(ESSENTIAL))
def test_an_essential_kind_cannot_be_off_everywhere(kind: AlertKind) -> None:
    off = AlertPreferences(tuple((kind, channel, Mode.OFF) for channel in BOTH))
    assert off.problems(BOTH) == (
        f"{kind.capitalize()} alerts would be off on every channel (SMS and Telegram): leave one on or silent.",
    )
    assert off.choosing(kind, "telegram", Mode.SILENT).problems(BOTH) == ()
    assert len(AlertPreferences(((kind, "telegram", Mode.OFF),)).problems(["telegram"])) == 1


def test_an_sms_cannot_be_silent() -> None:
    (problem,) = AlertPreferences(((AlertKind.CLOSE_REPORT, "sms", Mode.SILENT),)).problems(BOTH)
    assert problem == "Close report alerts cannot be silent by SMS, where every message rings: choose on or off."


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../../etc/passwd", "America", "/etc/localtime", "\x00"])
def test_a_zone_that_is_none_is_named_and_makes_no_hour_quiet(zone: str) -> None:
    unknown = QuietHours(time(22), time(7), zone)
    (problem,) = AlertPreferences(quiet=unknown).problems(BOTH)
    assert problem.startswith(f"There is no time zone {zone!r}")
    assert unknown.end_of(berlin(28, 3)) is None


def test_quiet_hours_without_length_or_with_a_zone_of_their_own_are_refused() -> None:
    (problem,) = QuietHours(time(22), time(22), "UTC").problems()
    assert problem == "Quiet hours from 22:00 to 22:00 are no time at all: end them later."
    assert QuietHours(time(22), time(22), "UTC").end_of(berlin(27, 22)) is None
    assert len(QuietHours(time(22, tzinfo=UTC), time(7, tzinfo=UTC), "UTC").problems()) == 1
