"""Sales: told apart from purchases by quantity, never counted as money that went, and known when they show late."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.orders import BrokerOrder, Order, OrderIntent, OrderState, Side, adopted
from core.reconciling.differences import recorded_late, run_of
from core.reconciling.lagging import completed, lagging
from core.runs import LONGEST_CLIENT_ORDER_ID, RunKey
from core.schedule import Routine
from tests.unit.rebalancing_world import SALES, position

SALE = OrderIntent(SALES.client_order_id("VOO", Side.SELL), "Stocks", "VOO", 20_00, Side.SELL, Decimal("0.25"))
AT_BROKER = BrokerOrder(
    "b-1", SALE.client_order_id, "VOO", "sell", None, OrderState.FILLED, Decimal("0.25"), Decimal(80), Decimal("0.25")
)


def sold(quantity: str) -> Order:
    intent = replace(SALE, quantity=Decimal(quantity))
    return Order(intent, OrderState.FILLED, "b-1", Decimal(quantity), Decimal(1))


def test_a_sale_is_ours_when_symbol_side_and_quantity_are() -> None:
    ours = adopted(Order(SALE), AT_BROKER)
    assert (ours.state, ours.filled, ours.committed) == (OrderState.FILLED, 20_00, 0)


@pytest.mark.parametrize(
    "other",
    [
        replace(AT_BROKER, quantity=Decimal("0.26")),
        replace(AT_BROKER, side="buy"),
        replace(AT_BROKER, symbol="AGG"),
        replace(AT_BROKER, quantity=None, notional=20_00),
    ],
)
def test_another_order_under_its_id_is_said_and_left_alone(other: BrokerOrder) -> None:
    found = adopted(Order(SALE), other)
    assert found.state is OrderState.REJECTED
    assert "another order under its id" in (found.reason or "")


def test_an_open_sale_has_not_taken_a_cent() -> None:
    assert Order(SALE, OrderState.ACCEPTED).committed == 0


@pytest.mark.parametrize("routine", [Routine.REBALANCE, Routine.REBUY])
def test_the_longest_ids_fit(routine: Routine) -> None:
    key = RunKey("main", routine, date(2026, 11, 27), 99)
    for symbol in ("ABCDEFGHIJ/USD", "ABCDE.AB"):
        for side in Side:
            assert len(key.client_order_id(symbol, side)) <= LONGEST_CLIENT_ORDER_ID


def test_a_sale_that_the_list_does_not_show_yet_is_taken_out_of_it() -> None:
    listed = (position("VOO", Decimal(70)),)
    missing = lagging(listed, [sold("20")], (), None)
    assert missing == ()  # what was held before is not known: nothing can be told
    bought = Order(OrderIntent("a", "Stocks", "VOO", 70_00), OrderState.FILLED, "b-0", Decimal(70), Decimal(1))
    (one,) = lagging(listed, [bought, sold("20")], (), None)
    assert one.quantity == -20
    (left,) = completed(listed, [one])
    assert (left.quantity, left.market_value, left.cost_basis) == (Decimal(50), Decimal(50), Decimal(25))


def test_a_position_that_was_sold_whole_is_gone() -> None:
    listed = (position("VOO", Decimal(70)),)
    bought = Order(OrderIntent("a", "Stocks", "VOO", 70_00), OrderState.FILLED, "b-0", Decimal(70), Decimal(1))
    assert completed(listed, lagging(listed, [bought, sold("70")], (), None)) == ()


def test_a_sale_that_only_the_broker_knows_belongs_to_its_run() -> None:
    assert run_of(AT_BROKER, "main") == SALES
    late = recorded_late(AT_BROKER, "Stocks")
    assert (late.intent.side, late.intent.quantity, late.filled) == (Side.SELL, Decimal("0.25"), 20_00)
