"""Ticks: round, readable, and as many as there is room for."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.charts.paper import MINUS, look, width_of, wrapped
from bot.charts.scales import day_ticks, number, round_ticks, ticks_along
from tests.unit.properties import steady

DAY = date(2026, 11, 27)


def labels(days: int) -> list[str]:
    return [label for _, label in day_ticks(DAY - timedelta(days), DAY)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, ["27 Nov"]),
        (1, ["26 Nov", "27 Nov"]),
        (3, ["24 Nov", "25 Nov", "26 Nov", "27 Nov"]),
        (21, ["6 Nov", "13 Nov", "20 Nov", "27 Nov"]),
        (100, ["Sep", "Oct", "Nov"]),
        (300, ["Apr", "Jul", "Oct"]),
        (365, ["Jan 2026", "Apr 2026", "Jul 2026", "Oct 2026"]),
        (3650, ["2018", "2020", "2022", "2024", "2026"]),
    ],
)
def test_days_are_named_as_finely_as_there_is_room_for(days: int, expected: list[str]) -> None:
    assert labels(days) == expected


@steady
@given(st.dates(date(1980, 1, 1), date(2180, 1, 1)), st.dates(date(1980, 1, 1), date(2180, 1, 1)))
def test_any_two_days_have_one_to_six_ticks_between_them(one: date, other: date) -> None:
    first, last = sorted([one, other])
    ticks = day_ticks(first, last)
    assert 1 <= len(ticks) <= 6
    assert all(first.toordinal() <= place <= last.toordinal() for place, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 36, ["$0", "$10", "$20", "$30"]),
        (-1200, 900, [f"{MINUS}$1,000", f"{MINUS}$500", "$0", "$500"]),
        (99.2, 100.9, ["$99.50", "$100.00", "$100.50"]),
    ],
)
def test_amounts_are_round_with_a_real_minus(low: float, high: float, expected: list[str]) -> None:
    assert [label for _, label in round_ticks(low, high, unit="$")] == expected


@settings(steady, max_examples=30)
@given(st.floats(-1e9, 1e9), st.floats(0.01, 1e9), st.integers(300, 900))
def test_labels_along_an_axis_never_touch(low: float, length: float, right: int) -> None:
    with look():
        ticks = ticks_along(low, low + length, left=44, right=right, end=1072)
        widths = [width_of(label, 28) for _, label in ticks]
    places = [44 + (value - low) / length * (right - 44) for value, _ in ticks]
    edges = [(place - width / 2, place + width / 2) for place, width in zip(places, widths, strict=True)]
    assert all(left >= 0 and end <= 1072 for left, end in edges)
    assert all(after[0] > before[1] for before, after in pairwise(edges))


@pytest.mark.parametrize(
    ("value", "written"),
    [(1234.5, "+1,234.50"), (-1234.5, f"{MINUS}1,234.50"), (0.001, "0.00"), (-0.001, "0.00"), (0, "0.00")],
)
def test_a_number_that_rounds_to_nothing_has_no_sign(value: float, written: str) -> None:
    assert number(value, 2, sign="+") == written


def test_a_name_breaks_between_words_and_a_long_word_within() -> None:
    with look():
        assert wrapped("short", 500) == ["short"]
        assert wrapped("one two three", width_of("one two")) == ["one two", "three"]
        assert wrapped("WWWWWW", width_of("WWW")) == ["WWW", "WWW"]
        assert all(width_of(line) <= 300 for line in wrapped("a word and Wwwwwwwwwwwwwwwwwwwwwwwwwwww", 300))
