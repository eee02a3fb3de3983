"""A position list that lags: what is missing, and the list with it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.activities import ActivityKind
from core.orders import Order, OrderIntent, OrderState
from core.reconciling.lagging import Missing, completed, lagging
from tests.unit.histories import Number, coin_fee, day, holding, other, position, snapshot, trade
from tests.unit.properties import steady

YESTERDAY, TODAY = day(19), day(20)

BEFORE = snapshot(YESTERDAY, 0, holding("VOO", 10, 1000, 1000), holding("BTC/USD", 1, 100, 100))


def order(symbol: str, quantity: Number, price: Number | None) -> Order:
    intent = OrderIntent(f"id of {symbol}", symbol, symbol, 100_00)
    at = None if price is None else Decimal(price)
    return Order(intent, OrderState.FILLED, f"broker's {symbol}", Decimal(quantity), at)


def test_a_list_that_shows_every_fill_lacks_nothing() -> None:
    assert lagging([position("VOO", 11, 1100, 1100)], [order("VOO", 1, 100)], [], BEFORE) == ()


def test_a_fill_that_does_not_show_yet_is_missing() -> None:
    found = lagging([position("VOO", 10, 1000, 1000)], [order("VOO", 1, 100)], [], BEFORE)
    assert found == (Missing("VOO", Decimal(1), Decimal(100)),)


def test_a_part_of_a_fill_can_be_missing() -> None:
    found = lagging([position("VOO", "10.75", 1075, 1075)], [order("VOO", 1, 100)], [], BEFORE)
    assert [one.quantity for one in found] == [Decimal("0.25")]


def test_the_first_purchase_of_all_is_missing_from_an_empty_list() -> None:
    orders = [order("VOO", 1, 100), order("VOO", 3, 120)]
    assert lagging([], orders, [], None) == (Missing("VOO", Decimal(4), Decimal(115)),)


def test_an_order_that_was_not_filled_is_not_waited_for() -> None:
    assert lagging([], [order("VOO", 0, None)], [], None) == ()


def test_the_fee_of_a_coin_is_not_a_lag() -> None:
    shown = position("BTC/USD", "1.9975", 199, 200)
    assert lagging([shown], [order("BTC/USD", 1, 100)], [], BEFORE) == ()
    listed = [trade(TODAY, "BTC/USD", 1, 100, "broker's BTC/USD"), coin_fee(TODAY, "BTC/USD", "0.0025", 100)]
    assert lagging([shown], [order("BTC/USD", 1, 100)], listed, BEFORE) == ()


def test_a_coin_that_does_not_show_yet_is_missing_without_its_fee() -> None:
    fee = coin_fee(TODAY, "BTC/USD", "0.0025", 100)
    found = lagging([position("BTC/USD", 1, 100, 100)], [order("BTC/USD", 1, 100)], [fee], BEFORE)
    assert found == (Missing("BTC/USD", Decimal("0.9975"), Decimal(100)),)


def test_the_fills_of_our_own_orders_among_the_activities_do_not_count_twice() -> None:
    listed = [trade(TODAY, "VOO", 1, 100, "broker's VOO")]
    assert lagging([position("VOO", 11, 1100, 1100)], [order("VOO", 1, 100)], listed, BEFORE) == ()


@pytest.mark.parametrize("sold_on", [YESTERDAY, TODAY], ids=["after yesterday's report", "today"])
@pytest.mark.parametrize("left", [3, 0])
def test_a_sale_by_hand_is_not_a_lag(sold_on: object, left: int) -> None:
    on = YESTERDAY if sold_on == YESTERDAY else TODAY
    sold = trade(on, "VOO", left - 11, 100, "by hand")
    shown = [position("VOO", left, left * 100, left * 100)] if left else []
    assert lagging(shown, [order("VOO", 1, 100)], [sold], BEFORE) == ()


def test_a_sale_before_the_last_snapshot_is_in_it_already() -> None:
    sold = trade(day(18), "VOO", -5, 100, "by hand")
    shown = [position("VOO", 10, 1000, 1000)]
    assert [one.quantity for one in lagging(shown, [order("VOO", 1, 100)], [sold], BEFORE)] == [1]
    made_up = replace(BEFORE, reconstructed=True)
    sold_that_day = trade(YESTERDAY, "VOO", -5, 100, "by hand")
    assert [one.quantity for one in lagging(shown, [order("VOO", 1, 100)], [sold_that_day], made_up)] == [1]


def test_no_more_is_missing_than_our_own_orders_bought() -> None:
    found = lagging([], [order("VOO", 1, 100)], [], BEFORE)
    assert [one.quantity for one in found] == [1]


@pytest.mark.parametrize("kind", [ActivityKind.CORPORATE, ActivityKind.UNKNOWN])
def test_a_symbol_that_was_reorganised_is_not_judged(kind: ActivityKind) -> None:
    activities = [other(kind, TODAY, 0, "VOO", quantity=-9)]
    assert lagging([position("VOO", 1, 100, 100)], [order("VOO", 1, 100)], activities, BEFORE) == ()


def test_what_is_missing_is_added_at_its_cost_and_at_todays_price() -> None:
    listed = position("VOO", 10, 900, 1000)
    (found,) = completed([listed], [Missing("VOO", Decimal(2), Decimal(95))])
    assert found == replace(listed, quantity=Decimal(12), cost_basis=Decimal(1090), market_value=Decimal(1200))


def test_a_new_symbol_is_valued_at_its_fills_and_without_a_change_of_today() -> None:
    found = completed([position("VOO", 10, 900, 1000)], [Missing("AGG", Decimal(2), Decimal(95))])
    assert [one.symbol for one in found] == ["VOO", "AGG"]
    assert found[1].cost_basis == found[1].market_value == 190
    assert found[1].change_today is None


def test_what_the_broker_did_not_tell_stays_unknown() -> None:
    (found,) = completed([position("VOO", 10, None, None)], [Missing("VOO", Decimal(2), Decimal(95))])
    assert (found.quantity, found.cost_basis, found.market_value) == (Decimal(12), None, None)


@steady
@given(
    st.decimals(0, 1000, places=6),
    st.decimals("0.00001", 1000, places=6),
    st.decimals(0, 1, places=3),
    st.sampled_from(["VOO", "ETH/USD"]),
)
def test_a_completed_list_lacks_nothing_any_more(
    before: Decimal, bought: Decimal, arrived: Decimal, symbol: str
) -> None:
    earlier = snapshot(YESTERDAY, 0, holding(symbol, before, 1, 1))
    shown = before + bought * arrived
    positions = [position(symbol, shown, 1, 1)] if shown else []
    missing = lagging(positions, [order(symbol, bought, 5)], [], earlier)
    after = completed(positions, missing)
    assert lagging(after, [order(symbol, bought, 5)], [], earlier) == ()
    assert sum(one.quantity for one in after) <= before + bought
