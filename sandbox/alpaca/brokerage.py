"""The state behind the stand-in for Alpaca: one account, its orders and its money. No HTTP here.

Every method settles the state up to the clock's now before it reads or changes it.
"""

from collections import deque
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

from sandbox.alpaca import report
from sandbox.alpaca.account import Account
from sandbox.alpaca.assets import NAMESPACE, Asset, Catalogue
from sandbox.alpaca.book import Book, Transfer
from sandbox.alpaca.desk import OrderDesk
from sandbox.alpaca.orders import Order, OrderRequest
from sandbox.alpaca.rules import Refusal, Standing, duplicate_id, refusal, unknown_asset
from sandbox.clock import VirtualClock
from sandbox.market import Market
from sandbox.sessions import previous_session

_REQUESTS_KEPT = 10_000


class RequestSeen(NamedTuple):
    """Hold one HTTP request as it was answered; at is virtual time, in UTC."""

    at: datetime
    method: str
    path: str
    status: int


class Brokerage:
    """Keep one cash account at a simulated broker; every method is for the event loop's thread.

    fill_delay is virtual time and counts for orders submitted from now on; cash is deposited at the start;
    minimum_crypto_order is in dollars.
    """

    def __init__(
        self,
        clock: VirtualClock,
        market: Market,
        *,
        key_id: str,
        secret_key: str,
        fill_delay: timedelta = timedelta(seconds=0.3),
        cash: Decimal = Decimal(0),
        minimum_crypto_order: Decimal = Decimal(10),
    ) -> None:
        self.clock = clock
        self.market = market
        self.key_id = key_id
        self.secret_key = secret_key
        self.fill_delay = fill_delay
        self.minimum_crypto_order = minimum_crypto_order
        self.catalogue = Catalogue()
        self.book = Book()
        self.requests_seen: deque[RequestSeen] = deque(maxlen=_REQUESTS_KEPT)
        self.account_id = uuid5(NAMESPACE, f"account {market.seed}")
        self.created_at = clock.now()
        self._desk = OrderDesk(market, self.catalogue, self.book, self.account_id)
        self._trading_blocked = False
        self._account_blocked = False
        if cash:
            self.deposit(cash)

    # What the routes read and do.

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
        refused = refusal(request, asset, self._standing(asset, now))
        return refused or self._desk.place(request, asset, now, self.fill_delay)

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
            trading_blocked=self._trading_blocked,
            account_blocked=self._account_blocked,
            cash=self.book.cash(now),
            buying_power=self._buying_power(now),
            long_market_value=self.book.market_value(now, self.market),
            last_equity=self.book.equity(yesterday.closes, self.market),
            balance_day=yesterday.day,
        )

    def available_qty(self, asset: Asset) -> Decimal:
        """Return the shares or coins that are owned and not being sold."""
        now = self.settle()
        holding = self.book.holdings(now).get(asset.symbol)
        reserved = self._desk.reserved_qty(asset, self.market.price(asset.symbol, now))
        return (holding.qty if holding else Decimal(0)) - reserved

    # What tests, the control service and the demo do.

    def deposit(self, amount: Decimal) -> None:
        """Put dollars into the account at once; raise ValueError unless positive."""
        self._transfer(_positive(amount))

    def withdraw(self, amount: Decimal) -> None:
        """Take dollars out of the account at once; raise ValueError unless positive and free."""
        free = self._buying_power(self.settle())
        if amount > free:
            raise ValueError(f"cannot withdraw ${amount}: only ${free} is free")
        self._transfer(-_positive(amount))

    def halt(self, symbol: str) -> None:
        """Halt an asset: its new orders are refused, its open ones wait; raise LookupError for no asset."""
        self.settle()
        self.catalogue.halt(symbol)

    def resume(self, symbol: str) -> None:
        """End a halt: what waited through it fills now; raise LookupError for no asset."""
        now = self.settle()
        self._desk.postpone(self.catalogue.resume(symbol), now)

    def vanish(self, symbol: str) -> None:
        """Delist an asset, which cancels its open orders; raise LookupError for no asset."""
        now = self.settle()
        asset = self.catalogue.vanish(symbol)
        for order in self._desk.open_orders():
            if order.asset == asset:
                self._desk.cancel(order, now)

    def block(self, *, trading: bool = False, account: bool = False) -> None:
        """Set both blocks on new orders; `block()` lifts them."""
        self._trading_blocked = trading
        self._account_blocked = account

    def transcript_orders(self) -> list[dict[str, str | None]]:
        """Return every order as the demo's report wants it, oldest first; numbers are strings."""
        now = self.settle()
        return [report.transcript(order, now) for order in self._desk.orders()]

    def account_summary(self) -> dict[str, object]:
        """Return identity, balances and positions for people to read; dollars as strings."""
        account = self.account()
        now = self.settle()
        holdings = self.book.holdings(now).values()
        return report.summary(account, [(held, self.market.price(held.asset.symbol, now)) for held in holdings])

    def _buying_power(self, now: datetime) -> Decimal:
        # A cash account (multiplier 1): no more than its cash, less what open orders have reserved.
        return max(self.book.cash(now) - self._desk.reserved_cash(), Decimal(0))

    def _standing(self, asset: Asset, now: datetime) -> Standing:
        return Standing(
            blocked=self._trading_blocked or self._account_blocked,
            halted=self.catalogue.is_halted(asset),
            price=self.market.price(asset.symbol, now),
            buying_power=self._buying_power(now),
            available_qty=self.available_qty(asset),
            minimum_crypto_order=self.minimum_crypto_order,
        )

    def _transfer(self, amount: Decimal) -> None:
        now = self.settle()
        transfer_id = uuid5(self.account_id, f"transfer {len(self.book.transfers)}")
        self.book.transfers.append(Transfer(transfer_id, now, amount))


def _positive(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise ValueError(f"the amount is ${amount}, must be more than $0")
    return amount
