"""Pictures: the figures they are drawn from."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.allocation import Allocation, Sector
from core.reporting.measures import Measure, NotMeasurable
from core.reporting.pictures import Returns
from core.reporting.picturing import MOST_POINTS, account_value, returns, weights
from core.reporting.variance import Variance, measure
from tests.unit.histories import day, flow, holding, snapshot
from tests.unit.properties import steady

TWO = Allocation((Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 4000)))


def test_the_money_put_in_grows_with_deposits_and_shrinks_with_withdrawals() -> None:
    ends = [snapshot(day(16), 100), snapshot(day(17), 160), snapshot(day(18), 170)]
    moved = [flow(day(10), 999), flow(day(17), 50), flow(day(19), -20), flow(day(30), 7)]
    found = account_value(ends, moved, snapshot(day(20), 155))
    assert found is not None
    assert [value for _, value, _ in found.points] == [100, 160, 170, 155]
    assert [put_in for _, _, put_in in found.points] == [100, 150, 150, 130]
    assert found.flows == ((day(17), Decimal(50)), (day(19), Decimal(-20)))


def test_a_day_of_unknown_value_is_left_out() -> None:
    ends = [snapshot(day(16), 100), snapshot(day(17), 1, holding("VOO", 1, 1, None))]
    found = account_value(ends, [], snapshot(day(18), 110))
    assert found is not None
    assert [on for on, _, _ in found.points] == [day(16), day(18)]


def test_one_day_makes_no_line() -> None:
    assert account_value([], [], snapshot(day(18), 110)) is None


@steady
@given(st.integers(1, 1500))
def test_long_histories_are_thinned_evenly_and_keep_both_ends(days: int) -> None:
    ends = [snapshot(day(1) + timedelta(number), 100 + number) for number in range(days)]
    now = snapshot(day(1) + timedelta(days), 5)
    found = account_value(ends, [], now)
    assert found is not None
    shown = [on for on, _, _ in found.points]
    assert len(shown) == min(days + 1, MOST_POINTS)
    assert (shown[0], shown[-1]) == (ends[0].day, now.day)
    gaps = {(later - earlier).days for earlier, later in pairwise(shown)}
    assert max(gaps) - min(gaps) <= 1


def test_weights_are_shown_with_a_gap_where_the_value_is_not_known() -> None:
    found = measure(TWO, {"VOO": Decimal(5), "AGG": None})
    assert isinstance(found, Variance)
    assert weights(day(20), found).sectors == (
        ("Stocks", Decimal(100), Decimal(100)),
        ("Bonds", Decimal(40), None),
    )


def test_returns_are_shown_in_percent() -> None:
    sectors: list[tuple[str, Measure]] = [
        ("Stocks", Decimal("0.0415")),
        ("Bonds", NotMeasurable("its value is not known")),
    ]
    assert returns(day(20), sectors) == Returns(day(20), (("Stocks", Decimal("4.15")), ("Bonds", None)))
