"""Runs: their ids, their states, and the cash they leave."""

from datetime import date
from decimal import Decimal

import pytest

from core.orders import Order, OrderIntent, OrderState
from core.runs import Run, RunKey, RunState
from core.schedule import Routine

KEY = RunKey("main", Routine.INVEST, date(2026, 11, 27))


def order(symbol: str, cents: int, state: OrderState, bought: str = "0") -> Order:
    intent = OrderIntent(KEY.client_order_id(symbol), symbol, symbol, cents)
    return Order(intent, state, filled_quantity=Decimal(bought), filled_price=Decimal(1))


def test_an_id_names_account_day_routine_number_symbol_and_side() -> None:
    assert KEY.client_order_id("BTC/USD") == "main-20261127-invest-0-BTCUSD-buy"
    later = RunKey("main", Routine.INVEST, date(2026, 11, 27), number=2)
    assert later.client_order_id("VOO") == "main-20261127-invest-2-VOO-buy"


def test_the_same_intent_always_has_the_same_id() -> None:
    again = RunKey("main", Routine.INVEST, date(2026, 11, 27))
    assert again.client_order_id("VOO") == KEY.client_order_id("VOO")


def test_an_id_of_forty_eight_characters_is_the_longest() -> None:
    longest = "a" * (48 - len(KEY.client_order_id("VOO")) + len("main"))
    assert len(RunKey(longest, Routine.INVEST, KEY.day).client_order_id("VOO")) == 48
    with pytest.raises(ValueError, match="longer than 48 characters"):
        RunKey(f"{longest}a", Routine.INVEST, KEY.day).client_order_id("VOO")


def test_a_run_ends_done_skipped_missed_or_failed() -> None:
    assert [state.value for state in RunState if state.is_final] == ["done", "skipped", "missed", "failed"]


def test_cash_that_was_spent_or_may_still_be_is_not_left() -> None:
    orders = (
        order("VOO", 50_00, OrderState.FILLED, bought="49.90"),
        order("IJH", 30_00, OrderState.PARTIALLY_FILLED, bought="10"),
        order("AGG", 20_00, OrderState.REJECTED),
    )
    assert Run(KEY, RunState.DONE, 100_00, None, orders).cash_left == 20_10


def test_cash_left_is_never_below_nothing() -> None:
    orders = (order("VOO", 50_00, OrderState.FILLED, bought="50.01"),)
    assert Run(KEY, RunState.DONE, 50_00, None, orders).cash_left == 0


def test_orders_are_picked_by_state_in_their_order() -> None:
    first, second = order("VOO", 1, OrderState.FILLED), order("IJH", 1, OrderState.UNKNOWN)
    run = Run(KEY, RunState.SUBMITTING, 2, None, (first, second))
    assert run.of(OrderState.UNKNOWN, OrderState.FILLED) == (first, second)
    assert run.of(OrderState.UNKNOWN) == (second,)
