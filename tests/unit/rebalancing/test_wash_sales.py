"""Wash sales: losses sold and bought again within 30 days."""

from decimal import Decimal

from core.rebalancing import wash_sales
from core.rebalancing.lots import open_lots
from core.rebalancing.wash_sales import WashSale
from tests.unit.rebalancing.test_lots import TODAY, ago, trade

LOSS = Decimal(12)


def test_a_purchase_within_the_30_days_before_makes_a_wash_sale() -> None:
    bought = [trade(31, "1", "100"), trade(30, "1", "100"), trade(0, "1", "90")]
    assert wash_sales.of_sale(open_lots("VOO", bought), Decimal(1), LOSS, TODAY, bought_again=()) == WashSale(
        "VOO", TODAY, LOSS, (ago(30), TODAY), again=False
    )


def test_selling_all_of_what_was_bought_lately_is_none_for_nothing_replaces_it() -> None:
    held = open_lots("VOO", [trade(10, "3", "100")])
    assert wash_sales.of_sale(held, Decimal(3), LOSS, TODAY, bought_again=()) is None
    assert wash_sales.of_sale(held, Decimal(2), LOSS, TODAY, bought_again=()) is not None


def test_daily_investing_that_will_buy_it_again_makes_one_too() -> None:
    held = open_lots("VOO", [trade(31, "1", "100")])
    found = wash_sales.of_sale(held, Decimal(1), LOSS, TODAY, bought_again={"VOO"})
    assert found == WashSale("VOO", TODAY, LOSS, (), again=True)
    assert str(found) == (
        "Wash sale: the loss of $12.00 on VOO sold on 2026-11-20 may not count for taxes now, because it is to be "
        "bought again within 30 days."
    )


def test_a_gain_is_none_nor_is_a_loss_without_a_purchase_near_it_nor_a_coin() -> None:
    old, again = open_lots("VOO", [trade(31, "2", "100")]), {"VOO", "BTC/USD"}
    coins = open_lots("BTC/USD", [trade(1, "2", "100", "BTC/USD")])
    assert wash_sales.of_sale(old, Decimal(1), Decimal(0), TODAY, bought_again=again) is None
    assert wash_sales.of_sale(old, Decimal(1), LOSS, TODAY, bought_again=()) is None
    assert wash_sales.of_sale(coins, Decimal(1), LOSS, TODAY, bought_again=again) is None


def test_buying_what_was_sold_at_a_loss_30_days_ago_is_warned_of() -> None:
    records = [trade(90, "2", "100"), trade(30, "-1", "80")]
    assert wash_sales.of_purchases(["VOO", "AGG"], TODAY, records) == (
        WashSale("VOO", ago(30), Decimal(20), (), again=True),
    )


def test_buying_what_was_sold_31_days_ago_or_at_a_gain_is_not() -> None:
    assert not wash_sales.of_purchases(["VOO"], TODAY, [trade(90, "2", "100"), trade(31, "-1", "80")])
    assert not wash_sales.of_purchases(["VOO"], TODAY, [trade(90, "2", "100"), trade(3, "-1", "120")])
