"""The order desk: what happens to accepted orders as virtual time passes.

Nothing happens by itself: whoever reads the state settles it first, and everything that became due since the last
time then happens at its own virtual instant. So a jump of the clock leads where waiting would have led.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from sandbox.alpaca.assets import Asset, Catalogue
from sandbox.alpaca.book import Book
from sandbox.alpaca.orders import Fill, Order, OrderRequest, Side, Status
from sandbox.market import Market
from sandbox.sessions import next_session, open_session

_NEVER = datetime.max.replace(tzinfo=UTC)


class OrderDesk:
    """Keep one account's orders, fill them at the market's price, and write the fills into its book."""

    def __init__(self, market: Market, catalogue: Catalogue, book: Book, account_id: UUID) -> None:
        self._market = market
        self._catalogue = catalogue
        self._book = book
        self._account_id = account_id
        self._orders: dict[UUID, Order] = {}
        self._by_client_id: dict[str, UUID] = {}

    def settle(self, now: datetime) -> None:
        """Let everything happen that is due by now, in order of time."""
        due = [(moment, order) for order in self.open_orders() if (moment := self._next_moment(order)) <= now]
        for moment, order in sorted(due, key=lambda pair: pair[0]):
            if moment == order.dies_at:
                self._end(order, Status.EXPIRED, moment)
            else:
                self._fill(order, moment)

    def place(self, request: OrderRequest, asset: Asset, now: datetime, delay: timedelta) -> Order:
        """Take an order that no rule refuses; it fills `delay` after its market is open for it."""
        goes_live, dies_at = _life(asset, now)
        cost = request.cost(self._market.price(asset.symbol, now))
        order = Order(
            id=uuid5(self._account_id, f"order {len(self._orders)}"),
            request=request,
            asset=asset,
            submitted_at=now,
            goes_live=goes_live,
            fills_at=goes_live + delay,
            dies_at=dies_at,
            reserved=cost if request.side is Side.BUY else Decimal(0),
        )
        self._orders[order.id] = order
        self._by_client_id[request.client_order_id] = order.id
        return order

    def cancel(self, order: Order, now: datetime) -> None:
        """End an open order without a fill."""
        self._end(order, Status.CANCELED, now)

    def postpone(self, asset: Asset, until: datetime) -> None:
        """Let the open orders in an asset fill no earlier than an instant."""
        for order in self.open_orders():
            if order.asset == asset:
                self._orders[order.id] = replace(order, fills_at=max(order.fills_at, until))

    def orders(self) -> list[Order]:
        """Return every order ever accepted, oldest first."""
        return list(self._orders.values())

    def open_orders(self) -> list[Order]:
        """Return the orders that can still fill, oldest first."""
        return [order for order in self._orders.values() if order.is_open]

    def find(self, order_id: UUID) -> Order | None:
        """Return an order by the broker's id."""
        return self._orders.get(order_id)

    def find_by_client_id(self, client_order_id: str) -> Order | None:
        """Return an order by the id its owner gave it."""
        order_id = self._by_client_id.get(client_order_id)
        return self._orders[order_id] if order_id else None

    def reserved_cash(self) -> Decimal:
        """Return the dollars that open buy orders hold."""
        return sum((order.reserved for order in self.open_orders()), Decimal(0))

    def reserved_qty(self, asset: Asset, price: Decimal) -> Decimal:
        """Return the shares or coins that open sell orders hold."""
        selling = [order for order in self.open_orders() if order.request.side is Side.SELL]
        return sum((order.request.shares(price) for order in selling if order.asset == asset), Decimal(0))

    def _next_moment(self, order: Order) -> datetime:
        """Return when the order fills or expires, whichever is first; a halted one can only expire."""
        dies_at = order.dies_at or _NEVER
        return dies_at if self._catalogue.is_halted(order.asset) else min(order.fills_at, dies_at)

    def _fill(self, order: Order, at: datetime) -> None:
        # All at once. An order holds a tuple of fills and the book a list, so that partial ones only add to both.
        price = self._market.price(order.asset.symbol, at)
        fill = Fill(
            id=uuid5(order.id, f"fill {len(order.fills)}"),
            at=at,
            order_id=order.id,
            asset=order.asset,
            side=order.request.side,
            qty=order.request.shares(price),
            price=price,
        )
        self._book.fills.append(fill)
        self._end(replace(order, fills=(*order.fills, fill)), Status.FILLED, at)

    def _end(self, order: Order, status: Status, at: datetime) -> None:
        self._orders[order.id] = replace(order, ended=status, ended_at=at, reserved=Decimal(0))


def _life(asset: Asset, now: datetime) -> tuple[datetime, datetime | None]:
    """Return from when to when an order submitted now can fill."""
    if asset.is_crypto:
        return now, None
    # Alpaca: a day order sent outside hours waits for the next open, and lives until that session's close.
    session = open_session(now) or next_session(now)
    return max(now, session.opens), session.closes
