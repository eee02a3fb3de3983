"""The variance: every sector against its target, the drift, and two digits of it."""

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.allocation import Allocation, Sector
from core.reporting.measures import NotMeasurable
from core.reporting.variance import SectorVariance, Variance, after_investing, cash_share, measure, two_digits, values
from tests.unit.histories import holding, position
from tests.unit.properties import allocations, steady

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "returns.json"

FOUR = Allocation(tuple(Sector(f"Sector {symbol}", symbol, 2500) for symbol in ("A", "B", "C", "D")))
TWO = Allocation((Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 4000)))

cents = st.integers(0, 10**11).map(lambda amount: Decimal(amount) / 100)


def measured(allocation: Allocation, **held: str | None) -> Variance:
    found = measure(allocation, {symbol: None if value is None else Decimal(value) for symbol, value in held.items()})
    assert isinstance(found, Variance), found
    return found


def figures(row: SectorVariance) -> list[Decimal | None]:
    return [row.actual, row.variance, row.target_value, row.dollars]


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def test_the_drift_is_half_the_sum_of_what_all_sectors_are_off() -> None:
    assert measured(FOUR, A="30", B="20", C="30", D="20").drift == 10


@pytest.mark.skipif(not VECTORS.is_file(), reason="the shared vectors are not beside this repository")
def test_the_shared_vectors_of_drift_pass() -> None:
    for vector in json.loads(VECTORS.read_text(encoding="utf-8")):
        if "actual" in vector["given"]:
            given_ = vector["given"]
            symbols = "ABCDEFGH"[: len(given_["target"])]
            pairs = zip(symbols, given_["target"], strict=True)
            allocation = Allocation(tuple(Sector(one, one, int(Decimal(weight) * 100)) for one, weight in pairs))
            assert measured(allocation, **dict(zip(symbols, given_["actual"], strict=True))).drift == Decimal(
                vector["expect"]
            )


def test_a_sector_is_over_or_under_in_points_and_in_dollars() -> None:
    stocks, bonds = measured(TWO, VOO="650", AGG="350").sectors
    assert figures(stocks) == [65, 5, 600, 50]
    assert figures(bonds) == [35, -5, 400, -50]


def test_a_sector_that_is_not_held_is_under_by_its_whole_weight() -> None:
    bonds = measured(TWO, VOO="200").sectors[1]
    assert figures(bonds) == [0, -40, 80, -80]


def test_untracked_positions_weigh_nothing() -> None:
    assert measured(TWO, VOO="60", AGG="40", TSLA="1000").drift == 0


def test_a_sector_at_its_target_is_off_by_exactly_nothing() -> None:
    thirds = Allocation((Sector("One", "VOO", 3333), Sector("Other", "AGG", 6667)))
    assert [row.variance for row in measured(thirds, VOO="333.30", AGG="666.70").sectors] == [0, 0]


def test_a_sector_of_unknown_value_is_listed_and_the_others_are_measured_without_it() -> None:
    found = measured(FOUR, A="10", B=None, C="10", D="10")
    assert found.unknown == ("Sector B",)
    assert [row.sector.symbol for row in found.sectors] == ["A", "B", "C", "D"]
    unknown = found.sectors[1]
    assert figures(unknown) == [None] * 4
    assert unknown.target == 25
    assert found.drift == 0


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ({}, "nothing of the allocation is held"),
        ({"TSLA": Decimal(5)}, "nothing of the allocation is held"),
        ({"VOO": None}, "the value of Stocks is not known, and nothing else of the allocation is held"),
    ],
)
def test_with_nothing_held_there_is_no_variance(held: dict[str, Decimal | None], reason: str) -> None:
    assert measure(TWO, held) == NotMeasurable(reason)


@steady
@given(allocations(), st.data())
def test_weights_sum_to_100_and_variances_cancel_out(allocation: Allocation, data: st.DataObject) -> None:
    held = {sector.symbol: data.draw(st.one_of(st.none(), cents)) for sector in allocation.sectors}
    found = measure(allocation, held)
    if isinstance(found, Variance):
        rows = [row for row in found.sectors if row.variance is not None]
        tiny = Decimal("1e-20")
        assert abs(total(row.actual for row in rows) - 100) < tiny
        assert abs(total(row.target for row in rows) - 100) < tiny
        assert abs(total(row.variance for row in rows)) < tiny
        assert abs(total(row.dollars for row in rows)) < Decimal("1e-12")
        assert 0 <= found.drift <= 100
        assert all(abs(row.actual - row.target - row.variance) < tiny for row in rows if row.actual and row.variance)


