"""The reserve in dollars, or as a share of the account."""

from decimal import Decimal

import pytest

from core.reporting.measures import NotMeasurable
from core.reserves import Reserve, ReserveAmount, ReserveShare, in_cents


@pytest.mark.parametrize(
    ("reserve", "equity", "cents"),
    [
        (ReserveAmount(25_00), None, 25_00),
        (ReserveShare(500), Decimal(10000), 500_00),
        (ReserveShare(500), Decimal("10000.01"), 500_01),  # a part of a cent is kept back whole
        (ReserveShare(500), Decimal(-3), 0),
    ],
)
def test_what_is_kept_back_comes_in_cents(reserve: Reserve, equity: Decimal | None, cents: int) -> None:
    assert in_cents(reserve, equity) == cents


def test_a_share_of_an_unknown_account_is_not_guessed() -> None:
    reason = "the account's value, of which the reserve is a share, is not known"
    assert in_cents(ReserveShare(1), None) == NotMeasurable(reason)


def test_a_share_is_anything_from_nothing_to_the_whole() -> None:
    assert in_cents(ReserveShare(0), None) == 0
    assert in_cents(ReserveShare(10_000), Decimal("99.99")) == 99_99


@pytest.mark.parametrize("weight", [-1, 10_001])
def test_a_share_beyond_the_whole_is_refused(weight: int) -> None:
    with pytest.raises(ValueError, match="from 0% to 100%"):
        ReserveShare(weight)


def test_an_amount_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        ReserveAmount(-1)
