"""The owner's limits: what each can be, and when they would let nothing be bought at all."""

import pytest

from core.account import Minimums
from core.limits import NAMES, Change, Limits, as_words, changed, values
from core.reserves import ReserveAmount, ReserveShare
from tests.unit.world import SEVEN

PLAIN = Limits(reserve=10_00, max_per_day=500_00, minimums=Minimums(1_00, 10_00), ask_twice_above=1000_00)


@pytest.mark.parametrize("name", NAMES)
def test_each_limit_is_changed_alone(name: str) -> None:
    after = changed(PLAIN, Change(name, 42_00))
    assert values(after) == {**values(PLAIN), name: "$42"}


@pytest.mark.parametrize("name", ["max", "order", "ask"])
def test_what_is_a_bound_can_be_switched_off(name: str) -> None:
    assert values(changed(PLAIN, Change(name, None)))[name] == "off"


@pytest.mark.parametrize("name", ["reserve", "minimum", "crypto"])
def test_what_is_an_amount_cannot(name: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be switched off\. Write an amount"):
        changed(PLAIN, Change(name, None))


@pytest.mark.parametrize("name", ["max", "ask", "minimum", "crypto"])
def test_nothing_but_the_reserve_can_be_zero(name: str) -> None:
    with pytest.raises(ValueError, match=r"\$0 is too little"):
        changed(PLAIN, Change(name, 0))
    assert changed(PLAIN, Change("reserve", 0)).reserve == 0


def test_the_reserve_can_be_a_share_of_the_account_until_it_is_an_amount_again() -> None:
    shared = changed(PLAIN, Change("reserve", None, 10_00))
    assert (values(shared)["reserve"], shared.kept_back) == ("10% of the account", ReserveShare(10_00))
    assert changed(shared, Change("reserve", 5_00)).kept_back == ReserveAmount(5_00)


def test_no_other_limit_can_be_a_share() -> None:
    with pytest.raises(ValueError, match="Invested a day at most: this cannot be 10%"):
        changed(PLAIN, Change("max", None, 10_00))


def test_an_unknown_limit_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="'most' is no limit: there are reserve, max, order, minimum, crypto, ask"):
        changed(PLAIN, Change("most", 1))


def test_a_day_s_limit_below_what_the_smallest_sector_needs_is_said_with_the_figures() -> None:
    (problem,) = changed(PLAIN, Change("max", 199_99)).problems(SEVEN)
    assert problem == (
        "$199.99 a day is too low: Crypto gets its minimum of $10 only from $200 a day on. Raise it, or switch it off."
    )
    assert changed(PLAIN, Change("max", 200_00)).problems(SEVEN) == ()


def test_no_limit_reads_as_off() -> None:
    assert as_words(None) == "off"
    assert as_words(99_50) == "$99.50"
