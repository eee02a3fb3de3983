"""Money: sharing it out without losing a cent, rounding it, and writing it."""

import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import apportion, as_text, floor_to_cents, in_dollars, round_to_cents
from tests.unit.properties import steady, weights

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "apportion.json"

SIX = {"VOO": 3500, "IJH": 500, "IJR": 200, "IXUS": 1800, "ISTB": 1200, "AGG": 2800}
SEVEN = SIX | {"AGG": 2300, "BTC/USD": 500}
CENSUS_OF_1790 = {
    "VA": 630560,
    "MA": 475327,
    "PA": 432879,
    "NC": 353523,
    "NY": 331589,
    "MD": 278514,
    "CT": 236841,
    "SC": 206236,
    "NJ": 179570,
    "NH": 141822,
    "VT": 85533,
    "GA": 70835,
    "KY": 68705,
    "RI": 68446,
    "DE": 55540,
}


def test_the_sample_alert_of_the_original_is_shared_out_as_it_says() -> None:
    shares = apportion(100_00, SEVEN)
    assert shares == {
        "VOO": 35_00,
        "IJH": 5_00,
        "IJR": 2_00,
        "IXUS": 18_00,
        "ISTB": 12_00,
        "AGG": 23_00,
        "BTC/USD": 5_00,
    }


def test_odd_cents_go_to_the_largest_remainders() -> None:
    shares = apportion(73_77, SIX)
    assert shares == {"VOO": 25_82, "IJH": 3_69, "IJR": 1_47, "IXUS": 13_28, "ISTB": 8_85, "AGG": 20_66}


def test_the_house_of_1790_is_apportioned_as_hamilton_did() -> None:
    seats = [11, 8, 7, 6, 6, 5, 4, 3, 3, 2, 1, 1, 1, 1, 1]
    assert apportion(60, CENSUS_OF_1790) == dict(zip(CENSUS_OF_1790, seats, strict=True))


def test_equal_parts_differ_by_one_cent_and_ties_go_by_key() -> None:
    assert apportion(33_34, {"d": 1, "b": 1, "a": 1, "c": 1}) == {"a": 8_34, "b": 8_34, "c": 8_33, "d": 8_33}


@pytest.mark.skipif(not VECTORS.is_file(), reason="the shared vectors are not beside this repository")
def test_the_shared_vectors_pass() -> None:
    for vector in json.loads(VECTORS.read_text(encoding="utf-8")):
        check(vector["given"], vector["expect"])


def check(given_: dict[str, Any], expected: dict[str, Any]) -> None:
    if "seats" in given_:
        assert apportion(given_["seats"], given_["populations"]) == expected
        return
    total = floor_to_cents(Decimal(given_["cash"]))
    if "parts" in given_:
        shares = apportion(total, {str(part): 1 for part in range(given_["parts"])})
        assert Counter(str(in_dollars(share)) for share in shares.values()) == expected
        return
    shares = apportion(total, given_["weights_bp"])
    assert {symbol: str(in_dollars(share)) for symbol, share in shares.items()} == expected


@steady
@given(st.integers(0, 10**12), weights)
def test_shares_always_sum_to_the_total(total: int, by: dict[str, int]) -> None:
    shares = apportion(total, by)
    assert sum(shares.values()) == total
    assert set(shares) == set(by)


@steady
@given(st.integers(0, 10**12), weights)
def test_every_share_is_within_one_of_the_exact_one(total: int, by: dict[str, int]) -> None:
    whole = sum(by.values())
    for key, share in apportion(total, by).items():
        assert abs(share - Fraction(total * by[key], whole)) < 1


@steady
@given(st.integers(0, 10**6), weights, st.randoms(use_true_random=False))
def test_the_order_of_the_weights_does_not_matter(total: int, by: dict[str, int], chance: Random) -> None:
    keys = list(by)
    chance.shuffle(keys)
    assert apportion(total, {key: by[key] for key in keys}) == apportion(total, by)


@steady
@given(st.integers(0, 1000), st.sets(st.text("ABC", min_size=1, max_size=3), min_size=1, max_size=9))
def test_among_equal_weights_the_first_keys_get_the_odd_cents(total: int, keys: set[str]) -> None:
    shares = apportion(total, dict.fromkeys(keys, 7))
    in_order = [shares[key] for key in sorted(keys)]
    assert in_order == sorted(in_order, reverse=True)


@pytest.mark.parametrize(("total", "by"), [(-1, {"VOO": 1}), (1, {}), (1, {"VOO": 0}), (1, {"VOO": 3, "AGG": -1})])
def test_what_cannot_be_shared_out_is_refused(total: int, by: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot share out"):
        apportion(total, by)


@pytest.mark.parametrize(("dollars", "cents"), [("0.009", 0), ("1.999", 1_99), ("-0.019", -1), ("250", 250_00)])
def test_a_part_of_a_cent_is_never_counted_as_there(dollars: str, cents: int) -> None:
    assert floor_to_cents(Decimal(dollars)) == cents


@pytest.mark.parametrize(("dollars", "cents"), [("0.004", 0), ("0.005", 1), ("34.994999", 34_99), ("-0.005", -1)])
def test_halves_of_a_cent_round_away_from_zero(dollars: str, cents: int) -> None:
    assert round_to_cents(Decimal(dollars)) == cents


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "$0"), (35_00, "$35"), (49_99, "$49.99"), (5, "$0.05"), (12_10, "$12.10"), (-3_50, "-$3.50"), (-7_00, "-$7")],
)
def test_cents_are_written_only_where_there_are_any(cents: int, text: str) -> None:
    assert as_text(cents) == text


@steady
@given(st.integers(-(10**12), 10**12))
def test_what_is_written_names_the_very_amount(cents: int) -> None:
    assert Decimal(as_text(cents).replace("$", "")) * 100 == cents
    assert in_dollars(cents) * 100 == cents
