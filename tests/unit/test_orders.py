"""Orders: what the broker's answers make of them."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.orders import (
    Accepted,
    BrokerOrder,
    NotSent,
    Order,
    OrderIntent,
    OrderState,
    Rejected,
    Submission,
    TurnedAway,
    Unknown,
    adopted,
    after,
)

INTENT = OrderIntent("main-20261127-invest-0-VOO-buy", "Domestic Large Cap", "VOO", 35_00)
PLANNED = Order(INTENT)
HELD = BrokerOrder(
    "b-1",
    INTENT.client_order_id,
    "VOO",
    "buy",
    35_00,
    OrderState.ACCEPTED,
    filled_quantity=Decimal(0),
    filled_price=None,
)
FILLED = replace(HELD, state=OrderState.FILLED, filled_quantity=Decimal("0.063636"), filled_price=Decimal("550.0"))


def test_an_accepted_order_is_open_under_the_broker_s_id() -> None:
    order = after(PLANNED, Accepted(HELD))
    assert (order.state, order.broker_id, order.reason) == (OrderState.ACCEPTED, "b-1", None)
    assert order.state.is_open


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Rejected("too small"), OrderState.REJECTED),
        (Unknown("too small"), OrderState.UNKNOWN),
        (NotSent("too small"), OrderState.NOT_SENT),
    ],
)
def test_every_other_answer_keeps_its_reason(answer: Submission, state: OrderState) -> None:
    assert after(PLANNED, answer) == replace(PLANNED, state=state, reason="too small")


@pytest.mark.parametrize("order", [PLANNED, after(PLANNED, Unknown("no answer in time"))])
def test_an_order_that_is_turned_away_is_as_it_was(order: Order) -> None:
    assert after(order, TurnedAway(60)) == order


def test_an_order_that_is_found_after_all_loses_its_doubt() -> None:
    doubtful = after(PLANNED, Unknown("no answer in time"))
    assert after(doubtful, Accepted(HELD)) == after(PLANNED, Accepted(HELD))


def test_what_was_bought_is_quantity_times_price_to_the_nearest_cent() -> None:
    order = adopted(PLANNED, FILLED)
    assert (order.state, order.filled) == (OrderState.FILLED, 35_00)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(FILLED, symbol="IJH"), "buy $35 of IJH"),
        (replace(FILLED, side="sell"), "sell $35 of VOO"),
        (replace(FILLED, notional=35_01), "buy $35.01 of VOO"),
        (replace(FILLED, notional=None), "buy an amount of shares of VOO"),
    ],
)
def test_an_order_that_is_not_the_one_we_meant_is_said_and_not_counted(found: BrokerOrder, said: str) -> None:
    order = adopted(PLANNED, found)
    assert order.state is OrderState.REJECTED
    assert order.reason == f"the broker holds another order under its id ({said})"
    assert (order.filled, order.broker_id) == (0, "b-1")


@pytest.mark.parametrize("state", list(OrderState))
def test_a_state_is_open_final_or_in_doubt(state: OrderState) -> None:
    in_doubt = state in {OrderState.PLANNED, OrderState.UNKNOWN}
    assert [state.is_open, state.is_final, in_doubt].count(True) == 1


@pytest.mark.parametrize(
    "state", [OrderState.PLANNED, OrderState.UNKNOWN, OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED]
)
def test_an_order_that_may_still_buy_commits_all_it_may_cost(state: OrderState) -> None:
    assert replace(adopted(PLANNED, FILLED), state=state, filled_quantity=Decimal("0.02")).committed == 35_00


@pytest.mark.parametrize("state", [OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED, OrderState.NOT_SENT])
def test_an_order_that_is_over_commits_only_what_it_bought(state: OrderState) -> None:
    partly = replace(FILLED, filled_quantity=Decimal("0.02"))
    assert replace(adopted(PLANNED, partly), state=state).committed == 11_00
    assert replace(PLANNED, state=state).committed == 0
