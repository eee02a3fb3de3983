"""One sale of a rebalancing: how much of what is asked the rules let be sold, and how they say so."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.account import Asset, Minimums
from core.activities import Activity
from core.allocation import Sector
from core.money import Cents, in_dollars
from core.positions import Position
from core.rebalancing.lots import Realised
from core.rebalancing.plan import HeldBack, Holdings, Sale, Terms
from core.rebalancing.sales import Seller
from tests.unit.properties import steady
from tests.unit.rebalancing.test_lots import TODAY, trade
from tests.unit.rebalancing.test_planning import ASSETS, EXACT, USUAL

STOCKS = Sector("Stocks", "VOO", 10_000)
WHOLE_SHARES = replace(USUAL, assets={"VOO": Asset("VOO", tradable=True, fractionable=False)})
BOUGHT = (trade(400, "10", "8"),)

Outcome = tuple[Sale | None, HeldBack | None]


def holding(quantity: str, value: str | None) -> Position:
    return Position("VOO", Decimal(quantity), None, None, None if value is None else Decimal(value), None)


TEN = holding("10", "100")


def sell(
    cents: Cents,
    *positions: Position,
    activities: tuple[Activity, ...] = BOUGHT,
    open_sells: str = "0",
    terms: Terms = USUAL,
    holding_days: int = 0,
) -> Outcome:
    """Ask for a sale, of ten shares of $10 where nothing else is said to be held."""
    spoken: Mapping[str, Decimal] = {"VOO": Decimal(open_sells)}
    holdings = Holdings(positions or (TEN,), activities, open_sells=spoken)
    return Seller(STOCKS, holdings, terms, holding_days=holding_days, today=TODAY).sell(cents)


def sale(quantity: str, cents: Cents, gain: str) -> Sale:
    return Sale("Stocks", "VOO", Decimal(quantity), cents, Realised(long_term=Decimal(gain)))


def held_back(reason: str) -> HeldBack:
    return HeldBack("Stocks", "VOO", reason)


def test_what_is_asked_is_sold_and_its_gain_estimated() -> None:
    assert sell(25_00) == (sale("2.5", 25_00, "5"), None)


@pytest.mark.parametrize(
    "position",
    [
        replace(TEN, symbol="AGG"),
        holding("10", None),
        holding("0", "100"),
        holding("-10", "100"),
        holding("10", "0"),
        holding("10", "-100"),
    ],
)
def test_what_is_not_held_or_has_no_value_is_skipped_until_its_orders_are_filled(position: Position) -> None:
    assert sell(25_00, position) == (None, held_back("skipped: nothing of it is held yet, its orders are still open"))


def test_a_holding_of_a_single_dollar_can_be_sold() -> None:
    assert sell(1_00, holding("0.1", "1")) == (sale("0.1", 1_00, "0.2"), None)


def test_what_open_orders_have_yet_to_bring_is_not_sold_and_named() -> None:
    reason = "$50 of $150 is not sold: no more of it is held yet, its orders are still open"
    assert sell(150_00) == (sale("10", 100_00, "20"), held_back(reason))
    assert sell(150_00, terms=WHOLE_SHARES) == (sale("10", 100_00, "20"), held_back(reason))


def test_selling_all_of_it_holds_nothing_back_whatever_part_of_a_cent_it_is_worth() -> None:
    assert sell(100_01, holding("10", "100.006"), activities=()) == (
        Sale("Stocks", "VOO", Decimal(10), 100_01, Realised(unknown=Decimal(10))),
        None,
    )


@pytest.mark.parametrize("minimum", [25_00, 24_99])
def test_an_order_of_its_minimum_is_large_enough(minimum: Cents) -> None:
    assert sell(25_00, terms=_dear(minimum)) == (sale("2.5", 25_00, "5"), None)


@pytest.mark.parametrize("assets", [ASSETS, WHOLE_SHARES.assets])
def test_an_order_below_its_minimum_is_skipped_with_its_figures(assets: Mapping[str, Asset]) -> None:
    skipped = held_back("skipped: $20 is below the $20.01 minimum")
    assert sell(20_00, terms=replace(_dear(20_01), assets=assets)) == (None, skipped)


def test_less_than_a_whole_share_of_what_has_no_parts_is_not_sold() -> None:
    reason = "$9.99 of $9.99 is not sold: it is sold in whole shares only"
    assert sell(9_99, terms=WHOLE_SHARES) == (None, held_back(reason))


def test_whole_shares_are_rounded_down() -> None:
    assert sell(28_00, terms=WHOLE_SHARES) == (
        sale("2", 20_00, "4"),
        held_back("$8 of $28 is not sold: it is sold in whole shares only"),
    )


def test_a_part_of_a_share_stays_when_all_of_it_is_to_be_sold() -> None:
    for value, cents in (("105", 105_00), ("105.006", 105_01)):
        _, held = sell(cents, holding("10.5", value), terms=WHOLE_SHARES)
        assert held is not None
        assert held.reason.endswith("is not sold: it is sold in whole shares only")


@pytest.mark.parametrize(
    ("spoken", "quantity", "cents", "reason"),
    [
        ("4", "6", 60_00, None),
        ("4.00004", "5.99996", 60_00, None),  # a part of a cent is nothing to tell
        ("4.001", "5.999", 59_99, "$0.01 of $60 is not sold: open orders sell that much of it"),
        ("9.9", "0.1", 1_00, "$59 of $60 is not sold: open orders sell that much of it"),
    ],
)
def test_what_open_orders_sell_is_not_free(spoken: str, quantity: str, cents: Cents, reason: str | None) -> None:
    found = sale(quantity, cents, str(2 * Decimal(quantity)))
    assert sell(60_00, open_sells=spoken) == (found, None if reason is None else held_back(reason))


@pytest.mark.parametrize("spoken", ["9.91", "10", "11"])
def test_where_open_orders_leave_less_than_the_minimum_nothing_is_sold(spoken: str) -> None:
    reason = "$60 of $60 is not sold: open orders sell that much of it"
    assert sell(60_00, open_sells=spoken) == (None, held_back(reason))


def test_open_orders_sell_the_oldest_shares_first() -> None:
    records = (trade(400, "3", "8"), trade(5, "7", "8"))
    assert sell(60_00, activities=records, open_sells="2", holding_days=30) == (
        sale("1", 10_00, "2"),
        held_back("$50 of $60 is not sold: it was bought within 30 days, or nobody knows when"),
    )


def _dear(minimum: Cents) -> Terms:
    return replace(USUAL, minimums=Minimums(us_equity=minimum, crypto=10_00))


shares = st.decimals("0.000000001", "100000", places=9)


@steady
@given(shares, st.integers(1, 10**7), st.integers(1, 10**7), st.integers(0, 10**4).map(lambda one: Decimal(one) / 7))
def test_never_more_is_sold_than_is_asked_nor_than_is_free_nor_in_smaller_parts_than_alpaca_takes(
    quantity: Decimal, value: Cents, cents: Cents, spoken: Decimal
) -> None:
    position = replace(TEN, quantity=quantity, market_value=in_dollars(value))
    found, held = sell(cents, position, open_sells=str(spoken), terms=EXACT)
    if found is None:
        assert held is not None
        return
    assert 0 < found.quantity <= max(Decimal(0), quantity - spoken)
    assert found.quantity * in_dollars(value) <= in_dollars(cents) * quantity * (1 + Decimal("1e-20"))
    assert found.quantity == round(found.quantity, 9)
    assert found.cents <= min(cents, value)
