"""Lots: when what is held was bought and for how much, first in, first out, and what a sale of it would realise."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from core.activities import Activity, ActivityKind
from core.orders import Order, Side
from core.positions import Position
from core.symbols import AssetClass, asset_class

_SHARED_OUT = {"SPLIT", "DIV"}
"""The broker's words for shares that come to holders in proportion: a split, and a dividend in shares."""

# Alpaca: at most 0.25% of a coin purchase is kept as the fee, and listed only at the end of the day.
_COIN_FEE = Decimal("0.0025")
_DUST = Decimal("1e-8")
_AGREEING = Decimal("0.005")
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of one purchase: shares or coins, and dollars for one; None where the cost is not on record."""

    acquired: date
    quantity: Decimal
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Lots:
    """What is held of a symbol by the records, the oldest first. `doubts` are clauses on what makes them unsure."""

    symbol: str
    lots: tuple[Lot, ...]
    doubts: tuple[str, ...] = ()

    @property
    def quantity(self) -> Decimal:
        """Shares or coins of all lots together."""
        return sum((lot.quantity for lot in self.lots), _ZERO)

    def after_selling(self, quantity: Decimal) -> "Lots":
        """Return what a sale of a quantity leaves, the oldest lots gone first."""
        kept, left = [], quantity
        for lot in self.lots:
            sold = min(lot.quantity, left)
            left -= sold
            if sold < lot.quantity:
                kept.append(replace(lot, quantity=lot.quantity - sold))
        return replace(self, lots=tuple(kept))

    def older_than(self, days: int, today: date) -> Decimal:
        """Return how much of it was bought more than so many days ago; all of it for 0 days."""
        old = (lot.quantity for lot in self.lots if not days or (today - lot.acquired).days > days)
        return sum(old, _ZERO)


@dataclass(frozen=True, slots=True)
class Realised:
    """What a sale gains or loses, in dollars. `losses`, zero or above, is what its losing lots lose, gains aside.

    `unknown` counts the shares or coins whose cost is not on record.
    """

    short_term: Decimal = _ZERO
    long_term: Decimal = _ZERO
    losses: Decimal = _ZERO
    unknown: Decimal = _ZERO

    @property
    def total(self) -> Decimal:
        """Short and long term together."""
        return self.short_term + self.long_term

    def __add__(self, other: "Realised") -> "Realised":
        return Realised(
            self.short_term + other.short_term,
            self.long_term + other.long_term,
            self.losses + other.losses,
            self.unknown + other.unknown,
        )


def with_fills(activities: Iterable[Activity], orders: Iterable[tuple[date, Order]]) -> tuple[Activity, ...]:
    """Return the activities with what our own orders filled and the broker's list does not show yet.

    Each order comes with the day of its run. The list lags, and what was bought today must be known today.
    """
    listed = tuple(activities)
    shown: dict[str, Decimal] = {}
    for one in listed:
        if one.kind is ActivityKind.TRADE and one.order_id is not None:
            shown[one.order_id] = shown.get(one.order_id, _ZERO) + abs(one.quantity)
    added = []
    for day, order in orders:
        identity = order.broker_id or order.intent.client_order_id
        lacking = order.filled_quantity - shown.get(identity, _ZERO)
        if lacking > _DUST and order.filled_price is not None:
            sign = 1 if order.intent.side is Side.BUY else -1
            added.append(
                Activity(
                    id=f"ours-{order.intent.client_order_id}",
                    type="FILL",
                    kind=ActivityKind.TRADE,
                    day=day,
                    amount=-sign * lacking * order.filled_price,
                    symbol=order.intent.symbol,
                    quantity=sign * lacking,
                    price=order.filled_price,
                    order_id=identity,
                )
            )
    return (*listed, *added)


def open_lots(symbol: str, activities: Iterable[Activity]) -> Lots:
    """Return what the records leave of a symbol's purchases when sales take the oldest first."""
    own = [one for one in activities if one.symbol == symbol]
    record = _Record()
    # A day's fees follow its trades, and purchases come ahead of sales: within a day the list's order is no time.
    for one in sorted(own, key=lambda one: (one.day, one.kind is ActivityKind.FEE, one.quantity < 0)):
        record.enter(one)
    return Lots(symbol, tuple(record.lots), tuple(record.doubts))


