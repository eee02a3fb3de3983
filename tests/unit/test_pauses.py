"""Pauses that grow."""

import pytest

from core.pauses import growing_pause


@pytest.mark.parametrize(("failures", "pause"), [(0, 0), (1, 1.5), (2, 3), (3, 6), (6, 48), (7, 60), (8, 60)])
def test_a_pause_doubles_with_each_failure_up_to_the_longest(failures: int, pause: float) -> None:
    assert growing_pause(failures, first=1.5, longest=60) == pause


def test_a_first_pause_is_never_longer_than_the_longest() -> None:
    assert growing_pause(1, first=15, longest=5) == 5


def test_years_of_failures_are_no_overflow() -> None:
    assert growing_pause(1_000_000, first=1, longest=300) == 300
