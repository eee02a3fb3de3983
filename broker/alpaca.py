"""The calls to Alpaca through its SDK. Runs in worker processes only: importing it costs most of a second and 60 MB."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from urllib.parse import quote

import requests
from alpaca.common.exceptions import APIError
from alpaca.common.rest import RESTClient
from alpaca.data.historical.crypto import CryptoHistoricalDataClient
from alpaca.data.requests import CryptoLatestTradeRequest
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import AssetClass as AlpacaAssetClass
from alpaca.trading.enums import OrderSide, QueryOrderStatus, TimeInForce
from alpaca.trading.requests import (
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrdersRequest,
    MarketOrderRequest,
)
from requests.adapters import HTTPAdapter

from broker import translate
from broker.access import Access
from broker.failures import FAILURES, failure, refusal, wait
from broker.translate import Json
from core import symbols
from core.account import Account, Asset
from core.calendar import NEW_YORK, MarketClock, Session
from core.money import in_dollars
from core.orders import Accepted, LookUp, NotFound, NotSent, OrderIntent, Submission, TurnedAway, Unknown
from core.schedule import Window
from core.symbols import AssetClass

log = logging.getLogger(__name__)

FRESH_SECONDS = 0.5
"""How long the market's time, once asked, is carried on by this machine's monotonic clock."""

MOST_OPEN_ORDERS = 500
"""Alpaca lists no more orders than this at once."""


class _BoundedAdapter(HTTPAdapter):
    """Give every request a time-out: alpaca-py gives none."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        options["timeout"] = self._seconds
        return super().send(request, *args, **options)


