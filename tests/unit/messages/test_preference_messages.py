"""The wording of alert preferences."""

from datetime import time

import pytest

from core.alerts import AlertKind
from core.messages import preference_messages
from core.preferences import AlertPreferences, Mode, QuietHours

TITLES = {"telegram": "Telegram", "sms": "SMS"}


def test_a_tap_goes_round_all_modes_and_a_phone_is_never_silent() -> None:
    def round_of(channel: str) -> list[Mode]:
        modes = [Mode.ON]
        for _ in range(3):
            modes.append(preference_messages.following(modes[-1], channel))
        return modes

    assert round_of("telegram") == [Mode.ON, Mode.SILENT, Mode.OFF, Mode.ON]
    assert round_of("sms") == [Mode.ON, Mode.OFF, Mode.ON, Mode.OFF]
    assert preference_messages.following(Mode.SILENT, "sms") is Mode.ON


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_is_explained_within_a_notice(kind: AlertKind) -> None:
    assert len(preference_messages.about(kind)) <= 200


def test_the_table_has_a_row_for_each_kind_and_a_column_for_each_channel() -> None:
    chosen = AlertPreferences().choosing(AlertKind.VARIANCE, "sms", Mode.OFF)
    table = preference_messages.table(chosen, TITLES)
    assert table.columns == ("Alert", "Telegram", "SMS")
    assert ("Variance", "on", "off") in table.rows
    assert len(table.rows) == len(AlertKind)


def test_quiet_hours_say_what_they_do_not_keep_back() -> None:
    told = preference_messages.quiet(QuietHours(time(22), time(7), "Europe/Berlin"))
    assert told.startswith("Quiet hours: 22:00 to 07:00 Europe/Berlin.")
    assert "alerts about money come at any hour" in told
