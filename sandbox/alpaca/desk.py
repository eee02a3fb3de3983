"""The order desk: what happens to accepted orders as virtual time passes.

Nothing happens by itself: whoever reads the state settles it first, and everything that became due since the last
time then happens at its own virtual instant. So a jump of the clock leads where waiting would have led.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from heapq import heapify, heappop, heappush
from uuid import UUID, uuid5

from sandbox.alpaca.assets import Asset, Catalogue
from sandbox.alpaca.book import Book
from sandbox.alpaca.orders import Execution, Fill, Order, OrderRequest, Side, Status
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
        # The number keeps orders of one instant in the order they came, and the heap from comparing orders.
        due = [
            (moment, number, order.id)
            for number, order in enumerate(self.open_orders())
            if (moment := self._next_moment(order)) <= now
        ]
        heapify(due)
        while due:
            moment, number, order_id = heappop(due)
            order = self._orders[order_id]
            if moment == order.dies_at:
                self._end(order, Status.EXPIRED, moment)
            else:
                self._execute(order, moment)
            after = self._orders[order_id]
            if after.is_open and (following := self._next_moment(after)) <= now:
                heappush(due, (following, number, order_id))

    def place(
        self, request: OrderRequest, asset: Asset, now: datetime, delay: timedelta, execution: Execution
    ) -> Order:
        """Take an order that no rule refuses; it starts to fill `delay` after its market is open for it."""
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
            execution=execution,
        )
        self._orders[order.id] = order
        self._by_client_id[request.client_order_id] = order.id
        return order

    def cancel(self, order: Order, now: datetime) -> None:
        """End an open order; what it has filled stays."""
        self._end(order, Status.CANCELED, now)

    def postpone(self, asset: Asset, until: datetime) -> None:
        """Let the open orders in an asset fill no earlier than an instant."""
        for order in self.open_orders():
            if order.asset.symbol == asset.symbol:
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

    def opposite(self, request: OrderRequest, asset: Asset) -> Order | None:
        """Return an open order of the other side in the same asset, None without any."""
        other = (order for order in self.open_orders() if order.request.side is not request.side)
        return next((order for order in other if order.asset.symbol == asset.symbol), None)

    def reserved_cash(self) -> Decimal:
        """Return the dollars that open buy orders hold."""
        return sum((order.reserved for order in self.open_orders()), Decimal(0))

    def reserved_qty(self, asset: Asset, price: Decimal) -> Decimal:
        """Return the shares or coins that open sell orders hold."""
        return sum(
            (
                max(order.request.shares(price) - order.filled_qty, Decimal(0))
                for order in self.open_orders()
                if order.request.side is Side.SELL and order.asset.symbol == asset.symbol
            ),
            Decimal(0),
        )

    def _next_moment(self, order: Order) -> datetime:
        """Return when the order fills or expires, whichever is first; a halted one can only expire."""
        dies_at = order.dies_at or _NEVER
        return dies_at if self._catalogue.is_halted(order.asset) else min(order.fills_at, dies_at)

    def _execute(self, order: Order, at: datetime) -> None:
        """Carry out the next part of an order, and end it after the last."""
        price = self._market.price(order.asset.symbol, at)
        qty = order.next_part(price)
        if order.request.side is Side.SELL:
            # A falling price asks for more shares than were reserved: never more than there are.
            held = self._book.holdings(at).get(order.asset.symbol)
            qty = min(qty, held.qty if held else Decimal(0))
        done = replace(order, parts_done=order.parts_done + 1, fills_at=at + order.execution.every)
        if qty > 0:
            done = self._filled(done, at, qty, price)
        self._orders[order.id] = done
        if done.parts_done == order.execution.parts:
            self._end(done, order.execution.ends, at)

    def _filled(self, order: Order, at: datetime, qty: Decimal, price: Decimal) -> Order:
        total = order.filled_qty + qty
        is_last = order.parts_done == order.execution.parts and order.execution.ends is Status.FILLED
        fill = Fill(
            id=uuid5(order.id, f"fill {len(order.fills)}"),
            at=at,
            order_id=order.id,
            asset=order.asset,
            side=order.request.side,
            qty=qty,
            price=price,
            total_qty=total,
            # A notional order's rest has no number of shares before it is bought: Alpaca's price decides.
            left_qty=Decimal(0) if is_last else max(order.request.shares(price) - total, Decimal(0)),
        )
        self._book.fills.append(fill)
        return replace(order, fills=(*order.fills, fill), reserved=max(order.reserved - fill.amount, Decimal(0)))

    def _end(self, order: Order, status: Status, at: datetime) -> None:
        self._orders[order.id] = replace(order, ended=status, ended_at=at, reserved=Decimal(0))


def _life(asset: Asset, now: datetime) -> tuple[datetime, datetime | None]:
    """Return from when to when an order submitted now can fill."""
    if asset.is_crypto:
        return now, None
    # Alpaca: a day order sent outside hours waits for the next open, and lives until that session's close.
    session = open_session(now) or next_session(now)
    return max(now, session.opens), session.closes
