"""Filling with minimums: as near to the target as any set of orders that reach their minimums."""

import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from core.filling import fill
from core.investing import water_fill
from tests.unit.properties import steady

Account = tuple[int, dict[str, int], dict[str, int], dict[str, int]]

keys = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6, unique=True)
accounts = keys.flatmap(
    lambda found: st.tuples(
        st.integers(0, 1_500),
        st.fixed_dictionaries({key: st.integers(-200, 1_500) for key in found}),
        st.fixed_dictionaries({key: st.integers(1, 50) for key in found}),
        st.fixed_dictionaries({key: st.sampled_from([1, 10, 100, 250, 400]) for key in found}),
    )
)


def test_without_minimums_it_is_the_water_fill() -> None:
    values, weights = {"a": 100, "b": 900, "c": 0}, {"a": 2, "b": 3, "c": 5}
    assert fill(700, values, weights, {}).orders == {
        key: share for key, share in water_fill(700, values, weights).items() if share
    }


def test_a_key_too_small_for_its_minimum_waits_and_the_others_share_its_part() -> None:
    filling = fill(100_00, {}, {"VOO": 60, "AGG": 35, "BTC/USD": 5}, {"VOO": 1_00, "AGG": 1_00, "BTC/USD": 10_00})
    assert filling.orders == {"VOO": 63_16, "AGG": 36_84}
    assert (filling.waiting, filling.ideal["BTC/USD"]) == (("BTC/USD",), 5_00)


def test_a_key_above_its_target_is_not_called_waiting() -> None:
    filling = fill(10_00, {"VOO": 500_00}, {"VOO": 50, "AGG": 50}, {"VOO": 1_00, "AGG": 1_00})
    assert (filling.orders, filling.waiting) == ({"AGG": 10_00}, ())


def test_cash_below_every_minimum_orders_nothing_and_everyone_waits() -> None:
    filling = fill(99, {}, {"VOO": 60, "AGG": 40}, {"VOO": 1_00, "AGG": 1_00})
    assert (filling.orders, filling.waiting) == ({}, ("VOO", "AGG"))


def test_the_one_that_is_furthest_below_is_preferred_to_more_orders_that_are_worse() -> None:
    # Only one of them can have its minimum: the plain growth takes k5, the search finds that k1 is nearer.
    values = {"k0": 1049, "k1": 142, "k2": 202, "k3": 457, "k4": 1925, "k5": 144, "k6": 309}
    weights = {"k0": 45, "k1": 46, "k2": 43, "k3": 34, "k4": 9, "k5": 39, "k6": 8}
    least = {"k0": 1, "k1": 191, "k2": 336, "k3": 100, "k4": 100, "k5": 100, "k6": 1}
    assert fill(191, values, weights, least).orders == {"k1": 191}


def test_a_dearer_minimum_that_fits_with_another_is_preferred_to_a_cheaper_one() -> None:
    values, weights = {"a": 1, "b": 17, "c": 12}, {"a": 8, "b": 7, "c": 5}
    assert fill(68, values, weights, {"a": 9, "b": 19, "c": 10}).orders == {"a": 45, "b": 23}


@steady
@given(accounts)
def test_no_other_set_of_waiting_keys_comes_nearer_to_the_target(account: Account) -> None:
    cash, values, weights, _ = account
    filling, best = fill(*account), _least_distance(*account)
    if best is None:
        assert not filling.orders
    else:
        assert _distance(cash, values, weights, _exact(cash, values, weights, tuple(filling.orders))) == best


@steady
@given(accounts)
def test_orders_sum_to_the_cash_and_each_reaches_its_minimum(account: Account) -> None:
    cash, _, _, minimums = account
    orders = fill(*account).orders
    assert sum(orders.values()) in {0, cash}
    assert all(cents >= minimums[key] for key, cents in orders.items())
    assert bool(orders) == (cash >= min(minimums.values()))


@steady
@given(accounts)
def test_the_order_of_the_keys_does_not_matter(account: Account) -> None:
    cash, values, weights, minimums = account
    assert fill(cash, values, dict(reversed(weights.items())), minimums).orders == fill(*account).orders


def test_thirty_sectors_that_nearly_all_wait_are_searched_in_no_time() -> None:
    values = {f"s{number:02}": number * 7919 % 2_003 for number in range(30)}
    weights = {key: 310 + value % 47 for key, value in values.items()}
    minimums = {key: 1_00 + value * 31 % 2_900 for key, value in values.items()}
    assert min(_seconds(90_00, values, weights, minimums) for _ in range(3)) < 0.2


def test_ten_thousand_sectors_take_less_than_a_tenth_of_a_second() -> None:
    values = {f"s{number}": number * 7919 % 1_000_003 for number in range(10_000)}
    weights = {key: 1 + value % 97 for key, value in values.items()}
    minimums = {key: 1_00 if value % 3 else 10_00 for key, value in values.items()}
    # The best of several: what else this machine does is not the function's.
    assert min(_seconds(10**6, values, weights, minimums) for _ in range(5)) < 0.1


def _seconds(cash: int, values: Mapping[str, int], weights: Mapping[str, int], minimums: Mapping[str, int]) -> float:
    began = time.thread_time()
    fill(cash, values, weights, minimums)
    return time.thread_time() - began


def _exact(
    cash: int, values: Mapping[str, int], weights: Mapping[str, int], chosen: Sequence[str]
) -> dict[str, Fraction]:
    """Return the exact shares of the chosen keys, the lowest raised together."""
    content, width = Fraction(cash), 0
    for key in sorted(chosen, key=lambda one: Fraction(values[one], weights[one])):
        if width and values[key] * width >= content * weights[key]:
            break
        content, width = content + values[key], width + weights[key]
    return {key: max(Fraction(0), content / width * weights[key] - values[key]) for key in chosen}


def _distance(
    cash: int, values: Mapping[str, int], weights: Mapping[str, int], shares: Mapping[str, Fraction]
) -> Fraction:
    level = Fraction(cash + sum(values.values()), sum(weights.values()))
    return sum(
        ((values[key] + shares.get(key, 0) - level * weights[key]) ** 2 / weights[key] for key in weights), Fraction(0)
    )


def _least_distance(
    cash: int, values: Mapping[str, int], weights: Mapping[str, int], minimums: Mapping[str, int]
) -> Fraction | None:
    """Return the least distance of all sets of keys, by trying every one of them."""
    found = []
    for size in range(1, len(weights) + 1):
        for chosen in combinations(weights, size):
            shares = _exact(cash, values, weights, chosen)
            if cash and all(not share or share >= minimums[key] for key, share in shares.items()):
                found.append(_distance(cash, values, weights, shares))
    return min(found, default=None)