class Alpaca:
    """One worker's connection to Alpaca: one client, one kept-open TLS connection, never shared between threads."""

    def __init__(self, access: Access) -> None:
        self._trading = TradingClient(access.key_id, access.secret_key, raw_data=True, url_override=access.trading_url)
        self._crypto = CryptoHistoricalDataClient(
            access.key_id, access.secret_key, raw_data=True, url_override=access.data_url
        )
        for client in (self._trading, self._crypto):
            _bound(client, access.timeout_seconds)
        self._market_time: tuple[datetime, float] | None = None
        self._turned_away_until = 0.0

    def clock(self) -> MarketClock:
        """Read the market's time."""
        clock = translate.market_clock(cast(Json, self._trading.get_clock()))
        self._market_time = (clock.now, time.monotonic())
        return clock

    def calendar(self, first: date, last: date) -> tuple[Session, ...]:
        """Read the trading days from `first` to `last`."""
        days = cast(list[Json], self._trading.get_calendar(GetCalendarRequest(start=first, end=last)))
        return tuple(translate.session(day) for day in days)

    def account(self) -> Account:
        """Read the account, with what its open orders may still cost."""
        account = cast(Json, self._trading.get_account())
        wanted = GetOrdersRequest(status=QueryOrderStatus.OPEN, limit=MOST_OPEN_ORDERS)
        return translate.account(account, cast(list[Json], self._trading.get_orders(wanted)))

    def assets(self, wanted: Sequence[str]) -> dict[str, Asset]:
        """Read assets by normalised symbol; what Alpaca does not know is absent."""
        found: dict[str, Asset] = {}
        pairs = [symbol for symbol in wanted if symbols.asset_class(symbol) is AssetClass.CRYPTO]
        if pairs:
            # Coins are listed, not asked for one by one: their slash does not survive every address.
            request = GetAssetsRequest(asset_class=AlpacaAssetClass.CRYPTO)
            listed = {
                symbols.normalise(coin["symbol"]): coin
                for coin in cast(list[Json], self._trading.get_all_assets(request))
                if _is_symbol(coin["symbol"])
            }
            known = [pair for pair in pairs if pair in listed]
            prices = self._crypto_prices(known)
            found |= {pair: translate.asset(listed[pair], prices.get(pair)) for pair in known}
        for symbol in wanted:
            if symbol not in pairs:
                answer = self._unless_unknown(self._trading.get_asset, quote(symbol, safe=""))
                if answer is not None:
                    found[symbol] = translate.asset(answer, None)
        return found

    def submit(self, intent: OrderIntent, window: Window) -> Submission:
        """Send one order, exactly once, if the market's time is within the window."""
        if (seconds := self._turned_away_until - time.monotonic()) > 0:
            return TurnedAway(seconds)
        try:
            now = self._now()
        except FAILURES as error:
            unread = failure(error)
            if unread.wait:
                return self._turned_away(unread.wait)
            return Unknown(f"the market's time could not be read: {unread.reason}")
        if now not in window:
            closed = window.closes.astimezone(NEW_YORK)
            return NotSent(f"it was {now.astimezone(NEW_YORK):%H:%M}, and orders are sent only until {closed:%H:%M}")
        try:
            answer = cast(Json, self._trading.submit_order(_request(intent)))
            return Accepted(translate.order(answer))
        except APIError as error:
            if error.status_code == 429:
                return self._turned_away(wait(error))
            return refusal(error)
        except FAILURES as error:
            return Unknown(failure(error).reason)

    def find(self, client_order_ids: Sequence[str]) -> dict[str, LookUp]:
        """Look orders up by client order id: the newest in one list, any other by itself."""
        newest = GetOrdersRequest(
            status=QueryOrderStatus.ALL, limit=min(MOST_OPEN_ORDERS, len(client_order_ids) + 20), direction="desc"
        )
        listed: dict[str, Json] = {}
        try:
            listed = {one["client_order_id"]: one for one in cast(list[Json], self._trading.get_orders(newest))}
        except FAILURES as error:
            return dict.fromkeys(client_order_ids, Unknown(failure(error).reason))
        return {identity: self._look_up(identity, listed.get(identity)) for identity in client_order_ids}

    def _look_up(self, identity: str, listed: Json | None) -> LookUp:
        try:
            answer = listed or self._unless_unknown(self._trading.get_order_by_client_id, identity)
            return NotFound() if answer is None else Accepted(translate.order(answer))
        except FAILURES as error:
            return Unknown(failure(error).reason)

    def _now(self) -> datetime:
        if self._market_time is not None:
            told, at = self._market_time
            age = time.monotonic() - at
            if age < FRESH_SECONDS:
                return told + timedelta(seconds=age)
        return self.clock().now

    def _turned_away(self, seconds: float) -> TurnedAway:
        """Send nothing more for so long: what would be turned away as well need not be asked."""
        self._turned_away_until = time.monotonic() + seconds
        return TurnedAway(seconds)

    def _crypto_prices(self, pairs: Sequence[str]) -> dict[str, Decimal]:
        try:
            request = CryptoLatestTradeRequest(symbol_or_symbols=list(pairs))
            trades = cast(Json, self._crypto.get_crypto_latest_trade(request))
            return {pair: Decimal(str(trade["p"])) for pair, trade in trades.items()}
        except FAILURES as error:
            # The price only sharpens a minimum that the settings give already; the broker refuses what is too small.
            log.warning("no crypto prices, so only the configured minimum applies: %s", failure(error).reason)
            return {}

    def _unless_unknown(self, ask: Callable[[str], Any], what: str) -> Json | None:
        try:
            answer = ask(what)
            if answer is None:
                # alpaca-py makes this of an empty 200, which says nothing about whether the thing exists.
                raise TypeError("an empty answer")
            return cast(Json, answer)
        except APIError as error:
            if error.status_code == 404:
                return None
            raise


def _bound(client: RESTClient, seconds: float) -> None:
    client._session.mount("https://", _BoundedAdapter(seconds))
    # alpaca-py repeats every verb after 429 and 504, POST /orders too, and offers no public switch. An order whose
    # answer was a 504 may exist: only looking it up by its id tells.
    client._retry = 0


def _request(intent: OrderIntent) -> MarketOrderRequest:
    return MarketOrderRequest(
        symbol=intent.symbol,
        # The SDK takes a float; two decimals survive it exactly.
        notional=float(in_dollars(intent.notional)),
        side=OrderSide(intent.side.value),
        time_in_force=TimeInForce(translate.time_in_force(intent.asset_class)),
        client_order_id=intent.client_order_id,
    )


def _is_symbol(text: str) -> bool:
    try:
        symbols.normalise(text)
    except ValueError:
        return False
    return True
