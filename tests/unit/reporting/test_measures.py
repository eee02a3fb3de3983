"""Measures: each return by its own formula, and a reason where there is none."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reporting.measures import (
    Measure,
    NotMeasurable,
    annualised,
    chained,
    money_weighted,
    price_return,
    time_weighted,
)
from tests.unit.histories import day
from tests.unit.properties import steady

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "returns.json"

EXCEL = [
    (date(2008, 1, 1), "-10000"),
    (date(2008, 3, 1), "2750"),
    (date(2008, 10, 30), "4250"),
    (date(2009, 2, 15), "3250"),
    (date(2009, 4, 1), "2750"),
]

EXCELS_OWN_ERROR = Decimal("1e-8")
"""Excel's XIRR stops within 0.000001 percent."""

dollars = st.integers(1, 10**8).map(lambda cents: Decimal(cents) / 100)


def rounded(measure: Measure, digits: int = 9) -> Decimal:
    assert isinstance(measure, Decimal), measure
    return round(measure, digits)


def purse(*flows: tuple[date, str | int]) -> list[tuple[date, Decimal]]:
    return [(on, Decimal(amount)) for on, amount in flows]


def test_the_price_return_is_the_gain_over_the_cost_basis() -> None:
    assert rounded(price_return(Decimal("182.80"), Decimal("174.30")), 4) == Decimal("-0.0465")


def test_the_money_weighted_return_is_excels() -> None:
    assert abs(rounded(money_weighted(purse(*EXCEL))) - Decimal("0.373362535")) < EXCELS_OWN_ERROR


def test_the_time_weighted_return_chains_sub_periods() -> None:
    assert chained([(Decimal(100), Decimal(105)), (Decimal(200), Decimal(220))]) == Decimal("0.155")


def test_the_same_two_periods_as_days_with_a_deposit_between() -> None:
    values = [(day(16), Decimal(100)), (day(17), Decimal(105)), (day(18), Decimal(220))]
    assert time_weighted(values, [(day(18), Decimal(95))]) == Decimal("0.155")


@pytest.mark.skipif(not VECTORS.is_file(), reason="the shared vectors are not beside this repository")
def test_the_shared_vectors_pass() -> None:
    for vector in json.loads(VECTORS.read_text(encoding="utf-8")):
        given_, expected = vector["given"], vector["expect"]
        if "flows" in given_ or "sub_periods" in given_ or "cost" in given_:
            found = rounded(measured(given_), -int(Decimal(expected).as_tuple().exponent))
            assert abs(found - Decimal(expected)) < (EXCELS_OWN_ERROR if "flows" in given_ else Decimal("1e-20"))


def measured(given_: dict[str, Any]) -> Measure:
    if "flows" in given_:
        return money_weighted([(date.fromisoformat(on), Decimal(amount)) for on, amount in given_["flows"]])
    if "sub_periods" in given_:
        return chained([(Decimal(begin), Decimal(end)) for begin, end in given_["sub_periods"]])
    return price_return(Decimal(given_["cost"]), Decimal(given_["value"]))


@pytest.mark.parametrize(
    ("cost", "value", "reason"),
    [
        (None, "10", "its cost basis is not known"),
        ("10", None, "its value is not known"),
        ("0", "10", "its cost basis is zero"),
        ("-3", "10", "its cost basis is negative"),
    ],
)
def test_without_a_cost_or_a_value_there_is_no_price_return(cost: str | None, value: str | None, reason: str) -> None:
    found = price_return(None if cost is None else Decimal(cost), None if value is None else Decimal(value))
    assert found == NotMeasurable(reason)
    assert str(found) == f"not yet measurable: {reason}"


def test_a_flow_on_a_day_without_a_value_counts_at_the_start_of_the_next() -> None:
    friday, monday = (day(20), Decimal(100)), (day(23), Decimal(220))
    on_saturday = time_weighted([friday, monday], [(day(21), Decimal(100))])
    assert on_saturday == time_weighted([friday, monday], [(day(23), Decimal(100))]) == Decimal("0.1")


def test_flows_of_the_first_day_and_after_the_last_are_not_in_between() -> None:
    values = [(day(16), Decimal(100)), (day(17), Decimal(110))]
    assert time_weighted(values, [(day(16), Decimal(50)), (day(18), Decimal(-70))]) == Decimal("0.1")