def realise(lots: Lots, quantity: Decimal, price: Decimal, day: date) -> Realised:
    """Return what selling a quantity at a price (dollars for one) on a day would gain or lose, the oldest lots first.

    Held for more than a year is long term. What is sold beyond the lots has an unknown cost.
    """
    gained, left = Realised(), quantity
    for lot in lots.lots:
        part = min(lot.quantity, left)
        if part <= 0:
            break
        left -= part
        if lot.cost is None:
            gained += Realised(unknown=part)
            continue
        gain = part * (price - lot.cost)
        losses = max(_ZERO, -gain)
        if day >= _long_term_from(lot.acquired):
            gained += Realised(long_term=gain, losses=losses)
        else:
            gained += Realised(short_term=gain, losses=losses)
    return gained + Realised(unknown=max(_ZERO, left))


def _long_term_from(acquired: date) -> date:
    """Return the first day on which a sale is long term.

    A holding period begins the day after the purchase and lasts more than a year (26 U.S.C. 1222; Rev. Rul. 66-7).
    """
    begins = acquired + timedelta(days=1)
    try:
        return begins.replace(year=begins.year + 1)
    except ValueError:
        return date(begins.year + 1, 3, 1)  # it began on 29 February


def unexplained(lots: Lots, held: Decimal) -> Decimal:
    """Return how much is held beyond the lots, below zero where less is; 0 for a coin's fee that is not listed yet."""
    beyond = held - lots.quantity
    slack = lots.quantity * _COIN_FEE if asset_class(lots.symbol) is AssetClass.CRYPTO else _ZERO
    return _ZERO if -slack - _DUST <= beyond <= _DUST else beyond


def disagreement(lots: Lots, position: Position) -> str | None:
    """Return a sentence on how the lots differ from what the broker says of the position, None when they agree.

    Alpaca follows costs in a way of its own: after a sale its basis may rightly differ from what the lots leave.
    """
    symbol = lots.symbol
    if unexplained(lots, position.quantity):
        return (
            f"The fills on record leave {_plain(lots.quantity)} of {symbol}, and Alpaca holds "
            f"{_plain(position.quantity)}: gains and holding days of it are not certain."
        )
    if lots.doubts:
        return f"The lots of {symbol} are not certain: {'; '.join(lots.doubts)}."
    if position.cost_basis is None:
        return f"Alpaca gives no cost of {symbol}, so its lots could not be checked."
    cost = sum((lot.quantity * lot.cost for lot in lots.lots if lot.cost is not None), _ZERO)
    if abs(cost - position.cost_basis) <= max(Decimal("0.01"), abs(position.cost_basis) * _AGREEING):
        return None
    return (
        f"By its lots {symbol} cost ${cost:,.2f}, by Alpaca's cost basis ${position.cost_basis:,.2f}: "
        "the gains told here follow the lots, first in, first out."
    )


class _Record:
    """A symbol's lots so far, followed activity by activity."""

    def __init__(self) -> None:
        self.lots: list[Lot] = []
        self.doubts: list[str] = []

    def enter(self, one: Activity) -> None:
        match one.kind:
            case ActivityKind.TRADE if one.quantity > 0:
                self.lots.append(Lot(one.day, one.quantity, -one.amount / one.quantity))
            case ActivityKind.TRADE:
                self._take(-one.quantity, newest_first=False)
            case ActivityKind.FEE:
                # A coin's fee comes out of the coins just bought.
                self._take(-one.quantity, newest_first=True)
            case ActivityKind.CORPORATE if one.type in _SHARED_OUT and one.quantity and not one.amount and self.lots:
                self._split(one.quantity)
            case _ if one.quantity > 0:
                self.lots.append(Lot(one.day, one.quantity, None))
                self.doubts.append(f"{one.type} of {one.day} brought shares without a price")
            case _ if one.quantity < 0:
                self._take(-one.quantity, newest_first=False)
                self.doubts.append(f"{one.type} of {one.day} took shares away")
            case _:
                pass

    def _take(self, quantity: Decimal, *, newest_first: bool) -> None:
        place = -1 if newest_first else 0
        while quantity > 0 and self.lots:
            lot = self.lots[place]
            if lot.quantity > quantity:
                self.lots[place] = replace(lot, quantity=lot.quantity - quantity)
                return
            quantity -= lot.quantity
            self.lots.pop(place)
        if quantity > _DUST:
            self.doubts.append(f"{_plain(quantity)} more were sold than bought on record")

    def _split(self, change: Decimal) -> None:
        """Give every lot its part of shares that came, or went, without money: its day and its whole cost stay."""
        before = sum((lot.quantity for lot in self.lots), _ZERO)
        ratio = (before + change) / before
        if ratio <= 0:
            self.lots.clear()
            self.doubts.append("a corporate action took all of it away")
            return
        self.lots = [
            replace(lot, quantity=lot.quantity * ratio, cost=None if lot.cost is None else lot.cost / ratio)
            for lot in self.lots
        ]


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"
