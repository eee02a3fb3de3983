"""Lots by first in, first out: how old what is held is, and what selling it realises."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.activities import Activity, ActivityKind
from core.orders import Order, OrderIntent, OrderState
from core.positions import Position
from core.rebalancing.lots import Lot, Lots, Realised, disagreement, open_lots, realise, unexplained, with_fills
from tests.unit.properties import steady

TODAY = date(2026, 11, 20)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def trade(days: int, quantity: str, price: str, symbol: str = "VOO", order: str | None = None) -> Activity:
    many, each = Decimal(quantity), Decimal(price)
    identity = f"{days}-{quantity}-{price}"
    return Activity(identity, "FILL", ActivityKind.TRADE, ago(days), -many * each, symbol, many, each, order)


def other(
    kind: ActivityKind, quantity: str, amount: str = "0", symbol: str = "VOO", *, days: int = 5, word: str = "XYZ"
) -> Activity:
    return Activity(f"{kind}-{days}", word, kind, ago(days), Decimal(amount), symbol, Decimal(quantity))


def holding(quantity: str, cost: str | None, symbol: str = "VOO") -> Position:
    return Position(symbol, Decimal(quantity), None if cost is None else Decimal(cost), None, None, None)


def test_sales_take_the_oldest_first() -> None:
    found = open_lots("VOO", [trade(500, "2", "100"), trade(100, "3", "120"), trade(10, "-4", "130")])
    assert found.lots == (Lot(ago(100), Decimal(1), Decimal(120)),)


def test_a_sale_is_split_into_long_and_short_term() -> None:
    found = open_lots("VOO", [trade(366, "1", "100"), trade(365, "1", "200"), trade(1, "1", "150")])
    gained = realise(found, Decimal("2.5"), Decimal(150), TODAY)
    assert gained == Realised(short_term=Decimal(-50), long_term=Decimal(50), losses=Decimal(50))
    assert gained.total == 0


@pytest.mark.parametrize(
    ("bought", "first"),
    [
        (date(2027, 3, 1), date(2028, 3, 2)),
        (date(2025, 11, 19), date(2026, 11, 20)),
        (date(2028, 2, 28), date(2029, 3, 1)),
        (date(2028, 2, 29), date(2029, 3, 1)),
        (date(2027, 2, 28), date(2028, 3, 1)),
        (date(2026, 12, 31), date(2028, 1, 1)),
    ],
)
def test_long_term_begins_a_year_after_the_day_after_the_purchase(bought: date, first: date) -> None:
    held = Lots("VOO", (Lot(bought, Decimal(1), Decimal(100)),))
    days = (first - timedelta(days=1), first)
    assert [realise(held, Decimal(1), Decimal(150), day).long_term for day in days] == [0, 50]


def test_what_is_sold_beyond_the_records_has_an_unknown_gain() -> None:
    found = open_lots("VOO", [trade(10, "1", "100")])
    assert realise(found, Decimal(3), Decimal(110), TODAY) == Realised(short_term=Decimal(10), unknown=Decimal(2))


def test_what_was_bought_within_some_days_is_told_from_the_rest() -> None:
    found = open_lots("VOO", [trade(31, "1", "100"), trade(30, "2", "100"), trade(0, "4", "100")])
    assert [found.older_than(days, TODAY) for days in (30, 0)] == [Decimal(1), Decimal(7)]


def test_a_split_keeps_the_day_and_the_whole_cost_of_each_lot() -> None:
    found = open_lots(
        "VOO", [trade(400, "1", "100"), trade(20, "2", "140"), other(ActivityKind.CORPORATE, "3", word="SPLIT")]
    )
    assert found == Lots("VOO", (Lot(ago(400), Decimal(2), Decimal(50)), Lot(ago(20), Decimal(4), Decimal(70))))


def test_shares_that_were_transferred_in_are_no_split_of_those_that_were_there() -> None:
    found = open_lots("VOO", [trade(400, "1", "100"), other(ActivityKind.CORPORATE, "3", word="ACATS")])
    assert found.lots == (Lot(ago(400), Decimal(1), Decimal(100)), Lot(ago(5), Decimal(3), None))
    assert found.doubts == (f"ACATS of {ago(5)} brought shares without a price",)
    assert found.older_than(60, TODAY) == 1


def test_a_coin_s_fee_comes_out_of_the_coins_just_bought() -> None:
    bought = [trade(9, "1", "100", "BTC/USD"), trade(5, "1", "100", "BTC/USD")]
    found = open_lots("BTC/USD", [other(ActivityKind.FEE, "-0.0025", symbol="BTC/USD"), *bought])
    assert [lot.quantity for lot in found.lots] == [1, Decimal("0.9975")]


def test_a_coin_s_fee_that_is_not_listed_yet_is_no_difference_and_a_lost_share_is() -> None:
    coins = open_lots("BTC/USD", [trade(0, "1", "100", "BTC/USD")])
    assert unexplained(coins, Decimal("0.9975")) == 0
    assert unexplained(open_lots("VOO", [trade(0, "1", "100")]), Decimal("0.9975")) != 0


def test_shares_that_came_without_a_price_are_a_doubt_and_have_no_cost() -> None:
    found = open_lots("VOO", [other(ActivityKind.FLOW, "2")])
    assert found.lots == (Lot(ago(5), Decimal(2), None),)
    assert "without a price" in found.doubts[0]


def test_lots_that_agree_with_the_broker_are_not_remarked_on() -> None:
    found = open_lots("VOO", [trade(5, "2", "100"), trade(3, "1", "130")])
    assert disagreement(found, holding("3", "330")) is None


def test_a_cost_that_differs_from_the_broker_s_average_is_said_with_both() -> None:
    found = open_lots("VOO", [trade(5, "1", "100"), trade(3, "1", "200"), trade(1, "-1", "210")])
    said = disagreement(found, holding("1", "150"))
    assert said is not None
    assert "$200.00" in said
    assert "$150.00" in said


def test_a_quantity_that_the_records_do_not_explain_is_said() -> None:
    said = disagreement(open_lots("VOO", [trade(5, "1", "100")]), holding("4", "400"))
    assert said is not None
    assert said.startswith("The fills on record leave 1 of VOO, and Alpaca holds 4")


def test_our_fills_count_before_the_broker_lists_them_and_once_only() -> None:
    def order(broker_id: str, quantity: str) -> Order:
        intent = OrderIntent(f"ours-{broker_id}", "Stocks", "VOO", 100_00)
        return Order(intent, OrderState.FILLED, broker_id, Decimal(quantity), Decimal(100))

    listed = [trade(1, "1", "100", order="a"), trade(0, "0.5", "100", order="b")]
    known = with_fills(listed, [(ago(1), order("a", "1")), (TODAY, order("b", "2")), (TODAY, order("c", "3"))])
    assert open_lots("VOO", known).quantity == 6
    assert open_lots("VOO", known).older_than(0, TODAY) == 6


trades = st.lists(st.tuples(st.integers(0, 800), st.integers(1, 50), st.integers(1, 300)), min_size=1, max_size=12)


@steady
@given(trades, st.integers(1, 600), st.integers(1, 300))
def test_two_sales_realise_together_what_one_sale_of_both_does(
    bought: list[tuple[int, int, int]], sold: int, price: int
) -> None:
    records = [trade(days, str(many), str(each)) for days, many, each in bought]
    whole = open_lots("VOO", records)
    quantity = min(Decimal(sold), whole.quantity)
    part = quantity / 2
    rest = open_lots("VOO", [*records, trade(0, str(-part), str(price))])
    each = realise(whole, part, Decimal(price), TODAY) + realise(rest, quantity - part, Decimal(price), TODAY)
    assert each == realise(whole, quantity, Decimal(price), TODAY)
