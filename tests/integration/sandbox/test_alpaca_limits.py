"""The stand-in for Alpaca where it says no to more: the rate limit and the free data plan."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import requests
from alpaca.common.exceptions import APIError
from alpaca.data.enums import DataFeed
from alpaca.data.models import BarSet
from alpaca.data.requests import StockBarsRequest, StockSnapshotRequest
from alpaca.data.timeframe import TimeFrame

from sandbox.alpaca import RateLimit
from sandbox.sessions import NEW_YORK
from tests.integration.alpaca_desk import MONDAY_NOON, Desk, Exchange


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as running:
        yield running


@pytest.fixture
def desk(exchange: Exchange) -> Desk:
    """Open an account with $1,000 on a Monday at noon."""
    return exchange.open(cash=Decimal(1000))


def refused(error: pytest.ExceptionInfo[APIError]) -> tuple[int | None, int, str]:
    return error.value.status_code, error.value.code, error.value.message


# The rate limit and the data plan.


class Ticking:
    """A clock of seconds that only a test moves."""

    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


def ask(desk: Desk, path: str, key: str = "key") -> requests.Response:
    headers = {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": "secret"}
    return requests.get(desk.origin + path, headers=headers, timeout=10)


def test_beyond_its_requests_a_minute_an_account_is_told_to_wait_until_the_minute_is_over(desk: Desk) -> None:
    ticking = Ticking()
    desk.brokerage.rate_limit = RateLimit(3, seconds=ticking, epoch=lambda: 1_700_000_000.5 + ticking.seconds)
    answers = []
    for path in ("/v2/clock", "/v2/assets/NOPE", "/v2/stocks/snapshots?symbols=VOO", "/v2/clock", "/v2/stocks/bars"):
        answers.append(ask(desk, path))
        ticking.seconds += 10
    assert [answer.status_code for answer in answers] == [200, 404, 200, 429, 429]
    assert answers[3].json() == {"code": 42910000, "message": "rate limit exceeded"}
    assert answers[4].json() == {"message": "too many requests."}
    told = [[answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")] for answer in answers]
    assert told == [["3", left, "1700000111"] for left in ("2", "1", "0", "0", "0")]
    # The market's day may pass meanwhile: the limit is in real time.
    desk.clock.advance(timedelta(days=1))
    assert ask(desk, "/v2/clock").status_code == 429
    ticking.seconds = 110
    assert ask(desk, "/v2/clock").headers["X-RateLimit-Remaining"] == "2"


def test_a_refused_order_is_not_placed_and_alpaca_py_sees_the_429(exchange: Exchange) -> None:
    desk = exchange.open(cash=Decimal(1000), requests_per_minute=1)
    desk.trading._retry = 0
    desk.buy("VOO", "10")
    with pytest.raises(APIError) as caught:
        desk.buy("AGG", "10")
    assert refused(caught) == (429, 42910000, "rate limit exceeded")
    assert len(desk.brokerage.orders()) == 1
    desk.brokerage.limit_requests(None)
    assert desk.buy("AGG", "10").id
    assert "X-RateLimit-Limit" not in ask(desk, "/v2/clock").headers


def test_strangers_use_up_nobodys_requests(exchange: Exchange) -> None:
    desk = exchange.open(requests_per_minute=1)
    assert [ask(desk, "/v2/clock", key="guess").status_code for _ in range(3)] == [401] * 3
    assert ask(desk, "/v2/clock").status_code == 200


def test_a_limit_that_allows_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="the limit is 0 requests a minute"):
        RateLimit(0)


def bars(desk: Desk, **options: object) -> StockBarsRequest:
    wanted = {"symbol_or_symbols": "VOO", "timeframe": TimeFrame.Day, "start": datetime(2026, 11, 20, tzinfo=NEW_YORK)}
    return StockBarsRequest(**wanted | options)


@pytest.mark.parametrize("feed", [None, DataFeed.SIP])
def test_the_free_plan_sells_no_consolidated_bars_of_the_last_fifteen_minutes(
    desk: Desk, feed: DataFeed | None
) -> None:
    with pytest.raises(APIError) as caught:
        desk.stocks.get_stock_bars(bars(desk, feed=feed, end=MONDAY_NOON - timedelta(minutes=14)))
    assert caught.value.status_code == 403
    assert json.loads(str(caught.value)) == {"message": "subscription does not permit querying recent SIP data"}
    market, allowed = desk.brokerage.market, MONDAY_NOON - timedelta(minutes=16)
    found = desk.stocks.get_stock_bars(bars(desk, feed=feed, end=allowed))
    assert isinstance(found, BarSet)
    last = found["VOO"][-1]
    assert last.close == pytest.approx(float(market.price("VOO", MONDAY_NOON - timedelta(minutes=15))), abs=0.05)
    assert last.close != float(market.price("VOO", MONDAY_NOON))


def test_without_an_end_bars_reach_as_far_as_the_plan_allows(desk: Desk) -> None:
    assert len(desk.stocks.get_stock_bars(bars(desk))["VOO"]) == 2
    desk.at(9, 40, day=24)
    # A quarter of an hour ago the market was closed: Tuesday has no bar yet.
    assert len(desk.stocks.get_stock_bars(bars(desk))["VOO"]) == 2
    assert len(desk.stocks.get_stock_bars(bars(desk, feed=DataFeed.IEX))["VOO"]) == 3
    desk.brokerage.data_delay = None
    assert len(desk.stocks.get_stock_bars(bars(desk, end=desk.clock.now()))["VOO"]) == 3


def test_the_latest_consolidated_prices_are_not_for_the_free_plan(desk: Desk) -> None:
    def wanted(feed: DataFeed | None) -> StockSnapshotRequest:
        return StockSnapshotRequest(symbol_or_symbols="VOO", feed=feed)

    with pytest.raises(APIError, match="recent SIP data"):
        desk.stocks.get_stock_snapshot(wanted(DataFeed.SIP))
    latest = desk.stocks.get_stock_snapshot(wanted(None))["VOO"].latest_trade
    delayed = desk.stocks.get_stock_snapshot(wanted(DataFeed.DELAYED_SIP))["VOO"].latest_trade
    assert latest
    assert delayed
    assert timedelta(minutes=14) < latest.timestamp - delayed.timestamp
    desk.brokerage.data_delay = None
    assert desk.stocks.get_stock_snapshot(wanted(DataFeed.SIP))["VOO"].latest_trade


def test_bars_whose_end_is_before_their_start_are_a_bad_request(desk: Desk) -> None:
    with pytest.raises(APIError) as caught:
        desk.stocks.get_stock_bars(bars(desk, end=datetime(2026, 11, 19, tzinfo=NEW_YORK)))
    assert (caught.value.status_code, caught.value.message) == (400, "end should not be before start")
