"""The allocation: what it accepts, and how it says what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.allocation import (
    Allocation,
    AllocationError,
    BadName,
    BadSymbol,
    Problem,
    Repeated,
    Sector,
    WeightNotPositive,
    WeightsDoNotSum,
    hundredths,
    parse_weight,
    percent,
)
from core.symbols import AssetClass
from tests.unit.properties import steady


def problems(*sectors: Sector) -> tuple[Problem, ...]:
    with pytest.raises(AllocationError) as refused:
        Allocation(sectors)
    return refused.value.problems


def said(*sectors: Sector) -> str:
    return "; ".join(map(str, problems(*sectors)))


def test_sectors_that_make_one_hundred_percent_are_an_allocation() -> None:
    allocation = Allocation((Sector("Stocks", "VOO", 9_500), Sector("Crypto", "BTC/USD", 500)))
    assert allocation.weights == {"VOO": 9_500, "BTC/USD": 500}
    assert [sector.asset_class for sector in allocation.sectors] == [AssetClass.US_EQUITY, AssetClass.CRYPTO]


def test_no_sectors_is_refused() -> None:
    assert said() == "the allocation has no sectors: give at least one, with a weight of 100%"


def test_too_little_says_what_to_add() -> None:
    assert said(Sector("Stocks", "VOO", 9_800)) == "allocation sums to 98.00%, must be 100.00%: add 2.00%"


def test_too_much_says_what_to_take_away() -> None:
    wrong = said(Sector("Stocks", "VOO", 10_000), Sector("Bonds", "AGG", 1))
    assert wrong == "allocation sums to 100.01%, must be 100.00%: take 0.01% away"


@pytest.mark.parametrize("weight", [0, -500])
def test_a_sector_needs_a_weight(weight: int) -> None:
    found = problems(Sector("Stocks", "VOO", 10_000 - weight), Sector("Bonds", "AGG", weight))
    assert found == (WeightNotPositive("Bonds", weight),)


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "two\nlines", "bell\a"])
def test_a_name_fits_on_one_line_of_an_alert(name: str) -> None:
    assert problems(Sector(name, "VOO", 10_000)) == (BadName(name),)


def test_a_name_of_forty_characters_is_fine() -> None:
    assert Allocation((Sector("x" * 40, "VOO", 10_000),)).sectors[0].name == "x" * 40


def test_the_same_symbol_twice_is_refused() -> None:
    assert problems(Sector("A", "VOO", 5_000), Sector("B", "VOO", 5_000)) == (Repeated("symbol", "VOO"),)


def test_names_that_differ_only_in_case_are_the_same_name() -> None:
    (problem,) = problems(Sector("Bonds", "AGG", 5_000), Sector("BONDS", "VOO", 5_000))
    assert isinstance(problem, Repeated)
    assert problem.what == "name"


def test_a_symbol_must_be_written_the_one_way() -> None:
    found = said(Sector("Crypto", "BTCUSD", 10_000))
    assert found == "Crypto: symbol BTCUSD must be written BTC/USD"


def test_a_symbol_that_cannot_be_is_refused() -> None:
    (problem,) = problems(Sector("Stocks", "NOT A FUND", 10_000))
    assert isinstance(problem, BadSymbol)


def test_all_problems_are_told_at_once() -> None:
    kinds = {type(problem) for problem in problems(Sector("", "voo", 0), Sector("B", "AGG", 9_000))}
    assert kinds == {BadName, WeightNotPositive, BadSymbol, WeightsDoNotSum}


@pytest.mark.parametrize(
    ("text", "weight"), [("35%", 3500), (" 12.25% ", 1225), ("0.5%", 50), ("0.05 %", 5), ("100%", 10_000)]
)
def test_a_weight_is_read_exactly(text: str, weight: int) -> None:
    assert parse_weight(text) == weight


@pytest.mark.parametrize("text", ["", "35", "-5%", "12.345%", "5,5%", ".5%", "1e2%", "1000%", "12.%"])
def test_what_is_no_percentage_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like 35% or 12\.25%"):
        parse_weight(text)


@steady
@given(st.integers(0, 99_999))
def test_a_weight_survives_being_written_and_read(weight: int) -> None:
    assert parse_weight(percent(weight)) == weight
    assert parse_weight(hundredths(weight)) == weight


@pytest.mark.parametrize(("weight", "text"), [(200, "2%"), (1250, "12.5%"), (10_000, "100%"), (1, "0.01%")])
def test_a_weight_is_written_without_empty_decimals(weight: int, text: str) -> None:
    assert percent(weight) == text
