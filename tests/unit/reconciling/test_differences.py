"""Ledger against broker: what agrees is no difference, and whatever is changed on one side is one, and says so."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.activities import Activity, ActivityKind
from core.messages.reconciliation_messages import explain
from core.orders import BrokerOrder, Order, OrderIntent, OrderState, adopted
from core.positions import Position
from core.reconciling import differences as reconciliation
from core.reconciling.differences import (
    ActivityGone,
    ActivityUnkept,
    HoldingDiffers,
    OrderDiffers,
    OrderGone,
    OrderUnrecorded,
    is_grave,
)
from core.runs import RunKey
from core.schedule import Routine
from tests.unit.histories import coin_fee, day, flow, other, trade
from tests.unit.properties import FUNDS, steady

MONDAY = date(2026, 11, 23)
KEY = RunKey("main", Routine.INVEST, MONDAY)
AT_BROKER = tuple(state for state in OrderState if state.is_open or state.is_final)

quantities = st.decimals(min_value="0.001", max_value="500", places=6)


@st.composite
def at_broker(draw: st.DrawFn) -> list[BrokerOrder]:
    """Draw the orders of some runs, as the broker has them."""
    found: list[BrokerOrder] = []
    for number in range(draw(st.integers(0, 3))):
        key = replace(KEY, number=number)
        for symbol in draw(st.lists(st.sampled_from(FUNDS), unique=True)):
            found.append(  # noqa: PERF401 - a comprehension of draws hides their order
                BrokerOrder(
                    broker_id=f"id-{number}-{symbol}",
                    client_order_id=key.client_order_id(symbol),
                    symbol=symbol,
                    side="buy",
                    notional=draw(st.integers(100, 10**7)),
                    state=draw(st.sampled_from(AT_BROKER[:4])),
                    filled_quantity=draw(quantities),
                    filled_price=draw(quantities),
                )
            )
    return found


def recorded(orders: list[BrokerOrder]) -> list[tuple[RunKey, Order]]:
    """Return them as a ledger has them that heard every answer."""
    return [(key, reconciliation.recorded_late(order, "Sector")) for order in orders if (key := of(order)) is not None]


def of(order: BrokerOrder) -> RunKey | None:
    return reconciliation.run_of(order, "main")


@steady
@given(at_broker())
def test_a_ledger_that_heard_everything_agrees(orders: list[BrokerOrder]) -> None:
    assert all(of(order) is not None for order in orders)
    assert reconciliation.orders(recorded(orders), orders, "main") == ()


@steady
@given(at_broker(), st.data())
def test_what_only_one_side_has_is_named_and_writing_it_down_makes_them_agree(
    orders: list[BrokerOrder], data: st.DataObject
) -> None:
    lost = data.draw(st.sets(st.sampled_from(orders)) if orders else st.just(set()))
    ledger = recorded([order for order in orders if order not in lost])
    differences = reconciliation.orders(ledger, orders, "main")
    assert {one.found for one in differences if isinstance(one, OrderUnrecorded)} == lost
    assert len(differences) == len(lost)
    assert reconciliation.orders([*ledger, *recorded(list(lost))], orders, "main") == ()
    gone = reconciliation.orders(recorded(orders), [order for order in orders if order not in lost], "main")
    assert {one.order.broker_id for one in gone if isinstance(one, OrderGone)} == {one.broker_id for one in lost}
    assert all(is_grave(one) and explain(one) for one in (*differences, *gone))


@steady
@given(at_broker(), quantities, st.data())
def test_another_state_or_fill_is_a_difference_that_the_broker_s_word_mends(
    orders: list[BrokerOrder], quantity: Decimal, data: st.DataObject
) -> None:
    if not orders:
        return
    changed = data.draw(st.sampled_from(orders))
    ledger = [
        (key, replace(order, state=OrderState.UNKNOWN, filled_quantity=quantity + 1000))
        if order.broker_id == changed.broker_id
        else (key, order)
        for key, order in recorded(orders)
    ]
    (difference,) = reconciliation.orders(ledger, orders, "main")
    assert isinstance(difference, OrderDiffers)
    assert not is_grave(difference)
    mended = [(key, difference.becomes if order is difference.order else order) for key, order in ledger]
    assert reconciliation.orders(mended, orders, "main") == ()


def intent(symbol: str = "VOO", cents: int = 8750) -> OrderIntent:
    return OrderIntent(KEY.client_order_id(symbol), "Stocks", symbol, cents)


def filled(symbol: str = "VOO", quantity: str = "0.5", broker_id: str = "b1") -> Order:
    return Order(intent(symbol), OrderState.FILLED, broker_id, Decimal(quantity), Decimal(175))


@pytest.mark.parametrize("state", [OrderState.PLANNED, OrderState.UNKNOWN, OrderState.NOT_SENT, OrderState.REJECTED])
def test_an_order_that_never_reached_the_broker_need_not_be_there(state: OrderState) -> None:
    assert reconciliation.orders([(KEY, Order(intent(), state))], [], "main") == ()


def test_an_order_called_not_sent_that_the_broker_filled_is_grave() -> None:
    found = BrokerOrder("b1", intent().client_order_id, "VOO", "buy", 8750, OrderState.FILLED, Decimal(1), Decimal(87))
    (difference,) = reconciliation.orders([(KEY, Order(intent(), OrderState.NOT_SENT))], [found], "main")
    assert is_grave(difference)
    assert explain(difference) == (
        "Order main-20261123-invest-0-VOO-buy is not sent in the ledger; Alpaca says that it is filled, 1 bought. "
        "--fix writes it down."
    )


def test_another_order_under_our_id_is_a_difference_only_until_it_is_said() -> None:
    found = BrokerOrder("b1", intent().client_order_id, "AGG", "buy", 99, OrderState.FILLED, Decimal(1), Decimal(1))
    (difference,) = reconciliation.orders([(KEY, Order(intent(), OrderState.UNKNOWN))], [found], "main")
    assert isinstance(difference, OrderDiffers)
    assert "the broker holds another order under its id" in explain(difference)
    assert reconciliation.orders([(KEY, adopted(Order(intent()), found))], [found], "main") == ()


@pytest.mark.parametrize(
    "change",
    [
        {"side": "sell"},
        {"notional": None},
        {"symbol": "AGG"},
        {"client_order_id": "main-by-hand"},
        {"client_order_id": "main-20261399-invest-0-VOO-buy"},
    ],
)
def test_an_order_with_our_prefix_that_is_none_of_ours_is_said_and_never_written_down(
    change: dict[str, object],
) -> None:
    plain = BrokerOrder("b1", intent().client_order_id, "VOO", "buy", 8750, OrderState.FILLED, Decimal(1), Decimal(1))
    found = replace(plain, **change)  # type: ignore[arg-type]
    (difference,) = reconciliation.orders([], [found], "main")
    assert difference == OrderUnrecorded(found, None)
    assert "no order that Allocator makes" in explain(difference)


def test_the_orders_of_others_are_not_looked_at() -> None:
    found = BrokerOrder("b1", "mainly-mine", "VOO", "buy", 1, OrderState.FILLED, Decimal(1), Decimal(1))
    assert reconciliation.orders([], [found], "main") == ()


def held(symbol: str, quantity: str | Decimal) -> Position:
    return Position(symbol, Decimal(quantity), None, None, None, None)


@steady
@given(
    st.lists(st.tuples(st.sampled_from(["VOO", "AGG"]), quantities)),
    st.lists(quantities, max_size=3),
    st.booleans(),
)
def test_holdings_agree_whether_a_fill_of_ours_is_an_activity_yet_or_not(
    trades: list[tuple[str, Decimal]], ours: list[Decimal], are_listed: bool
) -> None:
    orders = [filled("VOO", str(quantity), f"b{number}") for number, quantity in enumerate(ours)]
    activities = [trade(MONDAY, symbol, quantity, 100) for symbol, quantity in trades]
    if are_listed:
        activities += [trade(MONDAY, "VOO", one.filled_quantity, 100, one.broker_id) for one in orders]
    sums = {"VOO": sum(ours, Decimal(0)), "AGG": Decimal(0)}
    for symbol, quantity in trades:
        sums[symbol] += quantity
    positions = [held(symbol, quantity) for symbol, quantity in sums.items() if quantity]
    assert reconciliation.holdings(activities, orders, positions) == ()
    more = [*positions, held("AGG", "0.5")]
    assert [one.symbol for one in reconciliation.holdings(activities, orders, more)] == ["AGG"]


def test_a_list_that_lags_our_fill_passes_by_itself() -> None:
    (difference,) = reconciliation.holdings([], [filled()], [])
    assert difference == HoldingDiffers("VOO", Decimal("0.5"), Decimal(0), "Alpaca's list can lag fills by seconds")
    assert not is_grave(difference)


@pytest.mark.parametrize("fee", [None, "0.00125"])
def test_the_fee_of_a_coin_may_be_listed_later(fee: str | None) -> None:
    bought = [trade(MONDAY, "BTC/USD", "0.5", 50000)]
    activities = bought if fee is None else [*bought, coin_fee(MONDAY, "BTC/USD", fee, 50000)]
    assert reconciliation.holdings(activities, [], [held("BTC/USD", "0.49875")]) == ()
    assert reconciliation.holdings(activities, [], [held("BTC/USD", "0.49")]) != ()


def test_a_fund_that_a_corporate_action_touched_is_said_but_not_grave() -> None:
    split = other(ActivityKind.CORPORATE, MONDAY, 0, "VOO", type_="SPLIT")
    (difference,) = reconciliation.holdings([trade(MONDAY, "VOO", 1, 100), split], [], [held("VOO", "2")])
    assert not is_grave(difference)
    assert "cannot reckon with" in explain(difference)


def test_what_nobody_can_explain_is_grave() -> None:
    (difference,) = reconciliation.holdings([trade(MONDAY, "VOO", 1, 100)], [], [held("VOO", "2")])
    assert is_grave(difference)
    assert explain(difference).startswith(
        "Alpaca shows 2 of VOO, and the books add up to 1. Shares may have been moved"
    )


def test_a_deposit_of_today_waits_for_the_report_and_an_old_one_needs_a_hand() -> None:
    kept = [flow(day(23), 100)]
    fresh, old = flow(day(24), 250), replace(flow(day(1), 50), day=date(2026, 9, 1))
    first, second = reconciliation.activities(kept, [*kept, fresh, old])
    assert (first, second) == (ActivityUnkept(fresh, overdue=False), ActivityUnkept(old, overdue=True))
    assert (is_grave(first), is_grave(second)) == (False, True)
    assert explain(first) == (
        "The books do not have a deposit or withdrawal (CSD) of $250 of 2026-11-24 yet. The next report keeps it."
    )


def test_an_activity_that_the_broker_took_back_is_said_unless_it_is_older_than_what_was_read() -> None:
    kept: list[Activity] = [flow(day(20), 100), flow(day(23), 100)]
    assert reconciliation.activities(kept, []) == tuple(map(ActivityGone, kept))
    assert reconciliation.activities(kept, [], since=day(20)) == (ActivityGone(kept[1]),)
