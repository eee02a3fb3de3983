"""Alpaca's JSON as core's values: money from text, times with their zone, symbols written one way."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from broker import translate
from core.orders import OrderState
from core.symbols import AssetClass

ACCOUNT: dict[str, Any] = {
    "id": "9f1c",
    "status": "ACTIVE",
    "crypto_status": "ACTIVE",
    "cash": "123456789.123456789",
    "buying_power": "400.10",
    "non_marginable_buying_power": "100.05",
    "account_blocked": False,
    "trading_blocked": False,
    "trade_suspended_by_user": False,
}
ORDER: dict[str, Any] = {
    "id": "b-1",
    "client_order_id": "main-20261127-invest-0-BTCUSD-buy",
    "symbol": "BTCUSD",
    "side": "buy",
    "notional": "5",
    "qty": None,
    "status": "filled",
    "filled_qty": "0.000052631",
    "filled_avg_price": "95000.1",
}
ASSET: dict[str, Any] = {"symbol": "BTC/USD", "tradable": True, "fractionable": True, "status": "active"}


def open_buys(*orders: dict[str, Any]) -> Decimal:
    return translate.account(ACCOUNT, orders).open_buys


def test_money_stays_as_exact_as_it_came() -> None:
    account = translate.account(ACCOUNT, [])
    assert account.cash == Decimal("123456789.123456789")
    assert (account.buying_power, account.non_marginable_buying_power) == (Decimal("400.10"), Decimal("100.05"))
    assert (account.trouble, account.crypto_trouble) == (None, None)


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"status": "ACCOUNT_UPDATED"}, "the account's status is ACCOUNT_UPDATED"),
        ({"account_blocked": True}, "the account is blocked"),
        ({"trading_blocked": True}, "trading is blocked for the account"),
        ({"trade_suspended_by_user": True}, "trading is suspended in the account's own configuration"),
    ],
)
def test_an_account_that_may_not_trade_says_why(change: dict[str, Any], trouble: str) -> None:
    assert translate.account(ACCOUNT | change, []).trouble == trouble


def test_crypto_can_be_closed_by_itself() -> None:
    account = translate.account(ACCOUNT | {"crypto_status": "INACTIVE"}, [])
    assert (account.trouble, account.crypto_trouble) == (None, "the account's crypto status is INACTIVE")


@pytest.mark.parametrize(
    ("order", "still"),
    [
        ({"side": "buy", "notional": "30.01"}, "30.01"),
        ({"side": "buy", "notional": "30", "filled_qty": "0.1", "filled_avg_price": "100"}, "20"),
        ({"side": "buy", "notional": "30", "filled_qty": "0.4", "filled_avg_price": "100"}, "0"),
        ({"side": "buy", "notional": None, "qty": "2", "limit_price": "10.5"}, "21.0"),
        ({"side": "buy", "notional": None, "qty": "2", "limit_price": None}, "0"),
        ({"side": "sell", "notional": "30"}, "0"),
    ],
)
def test_open_buys_are_what_they_may_still_cost(order: dict[str, Any], still: str) -> None:
    assert open_buys(order) == Decimal(still)
    assert open_buys(order, {"side": "buy", "notional": "1"}) == Decimal(still) + 1


def test_an_order_comes_in_cents_with_its_symbol_written_our_way() -> None:
    order = translate.order(ORDER)
    assert (order.symbol, order.notional, order.state) == ("BTC/USD", 5_00, OrderState.FILLED)
    assert (order.filled_quantity, order.filled_price) == (Decimal("0.000052631"), Decimal("95000.1"))


def test_an_order_by_quantity_has_no_notional_and_one_without_fills_no_price() -> None:
    order = translate.order(ORDER | {"notional": None, "filled_qty": None, "filled_avg_price": None})
    assert (order.notional, order.filled_quantity, order.filled_price) == (None, Decimal(0), None)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("new", OrderState.ACCEPTED),
        ("pending_new", OrderState.ACCEPTED),
        ("partially_filled", OrderState.PARTIALLY_FILLED),
        ("filled", OrderState.FILLED),
        ("canceled", OrderState.CANCELED),
        ("pending_cancel", OrderState.ACCEPTED),
        ("expired", OrderState.EXPIRED),
        ("rejected", OrderState.REJECTED),
        ("a status of next year", OrderState.ACCEPTED),
    ],
)
def test_a_status_that_is_not_known_to_be_final_is_followed_on(status: str, state: OrderState) -> None:
    assert translate.order(ORDER | {"status": status}).state is state


def test_a_coin_s_smallest_quantity_is_its_smallest_order_rounded_up() -> None:
    found = translate.asset(ASSET | {"min_order_size": "0.000012345"}, Decimal("95000.1"))
    assert found.minimum == 1_18


@pytest.mark.parametrize(("size", "price"), [(None, Decimal(1)), ("0.1", None)])
def test_without_a_size_or_a_price_no_minimum_is_known(size: str | None, price: Decimal | None) -> None:
    assert translate.asset(ASSET | {"min_order_size": size}, price).minimum is None


@pytest.mark.parametrize("change", [{"tradable": False}, {"status": "inactive"}])
def test_an_asset_that_is_halted_or_delisted_is_not_tradable(change: dict[str, Any]) -> None:
    assert translate.asset(ASSET, None).tradable
    assert not translate.asset(ASSET | change, None).tradable


@pytest.mark.parametrize(("day", "utc_hour"), [(date(2026, 7, 1), 17), (date(2026, 11, 27), 18)])
def test_the_calendar_s_hours_are_new_york_s_in_summer_and_winter(day: date, utc_hour: int) -> None:
    session = translate.session({"date": day.isoformat(), "open": "09:30", "close": "13:00"})
    assert session.closes == datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC)
    assert session.closes - session.opens == timedelta(hours=3, minutes=30)


def test_the_clock_keeps_its_offset_and_may_count_nanoseconds() -> None:
    clock = translate.market_clock(
        {
            "timestamp": "2026-11-27T09:35:00.123456789-05:00",
            "is_open": True,
            "next_open": "2026-11-30T09:30:00-05:00",
            "next_close": "2026-11-27T13:00:00-05:00",
        }
    )
    assert clock.now == datetime(2026, 11, 27, 14, 35, 0, 123456, tzinfo=UTC)
    assert (clock.is_open, clock.today) == (True, date(2026, 11, 27))


def test_funds_are_bought_for_the_day_and_coins_until_canceled() -> None:
    assert translate.time_in_force(AssetClass.US_EQUITY) == "day"
    assert translate.time_in_force(AssetClass.CRYPTO) == "gtc"