def test_an_empty_account_that_is_filled_is_measured_from_the_deposit() -> None:
    values = [(day(16), Decimal(0)), (day(17), Decimal(0)), (day(18), Decimal(101))]
    assert time_weighted(values, [(day(18), Decimal(100))]) == Decimal("0.01")


@pytest.mark.parametrize(("withdrawn", "left"), [("95", "0"), ("94.60", "0.40"), ("105", "0")])
def test_taking_everything_out_is_not_a_loss_of_everything(withdrawn: str, left: str) -> None:
    out = Decimal(withdrawn)
    values = [(day(16), Decimal(100)), (day(17), Decimal(left))]
    assert time_weighted(values, [(day(17), -out)]) == (out + Decimal(left)) / 100 - 1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["0", "5"], "the account was empty at the start of a day at whose end it was not"),
        (["-5", "5"], "the account was worth less than nothing at the start of a day"),
        (["5"], "there is not yet a day's end to measure from"),
    ],
)
def test_there_is_no_return_on_an_empty_or_negative_base(values: list[str], reason: str) -> None:
    days = [(day(16 + place), Decimal(value)) for place, value in enumerate(values)]
    assert time_weighted(days, []) == NotMeasurable(reason)


@steady
@given(dollars, st.integers(2, 9))
def test_a_value_that_stays_has_returned_nothing(value: Decimal, days: int) -> None:
    assert time_weighted([(day(1 + place), value) for place in range(days)], []) == 0


@steady
@given(st.lists(dollars, min_size=2, max_size=9), st.lists(dollars, min_size=9, max_size=9))
def test_deposits_that_nothing_happens_to_leave_the_return_alone(values: list[Decimal], flows: list[Decimal]) -> None:
    """The market moves by these values' ratios; deposits at the start of a day only scale what it moves."""
    with_flows = [(day(1), values[0])]
    moved = []
    for place in range(1, len(values)):
        on, ratio = day(1 + place), values[place] / values[place - 1]
        with_flows.append((on, (with_flows[-1][1] + flows[place]) * ratio))
        moved.append((on, flows[place]))
    without = time_weighted([(day(1 + place), value) for place, value in enumerate(values)], [])
    assert rounded(time_weighted(with_flows, moved), 6) == rounded(without, 6)


@steady
@given(dollars, st.integers(-90, 300), st.integers(1, 364))
def test_under_a_year_nothing_is_annualised(value: Decimal, percent: int, days: int) -> None:
    end = value * (100 + percent) / 100
    found = money_weighted([(day(1), -value), (day(1) + timedelta(days), end)])
    assert rounded(found, 7) == Decimal(percent) / 100


@steady
@given(dollars, st.integers(-90, 300), st.integers(365, 4000))
def test_from_a_year_on_the_money_weighted_return_is_a_years(value: Decimal, percent: int, days: int) -> None:
    growth = Decimal(100 + percent) / 100
    found = money_weighted([(day(1), -value), (day(1) + timedelta(days), value * growth)])
    assert abs(rounded(found) - rounded(annualised(growth - 1, days))) <= Decimal("1e-8")


@pytest.mark.parametrize(
    ("flows", "reason"),
    [
        ([], "it takes at least two flows of money, and there are none"),
        ([(day(16), "-100")], "it takes at least two flows of money, and there is one"),
        ([(day(16), "-100"), (day(17), "0")], "it takes at least two flows of money, and there is one"),
        ([(day(16), "-100"), (day(17), "-5")], "all flows of money go the same way"),
        ([(day(16), "-100"), (day(16), "101")], "all flows of money are of one day"),
        (
            [(day(16), "100"), (day(17), "-250"), (day(18), "200")],
            "no single rate of return explains its flows of money",
        ),
    ],
)
def test_flows_that_tell_no_rate_say_why(flows: list[tuple[date, str]], reason: str) -> None:
    assert money_weighted(purse(*flows)) == NotMeasurable(reason)


def test_no_return_is_annualised_under_a_year() -> None:
    assert annualised(Decimal("0.1"), 364) == NotMeasurable(
        "a return is given for a year only after 365 days, and these are 364"
    )
    assert annualised(Decimal("0.1"), 365) == Decimal("0.1")
    assert annualised(Decimal("0.21"), 730) == Decimal("0.1")
    assert annualised(Decimal("-1.5"), 730) == NotMeasurable("more than everything was lost")


def test_what_is_not_measurable_is_not_annualised_either() -> None:
    why = NotMeasurable("its value is not known")
    assert annualised(why, 900) == why
