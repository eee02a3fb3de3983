"""Alpaca's JSON as core's values: money from text, times with their zone, symbols written one way."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from broker import translate
from core.orders import OrderState
from core.positions import Quote
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


def test_an_id_that_is_no_text_is_not_the_id_of_another_account() -> None:
    with pytest.raises(TypeError, match="an account's id is text"):
        translate.account(ACCOUNT | {"id": 7}, [])


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


POSITION: dict[str, Any] = {
    "symbol": "VOO",
    "side": "long",
    "qty": "0.123456789",
    "cost_basis": "123456789.123456789",
    "current_price": "628.3",
    "market_value": "77.57",
    "change_today": "-0.0018326556325525",
}


def test_a_position_is_as_exact_as_it_came() -> None:
    position = translate.position(POSITION)
    assert (position.symbol, position.quantity) == ("VOO", Decimal("0.123456789"))
    assert (position.cost_basis, position.price) == (Decimal("123456789.123456789"), Decimal("628.3"))
    assert (position.market_value, position.change_today) == (Decimal("77.57"), Decimal("-0.0018326556325525"))


@pytest.mark.parametrize("wrong", [None, "", "n/a", "NaN", "Infinity", [], True])
@pytest.mark.parametrize("name", ["cost_basis", "current_price", "market_value", "change_today"])
def test_what_is_missing_in_a_position_is_none_and_costs_nothing_else(name: str, wrong: object) -> None:
    field = "price" if name == "current_price" else name
    whole, spoiled = (asdict(translate.position(POSITION | change)) for change in ({}, {name: wrong}))
    assert spoiled == whole | {field: None}


def test_a_field_that_is_not_there_at_all_is_none() -> None:
    bare = translate.position({"symbol": "VOO", "qty": "1"})
    assert (bare.quantity, bare.cost_basis, bare.price, bare.change_today) == (Decimal(1), None, None, None)


def test_a_zero_cost_basis_stays_zero() -> None:
    assert translate.position(POSITION | {"cost_basis": "0"}).cost_basis == Decimal(0)


@pytest.mark.parametrize("qty", ["-5", "5"])
def test_a_short_position_is_held_negatively_whatever_its_sign(qty: str) -> None:
    assert translate.position(POSITION | {"side": "short", "qty": qty}).quantity == Decimal(-5)


@pytest.mark.parametrize(
    ("told", "symbol"),
    [("BTCUSD", "BTC/USD"), ("AAPL240119C00100000", "AAPL240119C00100000"), ("912833LZ1", "912833LZ1")],
)
def test_a_symbol_that_is_not_ours_keeps_the_broker_s_text(told: str, symbol: str) -> None:
    assert translate.position(POSITION | {"symbol": told}).symbol == symbol


def test_a_position_without_symbol_or_quantity_is_still_a_line(caplog: pytest.LogCaptureFixture) -> None:
    line = translate.position({"asset_id": "904837e3", "qty": "?", "market_value": "12.50"})
    assert (line.symbol, line.quantity, line.market_value) == ("904837e3", Decimal(0), Decimal("12.50"))
    assert "904837e3 came without a quantity" in caplog.text


def test_a_coin_s_day_is_its_latest_trade_against_its_last_daily_bar() -> None:
    quote = translate.quote({"latestTrade": {"p": Decimal("95000.1")}, "prevDailyBar": {"c": 95000}})
    assert quote == Quote(Decimal("95000.1"), Decimal(95000))


@pytest.mark.parametrize("trade", [None, {}, {"p": None}, {"p": 0}, {"p": "?"}])
def test_a_coin_without_a_price_has_no_quote(trade: object) -> None:
    assert translate.quote({"latestTrade": trade, "prevDailyBar": {"c": 95000}}) is None


def test_a_coin_without_a_last_daily_bar_has_a_price_and_no_change() -> None:
    quote = translate.quote({"latestTrade": {"p": 0.1}, "prevDailyBar": None})
    assert quote is not None
    assert (quote.price, quote.change) == (Decimal("0.1"), None)


@pytest.mark.parametrize(
    "start", ["2026-07-01T04:00:00Z", "2026-07-01T05:00:00Z", "2026-07-01T06:00:00Z", "2026-07-01T00:00:00Z"]
)
def test_a_daily_bar_is_of_the_day_it_starts_on(start: str) -> None:
    assert translate.closes([{"t": start, "c": Decimal("1.5")}]) == {date(2026, 7, 1): Decimal("1.5")}


def test_a_daily_bar_without_a_close_is_left_out() -> None:
    bars: list[dict[str, Any]] = [{"t": "2026-07-01T04:00:00Z", "c": None}, {"t": "2026-07-02T04:00:00Z", "c": 2}]
    assert translate.closes(bars) == {date(2026, 7, 2): Decimal(2)}


@pytest.mark.parametrize(
    ("start", "over"),
    [
        ("2026-07-01T05:00:00Z", datetime(2026, 7, 2, 5, tzinfo=UTC)),
        # The clock goes back on 1 November: that day lasts 25 hours.
        ("2026-11-01T05:00:00Z", datetime(2026, 11, 2, 6, tzinfo=UTC)),
    ],
)
def test_a_coin_s_day_is_over_at_chicago_s_midnight(start: str, over: datetime) -> None:
    assert translate.is_coin_day_over({"t": start}, over)
    assert not translate.is_coin_day_over({"t": start}, over - timedelta(seconds=1))