@steady
@given(allocations(), st.integers(1, 10**9))
def test_buying_in_proportion_to_the_weights_never_adds_to_the_drift(allocation: Allocation, each: int) -> None:
    held = {sector.symbol: Decimal(place + 1) for place, sector in enumerate(allocation.sectors)}
    before = measure(allocation, held)
    after = after_investing(allocation, held, {sector.symbol: sector.weight * each for sector in allocation.sectors})
    assert isinstance(before, Variance)
    assert isinstance(after, Variance)
    assert after.drift <= before.drift + Decimal("1e-20")


def test_investing_brings_a_sector_nearer_to_its_target() -> None:
    after = after_investing(TWO, {"VOO": Decimal(100)}, {"AGG": 66_67})
    assert isinstance(after, Variance)
    assert round(after.drift, 2) == Decimal("0.00")


def test_a_first_investment_is_measured_though_nothing_was_held() -> None:
    after = after_investing(TWO, {}, {"VOO": 60_00, "AGG": 40_00})
    assert isinstance(after, Variance)
    assert after.value == 100
    assert after.drift == 0


def test_buying_into_a_sector_of_unknown_value_leaves_it_unknown() -> None:
    after = after_investing(TWO, {"VOO": None, "AGG": Decimal(1)}, {"VOO": 60_00})
    assert isinstance(after, Variance)
    assert after.unknown == ("Stocks",)


def test_the_values_of_positions_and_of_a_kept_day_are_read_alike() -> None:
    assert values([position("VOO", 2, 90, 100), position("AGG", 1, 50, None)]) == {"VOO": Decimal(100), "AGG": None}
    assert values([holding("VOO", 2, 90, 100), holding("AGG", 1, 50, None)]) == {"VOO": Decimal(100), "AGG": None}


def test_cash_is_a_share_of_everything() -> None:
    assert cash_share(Decimal(10), {"VOO": Decimal(80), "TSLA": Decimal(10)}) == 10


@pytest.mark.parametrize(
    ("cash", "held", "reason"),
    [
        ("-12.5", {"VOO": Decimal(80)}, "the account's cash is negative, it owes $12.50"),
        ("5", {"VOO": None, "AGG": None}, "the value of VOO and AGG is not known"),
        ("0", {}, "the account is empty"),
    ],
)
def test_a_share_of_cash_that_says_nothing_is_not_told(cash: str, held: dict[str, Decimal | None], reason: str) -> None:
    assert cash_share(Decimal(cash), held) == NotMeasurable(reason)


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ("0", "0%"),
        ("0E-20", "0%"),
        ("0.0012", "0.0012%"),
        ("-0.00020", "0.0002%"),
        ("12", "12%"),
        ("1.5", "1.5%"),
        ("-1.25", "1.3%"),
        ("0.00000012", "0.00000012%"),
        ("9.94", "9.9%"),
        ("9.96", "10%"),
        ("0.0996", "0.1%"),
        ("10.0", "10%"),
        ("1E+2", "100%"),
        ("99.5", "100%"),
        ("0.124999999999999999999999999999999999", "0.12%"),
    ],
)
def test_two_digits_are_written_without_an_exponent(points: str, text: str) -> None:
    assert two_digits(Decimal(points)) == text


@steady
@given(st.decimals(min_value=-100, max_value=100, allow_nan=False, allow_infinity=False))
def test_what_is_written_is_within_five_in_the_third_digit(points: Decimal) -> None:
    text = two_digits(points)
    assert set(text) <= set("0123456789.%")
    assert not text.endswith(".%")
    written = Decimal(text.removesuffix("%"))
    assert len(written.normalize().as_tuple().digits) <= 2
    assert abs(written - abs(points)) <= abs(points) * Decimal("0.0500001")
