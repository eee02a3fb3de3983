"""Quiet hours as somebody writes them."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat import quiet_words
from core.preferences import QuietHours

NIGHT = QuietHours(time(22), time(7), "Europe/Berlin")


@pytest.mark.parametrize(
    "words",
    ["22:00 07:00 Europe/Berlin", "22:00 7:00 europe/berlin", "from 22.00 to 7.00 EUROPE/BERLIN", "22:00 - 7:00"],
)
def test_times_and_zones_are_read_as_people_write_them(words: str) -> None:
    assert quiet_words.read(words.split(), NIGHT) == NIGHT


def test_off_ends_them() -> None:
    assert quiet_words.read(["OFF"], NIGHT) is None


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("22:00", "'22:00' is not when quiet hours begin and end."),
        ("22 7 Europe/Berlin", "'22' is not a time of day such as 22:00."),
        ("24:00 07:00 UTC", "'24:00' is not a time of day such as 22:00."),
        ("22:00 07:00", "Which time zone are these times in?"),
        ("22:00 22:00 UTC", "Quiet hours from 22:00 to 22:00 are no time at all"),
        ("22:00 07:00 Berlin", "Did you mean Europe/Berlin?"),
        ("22:00 07:00 Amerika/New_York", "Did you mean America/New_York?"),
        ("22:00 07:00 ../etc", "There is no time zone '../etc'"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(words: str, wrong: str) -> None:
    assert wrong in str(quiet_words.read(words.split(), None))


@given(st.lists(st.text(min_size=1, max_size=30), max_size=4))
def test_no_words_are_too_strange(words: list[str]) -> None:
    answer = quiet_words.read(words, None)
    assert answer is None or isinstance(answer, str | QuietHours)
