"""What the broker's list of positions does not show yet, told by the fills of our own orders."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from core.activities import Activity, ActivityKind
from core.orders import Order, Side
from core.positions import Position
from core.reporting.snapshots import Snapshot
from core.symbols import AssetClass, asset_class

# Alpaca: at most 0.25% of a coin purchase is kept as the fee, out of the coins.
_COIN_FEE = Decimal("0.0025")
_DUST = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class Missing:
    """Shares or coins of a symbol, bought and not in the list yet; below zero: sold, and in the list still.

    `price` is dollars for one, by its fills.
    """

    symbol: str
    quantity: Decimal
    price: Decimal


def lagging(
    positions: Iterable[Position], filled: Iterable[Order], activities: Iterable[Activity], before: Snapshot | None
) -> tuple[Missing, ...]:
    """Return what was bought or sold and does not show yet, by symbol.

    `filled` are the orders since the end of `before`, the last snapshot ahead of the first of them, None when there is
    none; `activities` are the account's, older ones too. A symbol must show what it showed then, with what our orders
    and all other trades since made of it, less a coin's fee. What is missing is never more than our orders bought. A
    symbol that shows more than our sales explain, or that a corporate or an unknown activity touched since, is not
    judged.
    """
    shown = {position.symbol: position.quantity for position in positions}
    held = {holding.symbol: holding.quantity for holding in before.holdings} if before else {}
    ours = _fills(filled)
    broker_ids = {order.broker_id for orders in ours.values() for order in orders}
    others: defaultdict[str, Decimal] = defaultdict(Decimal)
    unsure: set[str] = set()
    for activity in activities:
        if activity.symbol is None or (before is not None and _is_in(before, activity)):
            continue
        if activity.kind in {ActivityKind.CORPORATE, ActivityKind.UNKNOWN}:
            unsure.add(activity.symbol)
        elif activity.kind is not ActivityKind.FEE and activity.order_id not in broker_ids:
            others[activity.symbol] += activity.quantity
    found: list[Missing] = []
    for symbol, orders in sorted(ours.items()):
        bought, sold = _quantity(orders, Side.BUY), _quantity(orders, Side.SELL)
        arriving = bought * (1 - _COIN_FEE) if asset_class(symbol) is AssetClass.CRYPTO else bought
        expected = held.get(symbol, Decimal(0)) + others[symbol] + arriving - sold
        lacking = min(arriving, expected - shown.get(symbol, Decimal(0)))
        # A coin's fee is at most what was reckoned with, so a little more than expected is no sale that does not show.
        unseen = lacking > _DUST or _DUST + bought - arriving < -lacking <= _DUST + sold
        if unseen and symbol not in unsure:
            found.append(Missing(symbol, lacking, _price(orders)))
    return tuple(found)


def completed(positions: Iterable[Position], missing: Iterable[Missing]) -> tuple[Position, ...]:
    """Return the positions with what is missing added: its cost at the fills, its value at the position's price.

    What was sold takes its part of the cost with it, and a position of which nothing is left is gone.

    A symbol that is not in the list at all is valued at its fills, and its change of today is not known.
    """
    lacking = {one.symbol: one for one in missing}
    listed = [_with(position, lacking.pop(position.symbol, None)) for position in positions]
    # A coin's dust stays listed; what was sold whole does not.
    kept = (position for position in listed if position.quantity or position.market_value is None)
    return (*kept, *(_new(one) for one in lacking.values() if one.quantity > 0))


def _is_in(snapshot: Snapshot, activity: Activity) -> bool:
    """Return whether the snapshot has the activity in it already.

    On its own day only a reconstructed one has all of them: what was sold that evening came after the close report.
    """
    if activity.day == snapshot.day and not snapshot.reconstructed:
        return activity.quantity >= 0
    return activity.day <= snapshot.day


def _fills(orders: Iterable[Order]) -> dict[str, list[Order]]:
    found: defaultdict[str, list[Order]] = defaultdict(list)
    for order in orders:
        if order.filled_quantity > 0 and order.filled_price is not None:
            found[order.intent.symbol].append(order)
    return found


def _quantity(orders: Iterable[Order], side: Side) -> Decimal:
    return sum((order.filled_quantity for order in orders if order.intent.side is side), Decimal(0))


def _price(orders: Iterable[Order]) -> Decimal:
    """Return what one cost on average, in dollars; every order has a fill."""
    fills = [(order.filled_quantity, order.filled_price or Decimal(0)) for order in orders]
    return sum((quantity * price for quantity, price in fills), Decimal(0)) / sum(quantity for quantity, _ in fills)


def _with(position: Position, missing: Missing | None) -> Position:
    if missing is None:
        return position
    cost, value = position.cost_basis, position.market_value
    price = missing.price if position.price is None else position.price
    if missing.quantity < 0 and position.quantity > 0:
        left = max(Decimal(0), position.quantity + missing.quantity)
        part = left / position.quantity
        return replace(
            position,
            quantity=left,
            cost_basis=None if cost is None else cost * part,
            market_value=None if value is None else value * part,
        )
    return replace(
        position,
        quantity=position.quantity + missing.quantity,
        cost_basis=None if cost is None else cost + missing.quantity * missing.price,
        market_value=None if value is None else value + missing.quantity * price,
    )


def _new(missing: Missing) -> Position:
    cost = missing.quantity * missing.price
    return Position(missing.symbol, missing.quantity, cost, missing.price, cost, change_today=None)
