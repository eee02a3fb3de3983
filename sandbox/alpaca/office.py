"""The state behind the stand-in for Alpaca: one account, its orders and its money. No HTTP here.

Every method settles the state up to the clock's now before it reads or changes it.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

from sandbox.alpaca.account import Account
from sandbox.alpaca.assets import NAMESPACE, Asset, Catalogue
from sandbox.alpaca.book import Book, Holding
from sandbox.alpaca.desk import OrderDesk
from sandbox.alpaca.means import Means, Multiplier, cash_account, margin_account
from sandbox.alpaca.orders import Execution, Order, OrderRequest
from sandbox.alpaca.rate_limit import RateLimit
from sandbox.alpaca.restrictions import Restrictions
from sandbox.alpaca.rules import Refusal, Standing, duplicate_id, refusal, unknown_asset
from sandbox.clock import VirtualClock
from sandbox.instruments import Kind
from sandbox.market import Market
from sandbox.sessions import previous_session

_REQUESTS_KEPT = 10_000


class RequestSeen(NamedTuple):
    """Hold one HTTP request as it was answered; at is virtual time, in UTC."""

    at: datetime
    method: str
    path: str
    status: int
    query: str = ""
    body: bytes = b""


class Office:
    """Keep one account at a simulated broker, as the routes see it; every method is for the event loop's thread.

    Anyone may set these at any time; orders follow what was set when they were submitted. fill_delay is the virtual
    time until the first fill, execution how orders fill (executions: of single symbols); position_lag the virtual
    time until positions show a fill; data_delay how old SIP data must be (None: a paid plan); minimum_crypto_order
    is in dollars; multiplier 2 gives credit, and 4 more of it until the close.
    """

    def __init__(
        self,
        clock: VirtualClock,
        market: Market,
        *,
        key_id: str,
        secret_key: str,
        fill_delay: timedelta,
        minimum_crypto_order: Decimal,
        rate_limit: RateLimit,
    ) -> None:
        self.clock = clock
        self.market = market
        self.key_id = key_id
        self.secret_key = secret_key
        self.fill_delay = fill_delay
        self.execution = Execution()
        self.executions: dict[str, Execution] = {}
        self.position_lag = timedelta(0)
        self.data_delay: timedelta | None = timedelta(minutes=15)
        self.minimum_crypto_order = minimum_crypto_order
        self.multiplier: Multiplier = 1
        self.refuses_wash_trades = True
        self.restrictions = Restrictions()
        self.rate_limit = rate_limit
        self.catalogue = Catalogue()
        self.requests_seen: deque[RequestSeen] = deque(maxlen=_REQUESTS_KEPT)
        self._accounts_opened = 0
        self._open_account()

    def settle(self) -> datetime:
        """Let everything happen that is due by now, and return now (UTC)."""
        now = self.clock.now()
        self._desk.settle(now)
        return now

    def submit(self, request: OrderRequest) -> Order | Refusal:
        """Accept an order and reserve its buying power, or say why not."""
        now = self.settle()
        # First, so that an order sent twice hears this, and not that its own first copy has taken the cash.
        if self._desk.find_by_client_id(request.client_order_id):
            return duplicate_id()
        asset = self.catalogue.find(request.symbol)
        if asset is None:
            return unknown_asset(request.symbol)
        refused = refusal(request, asset, self._standing(request, asset, now))
        execution = self.executions.get(asset.symbol, self.execution)
        return refused or self._desk.place(request, asset, now, self.fill_delay, execution)

    def cancel(self, order_id: UUID) -> Refusal | None:
        """Cancel an open order, or say why not."""
        now = self.settle()
        order = self._desk.find(order_id)
        if order is None:
            return Refusal(404, 40410000, f"order not found for {order_id}")
        if order.ended is not None:
            return Refusal(422, 42210000, f'order is already in "{order.ended.value}" state')
        self._desk.cancel(order, now)
        return None

    def orders(self) -> list[Order]:
        """Return every order ever accepted, oldest first."""
        self.settle()
        return self._desk.orders()

    def find_order(self, order_id: UUID) -> Order | None:
        """Return an order by the broker's id."""
        self.settle()
        return self._desk.find(order_id)

    def find_by_client_id(self, client_order_id: str) -> Order | None:
        """Return an order by the id its owner gave it."""
        self.settle()
        return self._desk.find_by_client_id(client_order_id)

    def account(self) -> Account:
        """Return the account as it stands now."""
        now = self.settle()
        yesterday = previous_session(now)
        return Account(
            id=self.account_id,
            created_at=self.created_at,
            restrictions=self.restrictions,
            multiplier=self.multiplier,
            cash=self.book.cash(now),
            pending_in=self.book.pending(now),
            means=self._means(now),
            long_market_value=self.book.market_value(now, self.market),
            last_equity=self.book.equity(yesterday.closes, self.market),
            balance_day=yesterday.day,
        )

    def shown_holdings(self) -> Mapping[str, Holding]:
        """Return what the positions show, by the symbol of orders: without the fills of the last position_lag."""
        return self.book.holdings(self.settle() - self.position_lag)

    def available_qty(self, asset: Asset) -> Decimal:
        """Return the shares or coins that are owned and not being sold."""
        now = self.settle()
        holding = self.book.holdings(now).get(asset.symbol)
        reserved = self._desk.reserved_qty(asset, self.market.price(asset.symbol, now))
        return (holding.qty if holding else Decimal(0)) - reserved

    def _open_account(self) -> None:
        """Begin an empty account; the first one's id depends on the seed alone."""
        suffix = f" {self._accounts_opened}" if self._accounts_opened else ""
        self._accounts_opened += 1
        self.account_id = uuid5(NAMESPACE, f"account {self.market.seed}{suffix}")
        self.created_at = self.clock.now()
        self.book = Book()
        self._desk = OrderDesk(self.market, self.catalogue, self.book, self.account_id)

    def _means(self, now: datetime) -> Means:
        cash, unsettled, reserved = self.book.cash(now), self.book.unsettled(now), self._desk.reserved_cash()
        if self.multiplier == 1:
            return cash_account(cash=cash, unsettled=unsettled, reserved=reserved)
        return margin_account(
            day_trades=self.multiplier == 4,
            cash=cash,
            unsettled=unsettled,
            reserved=reserved,
            equities=self.book.market_value(now, self.market, frozenset({Kind.EQUITY})),
            coins=self.book.market_value(now, self.market, frozenset({Kind.CRYPTO})),
        )

    def _standing(self, request: OrderRequest, asset: Asset, now: datetime) -> Standing:
        opposite = self._desk.opposite(request, asset) if self.refuses_wash_trades else None
        return Standing(
            restrictions=self.restrictions,
            halted=self.catalogue.is_halted(asset),
            price=self.market.price(asset.symbol, now),
            means=self._means(now),
            available_qty=self.available_qty(asset),
            minimum_crypto_order=self.minimum_crypto_order,
            opposite=opposite.id if opposite else None,
        )
