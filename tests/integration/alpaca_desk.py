"""A stand-in for Alpaca on a port of loopback, and the real clients that talk to it."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import uvicorn
from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.models import Clock, Order, Position, TradeAccount
from alpaca.trading.requests import MarketOrderRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.alpaca import Brokerage, alpaca_app
from sandbox.clock import VirtualClock
from sandbox.market import Market
from sandbox.sessions import NEW_YORK

# The Monday of Thanksgiving's week, in the middle of the session.
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=NEW_YORK)


@dataclass(frozen=True, slots=True)
class Desk:
    """Hold one brokerage, and the real clients that talk to it."""

    brokerage: Brokerage
    clock: VirtualClock
    trading: TradingClient
    raw: TradingClient
    stocks: StockHistoricalDataClient
    crypto: CryptoHistoricalDataClient
    origin: str

    def buy(self, symbol: str, notional: str, client_order_id: str | None = None) -> Order:
        crypto = "/" in symbol
        request = MarketOrderRequest(
            symbol=symbol,
            notional=float(notional),
            side=OrderSide.BUY,
            time_in_force=TimeInForce.GTC if crypto else TimeInForce.DAY,
            client_order_id=client_order_id,
        )
        order = self.trading.submit_order(request)
        assert isinstance(order, Order)
        return order

    def bought(self, symbol: str, notional: str) -> Order:
        order = self.buy(symbol, notional)
        self.clock.advance(timedelta(seconds=1))
        return self.order(order)

    def order(self, order: Order) -> Order:
        found = self.trading.get_order_by_id(order.id)
        assert isinstance(found, Order)
        return found

    def account(self) -> TradeAccount:
        account = self.trading.get_account()
        assert isinstance(account, TradeAccount)
        return account

    def position(self, symbol: str) -> Position:
        position = self.trading.get_open_position(symbol)
        assert isinstance(position, Position)
        return position

    def market_clock(self) -> Clock:
        clock = self.trading.get_clock()
        assert isinstance(clock, Clock)
        return clock

    def get(self, path: str, **parameters: str) -> Any:  # the raw JSON of any route
        return self.raw.get(path, parameters)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.raw.post(path, body)

    def sell(self, symbol: str, *, notional: str | None = None, qty: str | None = None) -> Order:
        request = MarketOrderRequest(
            symbol=symbol,
            notional=float(notional) if notional else None,
            qty=float(qty) if qty else None,
            side=OrderSide.SELL,
            time_in_force=TimeInForce.GTC if "/" in symbol else TimeInForce.DAY,
        )
        order = self.trading.submit_order(request)
        assert isinstance(order, Order)
        return order

    def at(self, hour: int, minute: int, day: int = 23) -> None:
        """Move the clock to a New York time of November 2026."""
        self.clock.set(datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK))


def new_brokerage(**options: Any) -> Brokerage:
    """Open an account that nobody can call, with the options of Brokerage."""
    return Brokerage(VirtualClock(MONDAY_NOON), Market(seed=7), key_id="key", secret_key="secret", **options)


class Exchange:
    """Run one server while a `with` block lasts; each account that is opened takes the place of the one before."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None
        config = uvicorn.Config(self, host="127.0.0.1", port=0, lifespan="off", ws="none", log_level="critical")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def open(self, **options: Any) -> Desk:
        """Open an account on a Monday at noon, with the options of Brokerage."""
        brokerage = new_brokerage(**options)
        self._app = alpaca_app(brokerage)
        origin = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        return Desk(
            brokerage=brokerage,
            clock=brokerage.clock,
            trading=TradingClient("key", "secret", url_override=origin),
            raw=TradingClient("key", "secret", url_override=origin, raw_data=True),
            stocks=StockHistoricalDataClient("key", "secret", url_override=origin),
            crypto=CryptoHistoricalDataClient("key", "secret", url_override=origin),
            origin=origin,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._app is not None
        await self._app(scope, receive, send)
