"""The calls to Alpaca through its SDK. Runs in worker processes only: importing it costs most of a second and 60 MB."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from urllib.parse import quote

from alpaca.common.exceptions import APIError
from alpaca.trading.enums import AssetClass as AlpacaAssetClass
from alpaca.trading.enums import QueryOrderStatus
from alpaca.trading.requests import (
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrdersRequest,
)

from broker import history, translate
from broker.access import Access
from broker.connection import data_client, trading_client
from broker.failures import FAILURES, failure, refusal, wait
from broker.fields import is_ours
from broker.market_data import MarketData
from broker.order_requests import request_of
from broker.pages import ActivityPage, OrderPage
from broker.translate import Json
from core import symbols
from core.account import Account, Asset
from core.calendar import NEW_YORK, MarketClock, Session
from core.orders import Accepted, LookUp, NotFound, NotSent, OrderIntent, Submission, TurnedAway, Unknown
from core.positions import Position, Quote
from core.schedule import Window
from core.symbols import AssetClass

log = logging.getLogger(__name__)

FRESH_SECONDS = 0.5
"""How long the market's time, once asked, is carried on by a clock of this machine that nobody sets."""

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Where there is one, it goes on while the machine sleeps, which must not stretch a window."""

LONGEST_EARLY = 60.0
"""Seconds after which the market's time is asked again, at the latest, when it has gone back before a window."""

DAY_IS_TOLD_AFTER = timedelta(minutes=20)
"""How long after the close a fund's daily bar is complete on every data plan: 16 minutes, and the closing auction."""

MOST_OPEN_ORDERS = 500
"""Alpaca lists no more orders than this at once."""


class Alpaca:
    """One worker's connection to Alpaca: one client and one kept-open TLS connection for each of its two APIs.

    Never shared between threads.
    """

    def __init__(self, access: Access) -> None:
        self._trading = trading_client(access)
        self._market_data = MarketData(data_client(access))
        self._market_time: tuple[datetime, float] | None = None
        self._turned_away_until = 0.0

    def clock(self) -> MarketClock:
        """Read the market's time."""
        clock = translate.market_clock(cast(Json, self._trading.get_clock()))
        self._market_time = (clock.now, time.clock_gettime(_CLOCK))
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

    def positions(self) -> tuple[Position, ...]:
        """Read what the account holds, line by line as it comes."""
        return tuple(translate.position(line) for line in cast(list[Json], self._trading.get_all_positions()))

    def quotes(self, coins: Sequence[str]) -> dict[str, Quote]:
        """Read what coins cost now and at the end of their last daily bar; one without a price is absent."""
        pairs = _of_class(AssetClass.CRYPTO, coins)
        return self._market_data.quotes(pairs) if pairs else {}

    def closes(self, wanted: Sequence[str], first: date, last: date) -> dict[str, dict[date, Decimal]]:
        """Read the daily closes of funds and coins from `first` to `last`, of days that are over.

        What is no symbol of Allocator's is not asked for: one that Alpaca cannot read spoils the answer for all.
        """
        now = self.clock().now
        funds, coins = _of_class(AssetClass.US_EQUITY, wanted), _of_class(AssetClass.CRYPTO, wanted)
        closes = self._market_data.coin_closes(coins, first, last, now)
        if funds:
            closes |= self._market_data.fund_closes(funds, first, self._last_told(last, now), now)
        return closes

    def activities(self, since: date | None, token: str | None, today: date) -> ActivityPage:
        """Read a page of the account's activities, oldest first."""
        return history.activities(self._trading, since, token, today)

    def orders(self, prefix: str, after: datetime) -> OrderPage:
        """Read a page of the orders with ids of this prefix that were submitted after an instant, oldest first."""
        return history.orders(self._trading, prefix, after)

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
        if now < window.opens:
            # The run began by this clock: it went back, or Alpaca's machines do not agree to the second.
            early = (window.opens - now).total_seconds()
            log.warning("it is too early for orders now, by %.1f s", early)
            return TurnedAway(min(early, LONGEST_EARLY))
        if now not in window:
            closed = window.closes.astimezone(NEW_YORK)
            return NotSent(f"it was {now.astimezone(NEW_YORK):%H:%M}, and orders are sent only until {closed:%H:%M}")
        try:
            answer = cast(Json, self._trading.submit_order(request_of(intent)))
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

    def _last_told(self, last: date, now: datetime) -> date:
        """Return the last day up to `last` whose daily bar will not change any more: a running day has no close yet."""
        today = now.astimezone(NEW_YORK).date()
        if last < today:
            return last
        told = any(session.closes + DAY_IS_TOLD_AFTER <= now for session in self.calendar(today, today))
        return today if told else today - timedelta(days=1)

    def _now(self) -> datetime:
        if self._market_time is not None:
            told, at = self._market_time
            age = time.clock_gettime(_CLOCK) - at
            if age < FRESH_SECONDS:
                return told + timedelta(seconds=age)
        return self.clock().now

    def _turned_away(self, seconds: float) -> TurnedAway:
        """Send nothing more for so long: what would be turned away as well need not be asked."""
        self._turned_away_until = time.monotonic() + seconds
        return TurnedAway(seconds)

    def _crypto_prices(self, pairs: Sequence[str]) -> dict[str, Decimal]:
        try:
            return self._market_data.prices(pairs) if pairs else {}
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


def _of_class(asset_class: AssetClass, wanted: Sequence[str]) -> list[str]:
    return [symbol for symbol in wanted if is_ours(symbol) and symbols.asset_class(symbol) is asset_class]


def _is_symbol(text: str) -> bool:
    try:
        symbols.normalise(text)
    except ValueError:
        return False
    return True
