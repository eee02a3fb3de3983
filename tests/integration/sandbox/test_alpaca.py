"""The stand-in for Alpaca, met by the real alpaca-py over HTTP."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from alpaca.common.exceptions import APIError
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.models import BarSet, Snapshot
from alpaca.data.requests import (
    CryptoBarsRequest,
    CryptoSnapshotRequest,
    StockBarsRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
)
from alpaca.data.timeframe import TimeFrame
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, OrderStatus, QueryOrderStatus
from alpaca.trading.models import Asset, Calendar, Order, PortfolioHistory, TradeAccount
from alpaca.trading.requests import (
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
)

from sandbox.alpaca import Brokerage
from sandbox.clock import VirtualClock
from sandbox.market import Market
from sandbox.server import Sandbox
from sandbox.sessions import NEW_YORK, open_session
from tests.integration.alpaca_desk import MONDAY_NOON, Desk, Exchange


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as running:
        yield running


@pytest.fixture
def desk(exchange: Exchange) -> Desk:
    """Open an account with $1,000 on a Monday at noon."""
    return exchange.open(cash=Decimal(1000))


def test_a_deposit_is_cash_and_equity_at_once(desk: Desk) -> None:
    desk.brokerage.deposit(Decimal("250.55"))
    account = desk.account()
    assert (account.cash, account.equity, account.buying_power) == ("1250.55", "1250.55", "1250.55")
    assert account.non_marginable_buying_power == "1250.55"
    assert account.status == "ACTIVE"
    assert account.crypto_status == "ACTIVE"


def test_the_account_keeps_its_id_when_the_sandbox_starts_again_with_the_same_seed(desk: Desk) -> None:
    again = Brokerage(desk.clock, Market(seed=7), key_id="other", secret_key="other")
    other = Brokerage(desk.clock, Market(seed=8), key_id="key", secret_key="secret")
    assert desk.account().id == again.account_id != other.account_id


def test_no_more_than_the_free_cash_can_be_withdrawn(desk: Desk) -> None:
    desk.brokerage.fill_delay = timedelta(hours=1)
    desk.brokerage.withdraw(Decimal(400))
    desk.buy("VOO", "500")
    with pytest.raises(ValueError, match=r"cannot withdraw \$101: only \$100\.00 is free"):
        desk.brokerage.withdraw(Decimal(101))
    assert desk.account().cash == "600"


def test_wrong_keys_are_turned_away(desk: Desk) -> None:
    with pytest.raises(APIError) as caught:
        TradingClient("key", "guess", url_override=desk.origin).get_account()
    assert (caught.value.status_code, caught.value.message) == (401, "unauthorized.")
    with pytest.raises(APIError) as caught:
        StockHistoricalDataClient("guess", "secret", url_override=desk.origin).get_stock_snapshot(
            StockSnapshotRequest(symbol_or_symbols="VOO")
        )
    assert (caught.value.status_code, caught.value.message) == (403, "forbidden.")


def test_an_unknown_route_is_a_404_in_json(desk: Desk) -> None:
    with pytest.raises(APIError) as caught:
        desk.get("/nothing")
    assert (caught.value.status_code, caught.value.code) == (404, 40410000)


def test_the_clock_knows_the_night_the_holiday_and_the_half_day(desk: Desk) -> None:
    assert desk.market_clock().is_open
    desk.clock.set(datetime(2026, 11, 25, 16, 0, tzinfo=NEW_YORK))
    closed = desk.market_clock()
    assert not closed.is_open
    assert closed.next_open == datetime(2026, 11, 27, 9, 30, tzinfo=NEW_YORK)
    assert closed.next_close == datetime(2026, 11, 27, 13, 0, tzinfo=NEW_YORK)
    desk.clock.set(datetime(2026, 11, 27, 9, 30, tzinfo=NEW_YORK))
    opened = desk.market_clock()
    assert opened.is_open
    assert opened.next_open == datetime(2026, 11, 30, 9, 30, tzinfo=NEW_YORK)
    assert opened.timestamp.utcoffset() == timedelta(hours=-5)


def test_the_calendar_lists_trading_days_only(desk: Desk) -> None:
    days = desk.trading.get_calendar(GetCalendarRequest(start=date(2026, 11, 25), end=date(2026, 11, 30)))
    hours = [(day.date.day, f"{day.close:%H:%M}") for day in days if isinstance(day, Calendar)]
    assert hours == [(25, "16:00"), (27, "13:00"), (30, "16:00")]
    assert desk.get("/calendar", start="2026-11-27", end="2026-11-27") == [
        {
            "date": "2026-11-27",
            "open": "09:30",
            "close": "13:00",
            "session_open": "0400",
            "session_close": "1700",
            "settlement_date": "2026-11-30",
        }
    ]


def test_a_day_that_cannot_be_read_is_a_bad_request_to_the_calendar(desk: Desk) -> None:
    with pytest.raises(APIError) as caught:
        desk.get("/calendar", start="someday")
    assert (caught.value.status_code, caught.value.code, caught.value.message) == (400, 40010000, "invalid start")


def test_a_session_begins_at_its_open_and_is_over_at_its_close() -> None:
    opens = datetime(2026, 11, 27, 9, 30, tzinfo=NEW_YORK)
    closes = datetime(2026, 11, 27, 13, 0, tzinfo=NEW_YORK)
    session = open_session(opens)
    assert session is not None
    assert (session.opens, session.closes) == (opens, closes)
    assert open_session(opens - timedelta(microseconds=1)) is open_session(closes) is None


def test_assets_are_listed_by_class_and_status(desk: Desk) -> None:
    listed = desk.trading.get_all_assets()
    symbols = {asset.symbol for asset in listed if isinstance(asset, Asset)}
    assert {"VOO", "IJH", "IJR", "IXUS", "ISTB", "AGG"} <= symbols
    assert "BTC/USD" not in symbols
    crypto = desk.trading.get_all_assets(GetAssetsRequest(asset_class="crypto", status="active"))
    assert {"BTC/USD", "ETH/USD"} <= {asset.symbol for asset in crypto if isinstance(asset, Asset)}
    inactive = desk.trading.get_all_assets(GetAssetsRequest(status="inactive"))
    assert [asset.symbol for asset in inactive if isinstance(asset, Asset)] == ["RSX"]


@pytest.mark.parametrize("name", ["BTC/USD", "BTC%2FUSD", "BTCUSD"])
def test_a_coin_is_found_under_each_of_its_names(desk: Desk, name: str) -> None:
    asset = desk.trading.get_asset(name)
    assert isinstance(asset, Asset)
    assert (asset.symbol, asset.fractionable) == ("BTC/USD", True)
    assert desk.get(f"/assets/{asset.id}")["symbol"] == "BTC/USD"


def test_an_asset_that_vanished_is_unknown_and_its_open_orders_are_canceled(desk: Desk) -> None:
    desk.brokerage.fill_delay = timedelta(hours=1)
    order = desk.buy("IJR", "10")
    desk.brokerage.vanish("IJR")
    with pytest.raises(APIError) as caught:
        desk.trading.get_asset("IJR")
    assert (caught.value.status_code, caught.value.message) == (404, "asset not found for IJR")
    assert desk.order(order).status == OrderStatus.CANCELED
    with pytest.raises(APIError) as caught:
        desk.buy("IJR", "10")
    assert (caught.value.status_code, caught.value.message) == (422, 'asset "IJR" not found')


def test_an_order_fills_after_its_delay_at_the_markets_price(desk: Desk) -> None:
    desk.brokerage.fill_delay = timedelta(minutes=5)
    order = desk.buy("VOO", "35.00")
    assert (order.status, order.filled_qty, order.notional) == (OrderStatus.NEW, "0", "35")
    desk.clock.advance(timedelta(minutes=6))
    filled = desk.order(order)
    assert filled.filled_at is not None
    assert filled.filled_at == order.submitted_at + timedelta(minutes=5)
    price = desk.brokerage.market.price("VOO", filled.filled_at)
    assert (filled.status, filled.filled_avg_price) == (OrderStatus.FILLED, str(price))
    qty = Decimal(str(filled.filled_qty))
    assert qty == (35 / price).quantize(Decimal("1E-9"), "ROUND_DOWN")
    assert desk.account().cash == "965"
    assert desk.position("VOO").qty == filled.filled_qty


def test_an_order_sent_at_night_waits_for_the_open_and_fills_there_however_late_one_looks(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 11, 25, 22, 0, tzinfo=NEW_YORK))
    order = desk.buy("AGG", "23")
    desk.clock.set(datetime(2026, 11, 27, 9, 29, tzinfo=NEW_YORK))
    assert desk.order(order).status == OrderStatus.ACCEPTED
    desk.clock.set(datetime(2026, 12, 4, 12, 0, tzinfo=NEW_YORK))
    filled = desk.order(order)
    opened = datetime(2026, 11, 27, 9, 30, tzinfo=NEW_YORK)
    assert filled.filled_at == opened + desk.brokerage.fill_delay
    assert filled.filled_avg_price == str(desk.brokerage.market.price("AGG", filled.filled_at))


def test_a_day_order_still_open_at_the_early_close_expires_and_frees_its_cash(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 11, 27, 12, 30, tzinfo=NEW_YORK))
    desk.brokerage.fill_delay = timedelta(hours=1)
    order = desk.buy("VOO", "300")
    assert desk.account().buying_power == "700"
    desk.clock.set(datetime(2026, 11, 27, 13, 30, tzinfo=NEW_YORK))
    expired = desk.order(order)
    assert (expired.status, expired.filled_qty) == (OrderStatus.EXPIRED, "0")
    assert expired.expired_at == datetime(2026, 11, 27, 13, 0, tzinfo=NEW_YORK)
    assert desk.account().buying_power == "1000"


def test_a_coin_is_bought_on_a_sunday_night_and_its_fee_is_taken_from_it(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 11, 29, 23, 0, tzinfo=NEW_YORK))
    order = desk.bought("BTC/USD", "100")
    assert (order.status, order.symbol) == (OrderStatus.FILLED, "BTC/USD")
    position = desk.position("BTCUSD")
    assert position.symbol == "BTCUSD"
    assert position.asset_id != order.asset_id
    fee = Decimal(str(order.filled_qty)) * Decimal("0.0025")
    assert Decimal(position.qty) == pytest.approx(Decimal(str(order.filled_qty)) - fee, abs=Decimal("1E-9"))
    assert desk.account().cash == "900"
    assert [activity["activity_type"] for activity in desk.get("/account/activities")] == ["CFEE", "FILL", "CSD"]


def test_open_orders_hold_their_buying_power_until_they_are_canceled(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 11, 23, 20, 0, tzinfo=NEW_YORK))
    order = desk.buy("VOO", "600")
    assert (desk.account().cash, desk.account().buying_power) == ("1000", "400")
    with pytest.raises(APIError) as caught:
        desk.buy("AGG", "400.01")
    assert caught.value.status_code == 403
    assert json.loads(str(caught.value)) == {
        "code": 40310000,
        "message": "insufficient buying power",
        "buying_power": "400",
        "cost_basis": "400.01",
    }
    desk.trading.cancel_order_by_id(order.id)
    assert desk.order(order).status == OrderStatus.CANCELED
    assert desk.account().buying_power == "1000"


ORDER = {"symbol": "VOO", "notional": "10", "side": "buy", "type": "market", "time_in_force": "day"}
COIN = ORDER | {"symbol": "BTC/USD", "time_in_force": "gtc"}


@pytest.mark.parametrize(
    ("sent", "status", "code", "message"),
    [
        (ORDER | {"notional": 10.001}, 422, 42210000, "notional value must be limited to 2 decimal places"),
        (ORDER | {"notional": "0.99"}, 403, 40310000, "cost basis must be >= minimal amount of order 1"),
        (COIN | {"notional": "9.99"}, 403, 40310000, "cost basis must be >= minimal amount of order 10"),
        (ORDER | {"symbol": "BRK.A"}, 403, 40310000, "requested asset is not fractionable"),
        (ORDER | {"symbol": "RSX"}, 422, 42210000, 'asset "RSX" is not tradable'),
        (ORDER | {"symbol": "IJH"}, 422, 42210000, 'trading in asset "IJH" is halted'),
        (ORDER | {"symbol": "XYZ"}, 422, 42210000, 'asset "XYZ" not found'),
        (ORDER | {"time_in_force": "gtc"}, 422, 42210000, "fractional orders must be DAY orders"),
        (ORDER | {"type": "limit"}, 422, 42210000, "fractional orders must be market orders"),
        (COIN | {"time_in_force": "day"}, 422, 42210000, "invalid crypto time_in_force"),
        (ORDER | {"notional": "-5"}, 422, 42210000, "notional must be > 0"),
        (ORDER | {"notional": "much"}, 422, 40010001, "invalid notional"),
        (ORDER | {"notional": 1e40}, 422, 40010001, "invalid notional"),
        (ORDER | {"notional": None}, 422, 40010001, "qty or notional is required"),
        (ORDER | {"qty": "1"}, 422, 40010001, "only one of qty or notional is accepted"),
        (ORDER | {"side": "hold"}, 422, 40010001, "invalid side"),
        (ORDER | {"client_order_id": "x" * 129}, 422, 40010001, "client_order_id must be no more than 128 characters"),
        (
            ORDER | {"side": "sell"},
            403,
            40310000,
            "insufficient qty available for order (requested: SHARES, available: 0)",
        ),
    ],
)
def test_a_bad_order_is_refused_with_its_reason(
    desk: Desk, sent: dict[str, object], status: int, code: int, message: str
) -> None:
    desk.brokerage.halt("IJH")
    with pytest.raises(APIError) as caught:
        desk.post("/orders", sent)
    said = re.sub(r"requested: [\d.]+", "requested: SHARES", caught.value.message)
    assert (caught.value.status_code, caught.value.code, said) == (status, code, message)
    assert desk.get("/orders", status="all") == []


@pytest.mark.parametrize(
    "sent", [ORDER | {"notional": "1"}, COIN | {"notional": "10"}, COIN | {"time_in_force": "ioc"}]
)
def test_an_order_at_its_minimum_is_accepted(desk: Desk, sent: dict[str, str]) -> None:
    assert desk.post("/orders", sent)["client_order_id"]
    desk.clock.advance(timedelta(seconds=1))
    assert [order["status"] for order in desk.get("/orders", status="all")] == ["filled"]


def test_the_minimum_of_crypto_is_a_setting(desk: Desk) -> None:
    desk.brokerage.minimum_crypto_order = Decimal(1)
    assert desk.bought("BTC/USD", "5").status == OrderStatus.FILLED


def test_a_client_order_id_is_used_once_even_after_a_cancel_and_without_cash(desk: Desk) -> None:
    desk.brokerage.fill_delay = timedelta(hours=1)
    desk.buy("VOO", "1000", client_order_id="main-20261123-invest-0-VOO-buy")
    for state in ("open", "canceled"):
        with pytest.raises(APIError) as caught:
            desk.buy("VOO", "1000", client_order_id="main-20261123-invest-0-VOO-buy")
        assert (caught.value.status_code, caught.value.code) == (422, 40010001), state
        assert caught.value.message == "client_order_id must be unique"
        desk.trading.cancel_orders()


def test_an_order_is_found_by_the_id_its_owner_gave_it(desk: Desk) -> None:
    order = desk.buy("VOO", "10", client_order_id="mine")
    found = desk.trading.get_order_by_client_id("mine")
    assert isinstance(found, Order)
    assert found.id == order.id
    with pytest.raises(APIError) as caught:
        desk.trading.get_order_by_client_id("yours")
    assert (caught.value.status_code, caught.value.code) == (404, 40410000)


def test_a_filled_order_cannot_be_canceled(desk: Desk) -> None:
    order = desk.bought("VOO", "10")
    with pytest.raises(APIError) as caught:
        desk.trading.cancel_order_by_id(order.id)
    assert (caught.value.status_code, caught.value.message) == (422, 'order is already in "filled" state')


def test_orders_are_listed_open_ones_first_come_last_unless_asked_otherwise(desk: Desk) -> None:
    desk.bought("VOO", "10")
    desk.brokerage.fill_delay = timedelta(hours=1)
    middle = desk.buy("BTC/USD", "20")
    desk.buy("AGG", "30")

    def listed(query: GetOrdersRequest | None = None) -> list[str | None]:
        return [order.symbol for order in desk.trading.get_orders(query) if isinstance(order, Order)]

    assert listed() == ["AGG", "BTC/USD"]
    everything = QueryOrderStatus.ALL
    assert listed(GetOrdersRequest(status=QueryOrderStatus.CLOSED)) == ["VOO"]
    assert listed(GetOrdersRequest(status=everything, direction="asc", limit=2)) == ["VOO", "BTC/USD"]
    assert listed(GetOrdersRequest(status=everything, after=middle.submitted_at)) == ["AGG"]
    assert listed(GetOrdersRequest(status=everything, until=middle.submitted_at)) == ["VOO"]
    assert listed(GetOrdersRequest(status=everything, symbols=["BTCUSD"])) == ["BTC/USD"]
    assert listed(GetOrdersRequest(status=everything, side=OrderSide.SELL)) == []
    with pytest.raises(APIError) as caught:
        desk.get("/orders", limit="501")
    assert (caught.value.status_code, caught.value.message) == (422, "invalid limit")


def test_a_position_tells_its_gain_in_fractions_and_by_day(desk: Desk) -> None:
    order = desk.bought("VOO", "500")
    desk.clock.set(datetime(2026, 11, 25, 12, 0, tzinfo=NEW_YORK))
    position = desk.position("VOO")
    paid = Decimal(str(order.filled_avg_price))
    now, before = Decimal(str(position.current_price)), Decimal(str(position.lastday_price))
    assert before == desk.brokerage.market.price("VOO", datetime(2026, 11, 24, 16, 0, tzinfo=NEW_YORK))
    assert now != before != paid
    qty = Decimal(position.qty)
    assert Decimal(str(position.unrealized_plpc)) == pytest.approx(now / paid - 1, abs=Decimal("1E-9"))
    assert Decimal(str(position.change_today)) == pytest.approx(now / before - 1, abs=Decimal("1E-9"))
    assert Decimal(str(position.unrealized_intraday_plpc)) == pytest.approx(now / before - 1, abs=Decimal("1E-9"))
    assert Decimal(str(position.unrealized_intraday_pl)) == pytest.approx(qty * (now - before), abs=Decimal("1E-8"))
    assert Decimal(position.cost_basis) == pytest.approx(Decimal(500), abs=Decimal("0.001"))
    value = Decimal(str(position.market_value)).quantize(Decimal("0.01"))
    account = desk.account()
    assert Decimal(str(account.long_market_value)) == value
    assert Decimal(str(account.equity)) == value + 500


def test_a_sale_brings_its_cash_and_leaves_no_position(desk: Desk) -> None:
    bought = desk.bought("VOO", "500")
    desk.clock.set(datetime(2026, 11, 25, 12, 0, tzinfo=NEW_YORK))
    desk.post("/orders", ORDER | {"notional": "200", "side": "sell"})
    desk.clock.advance(timedelta(seconds=1))
    rest = desk.position("VOO")
    assert desk.account().cash == "700"
    assert rest.avg_entry_price == bought.filled_avg_price != rest.current_price
    desk.post("/orders", ORDER | {"notional": None, "qty": rest.qty, "side": "sell"})
    desk.clock.advance(timedelta(seconds=1))
    assert desk.trading.get_all_positions() == []
    proceeds = Decimal(rest.qty) * Decimal(str(rest.current_price))
    assert Decimal(str(desk.account().cash)) == pytest.approx(700 + proceeds, abs=Decimal("0.1"))
    with pytest.raises(APIError) as caught:
        desk.trading.get_open_position("VOO")
    assert (caught.value.status_code, caught.value.message) == (404, "position does not exist")


def test_a_halt_keeps_open_orders_waiting_until_it_ends(desk: Desk) -> None:
    desk.brokerage.fill_delay = timedelta(minutes=5)
    order = desk.buy("IJH", "50")
    desk.brokerage.halt("IJH")
    desk.clock.advance(timedelta(hours=1))
    assert desk.order(order).status == OrderStatus.NEW
    desk.brokerage.resume("IJH")
    filled = desk.order(order)
    assert filled.status == OrderStatus.FILLED
    assert filled.filled_at is not None
    assert filled.filled_at >= MONDAY_NOON + timedelta(hours=1)


@pytest.mark.parametrize("blocked", [{"trading": True}, {"account": True}])
def test_a_blocked_account_says_so_and_places_no_order(desk: Desk, blocked: dict[str, bool]) -> None:
    desk.brokerage.block(**blocked)
    account = desk.account()
    assert (account.trading_blocked, account.account_blocked) == ("trading" in blocked, "account" in blocked)
    with pytest.raises(APIError) as caught:
        desk.buy("VOO", "10")
    assert (caught.value.status_code, caught.value.message) == (403, "account is not authorized to trade")
    desk.brokerage.block()
    assert desk.buy("VOO", "10").id


def test_activities_come_newest_first_in_pages(desk: Desk) -> None:
    for symbol in ("VOO", "IJH", "AGG"):
        desk.bought(symbol, "20")
    desk.brokerage.withdraw(Decimal("12.34"))
    everything = desk.get("/account/activities")
    assert [activity["activity_type"] for activity in everything] == ["CSW", "FILL", "FILL", "FILL", "CSD"]
    pages, token = [], ""
    for _ in range(3):
        page = desk.get("/account/activities", page_size="2", page_token=token)
        pages += page
        token = page[-1]["id"]
    assert desk.get("/account/activities", page_size="2", page_token=token) == []
    assert pages == everything
    flows = desk.get("/account/activities", activity_types="CSD,CSW", direction="asc")
    assert [(flow["net_amount"], flow["date"]) for flow in flows] == [("1000", "2026-11-23"), ("-12.34", "2026-11-23")]
    fills = desk.get("/account/activities/FILL")
    assert [fill["symbol"] for fill in fills] == ["AGG", "IJH", "VOO"]
    assert desk.get("/account/activities", after=fills[1]["transaction_time"], category="trade_activity") == fills[:1]
    with pytest.raises(APIError) as caught:
        desk.get("/account/activities", page_size="101")
    assert caught.value.status_code == 422


def test_the_history_agrees_with_each_days_equity(desk: Desk) -> None:
    desk.bought("VOO", "600")
    equities = []
    for day in (23, 24, 25):
        desk.clock.set(datetime(2026, 11, day, 16, 0, tzinfo=NEW_YORK))
        equities.append(float(str(desk.account().equity)))
    desk.brokerage.deposit(Decimal(100))
    desk.clock.set(datetime(2026, 11, 27, 10, 0, tzinfo=NEW_YORK))
    account = desk.account()
    history = desk.trading.get_portfolio_history(GetPortfolioHistoryRequest(cashflow_types="ALL"))
    assert isinstance(history, PortfolioHistory)
    days = [datetime.fromtimestamp(stamp, NEW_YORK).day for stamp in history.timestamp]
    assert days == [23, 24, 25, 27]
    assert history.equity == [*equities, float(str(account.equity))]
    assert float(str(account.last_equity)) == equities[-1]
    assert history.profit_loss[1] == pytest.approx(equities[1] - equities[0])
    assert history.cashflow == {"CSD": [1000, 0, 0, 100]}


def test_a_snapshot_agrees_with_the_bars_and_the_price(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 11, 25, 11, 0, tzinfo=NEW_YORK))
    snapshots = desk.stocks.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols=["VOO", "AGG", "NOPE"]))
    assert set(snapshots) == {"VOO", "AGG"}
    snapshot = snapshots["VOO"]
    assert isinstance(snapshot, Snapshot)
    assert snapshot.latest_trade
    assert snapshot.latest_quote
    assert snapshot.minute_bar
    assert snapshot.daily_bar
    assert snapshot.previous_daily_bar
    close = desk.brokerage.market.price("VOO", datetime(2026, 11, 24, 16, 0, tzinfo=NEW_YORK))
    assert snapshot.previous_daily_bar.close == float(close)
    assert snapshot.minute_bar.timestamp == datetime(2026, 11, 25, 10, 59, tzinfo=NEW_YORK)
    assert snapshot.latest_quote.bid_price < snapshot.latest_trade.price < snapshot.latest_quote.ask_price
    trades = desk.stocks.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="VOO"))
    quotes = desk.stocks.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="VOO"))
    assert set(trades) == set(quotes) == {"VOO"}


def test_daily_bars_are_the_sessions_and_close_at_the_price_of_the_close(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 11, 30, 9, 0, tzinfo=NEW_YORK))
    week = {"start": datetime(2026, 11, 23, tzinfo=NEW_YORK), "end": datetime(2026, 11, 30, tzinfo=NEW_YORK)}
    bars = desk.stocks.get_stock_bars(
        StockBarsRequest(symbol_or_symbols=["VOO", "AGG"], timeframe=TimeFrame.Day, **week)
    )
    assert isinstance(bars, BarSet)
    market = desk.brokerage.market
    closes = {23: 16, 24: 16, 25: 16, 27: 13}
    assert [bar.timestamp.astimezone(NEW_YORK).day for bar in bars["VOO"]] == list(closes)
    for bar, (day, hour) in zip(bars["VOO"], closes.items(), strict=True):
        assert bar.close == float(market.price("VOO", datetime(2026, 11, day, hour, tzinfo=NEW_YORK)))
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
    paged = desk.get("/stocks/VOO/bars", timeframe="1Day", start="2026-11-23", limit="3")
    rest = desk.get("/stocks/VOO/bars", timeframe="1Day", start="2026-11-23", page_token=paged["next_page_token"])
    assert [bar["c"] for bar in paged["bars"] + rest["bars"]] == [bar.close for bar in bars["VOO"]]
    assert rest["next_page_token"] is None


def test_a_coins_day_starts_at_midnight_in_chicago_also_on_a_holiday(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 11, 27, 9, 0, tzinfo=NEW_YORK))
    start = datetime(2026, 11, 26, tzinfo=UTC)
    bars = desk.crypto.get_crypto_bars(
        CryptoBarsRequest(symbol_or_symbols="BTC/USD", timeframe=TimeFrame.Day, start=start)
    )
    assert isinstance(bars, BarSet)
    assert [bar.timestamp for bar in bars["BTC/USD"]] == [
        datetime(2026, 11, 26, 6, tzinfo=UTC),
        datetime(2026, 11, 27, 6, tzinfo=UTC),
    ]
    snapshots = desk.crypto.get_crypto_snapshot(CryptoSnapshotRequest(symbol_or_symbols="BTC/USD"))
    assert isinstance(snapshots, dict)
    snapshot = snapshots["BTC/USD"]
    assert isinstance(snapshot, Snapshot)
    assert snapshot.previous_daily_bar
    assert snapshot.previous_daily_bar == bars["BTC/USD"][0]
    close = desk.brokerage.market.price("BTC/USD", datetime(2026, 11, 27, 6, tzinfo=UTC))
    assert snapshot.previous_daily_bar.close == float(close)


def test_prices_depend_on_the_seed_alone() -> None:
    week = [MONDAY_NOON + timedelta(hours=hours) for hours in range(100)]
    first = [Market(seed=7).price("BTC/USD", at) for at in week[:3]]
    market = Market(seed=7)
    assert [market.price("BTC/USD", at) for at in reversed(week)][:-4:-1] == first
    assert Market(seed=8).price("BTC/USD", week[0]) != first[0]
    assert len({market.price("BTC/USD", at) for at in week}) == len(week)
    assert len({market.price("VOO", at) for at in week if at.date() == date(2026, 11, 26)}) == 1


def test_a_coins_day_opens_where_the_day_before_closed() -> None:
    market, now = Market(seed=7), datetime(2026, 12, 1, tzinfo=UTC)
    bars = market.daily_bars("ETH/USD", datetime(2026, 10, 1, tzinfo=UTC), now, now)
    assert len(bars) == 61
    assert [bar.open for bar in bars[1:]] == [bar.close for bar in bars[:-1]]


def test_the_clock_runs_and_never_goes_back() -> None:
    clock = VirtualClock(MONDAY_NOON)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.set(MONDAY_NOON - timedelta(seconds=1))
    with pytest.raises(ValueError, match="is negative"):
        clock.advance(timedelta(seconds=-1))
    clock.set(MONDAY_NOON + timedelta(days=1))
    first = clock.now()
    assert timedelta(days=1) <= first - MONDAY_NOON < timedelta(days=1, seconds=5)
    assert first.tzinfo is UTC
    assert clock.now() > first


def test_the_running_sandbox_serves_it_over_https(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(cash=Decimal("12.34")) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        client = TradingClient(
            sandbox.keys.alpaca_key_id, sandbox.keys.alpaca_secret_key, url_override=sandbox.origin("alpaca")
        )
        account = client.get_account()
        assert isinstance(account, TradeAccount)
        assert account.cash == "12.34"


def test_the_sandbox_tells_what_it_saw(desk: Desk) -> None:
    desk.buy("VOO", "35", client_order_id="mine")
    desk.clock.advance(timedelta(seconds=1))
    (order,) = desk.brokerage.transcript_orders()
    assert re.fullmatch(r"2026-11-23T12:00:0[\d.]+-05:00", str(order.pop("at")))
    assert order.pop("filled_qty") == desk.position("VOO").qty
    assert order.pop("filled_avg_price") == desk.position("VOO").avg_entry_price
    assert order == {
        "client_order_id": "mine",
        "symbol": "VOO",
        "side": "buy",
        "notional": "35",
        "time_in_force": "day",
        "status": "filled",
    }
    summary = json.loads(json.dumps(desk.brokerage.account_summary()))
    assert (summary["cash"], summary["positions"][0]["symbol"]) == ("965", "VOO")
    seen = [(request.method, request.path, request.status) for request in desk.brokerage.requests_seen]
    assert seen == [("POST", "/v2/orders", 200), *[("GET", "/v2/positions/VOO", 200)] * 2]
