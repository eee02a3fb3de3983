"""What an order is: as it was asked for, and what has become of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import Enum
from uuid import UUID

from sandbox.alpaca.amounts import round_down, to_cents
from sandbox.alpaca.assets import Asset

# Alpaca's lowest tier: 0.25% of what is traded.
CRYPTO_FEE = Decimal("0.0025")


class Side(Enum):
    """Say whether an order buys or sells."""

    BUY = "buy"
    SELL = "sell"


class TimeInForce(Enum):
    """Say how long an order lives; the values are Alpaca's."""

    DAY = "day"
    GTC = "gtc"
    OPG = "opg"
    CLS = "cls"
    IOC = "ioc"
    FOK = "fok"


class Status(Enum):
    """Say how far an order has come; the values are Alpaca's."""

    ACCEPTED = "accepted"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """Hold a well-formed request for a market order: dollars (notional) or shares (qty), one of the two."""

    symbol: str
    side: Side
    notional: Decimal | None
    qty: Decimal | None
    time_in_force: TimeInForce
    client_order_id: str

    @property
    def is_fractional(self) -> bool:
        """Tell whether it may end in a part of a share."""
        return self.qty is None or self.qty != self.qty.to_integral_value()

    def cost(self, price: Decimal) -> Decimal:
        """Return its size in dollars at a price."""
        if self.notional is not None:
            return to_cents(self.notional)
        return to_cents((self.qty or Decimal(0)) * price)

    def shares(self, price: Decimal) -> Decimal:
        """Return its size in shares or coins at a price, with at most 9 decimals, rounded down."""
        if self.qty is not None:
            return self.qty
        return round_down((self.notional or Decimal(0)) / price)


@dataclass(frozen=True, slots=True)
class Execution:
    """Say how orders execute: `parts` equal fills, `every` so often, of a fraction (0 to 1) of what was asked.

    ends is what becomes of an order whose fraction is below 1: Alpaca's collar on market orders leaves it filled with
    less than its notional, or canceled.
    """

    parts: int = 1
    every: timedelta = timedelta(0)
    fraction: Decimal = Decimal(1)
    ends: Status = Status.FILLED

    def __post_init__(self) -> None:
        if self.parts < 1:
            raise ValueError(f"parts is {self.parts}, must be at least 1")
        if self.every < timedelta(0):
            raise ValueError(f"every is {self.every}, must not be negative")
        if not 0 <= self.fraction <= 1:
            raise ValueError(f"fraction is {self.fraction}, must be from 0 to 1")
        if self.ends not in {Status.FILLED, Status.CANCELED}:
            raise ValueError(f"ends is {self.ends.value}, must be filled or canceled")
        if self.fraction == 0 and self.ends is Status.FILLED:
            raise ValueError("an order that fills nothing cannot end filled: let it end canceled")


@dataclass(frozen=True, slots=True)
class Fill:
    """Hold one execution: shares or coins, at a price in dollars.

    total_qty is what the order has filled with this, left_qty what it could still fill.
    """

    id: UUID
    at: datetime
    order_id: UUID
    asset: Asset
    side: Side
    qty: Decimal
    price: Decimal
    total_qty: Decimal
    left_qty: Decimal

    @property
    def fee_qty(self) -> Decimal:
        """Return the coins kept as a fee: Alpaca takes it from what was bought."""
        if self.asset.is_crypto and self.side is Side.BUY:
            return round_down(self.qty * CRYPTO_FEE)
        return Decimal(0)

    @property
    def fee_dollars(self) -> Decimal:
        """Return the dollars kept as a fee, to the cent: a sale of crypto pays from its proceeds."""
        if self.asset.is_crypto and self.side is Side.SELL:
            return to_cents(self.qty * self.price * CRYPTO_FEE)
        return Decimal(0)

    @property
    def amount(self) -> Decimal:
        """Return the dollars that changed hands, to the cent, fee taken off."""
        return to_cents(self.qty * self.price) - self.fee_dollars

    @property
    def held_qty(self) -> Decimal:
        """Return what the fill adds to the position: negative for a sale."""
        return self.qty - self.fee_qty if self.side is Side.BUY else -self.qty


@dataclass(frozen=True, slots=True)
class Order:
    """Hold an accepted order.

    goes_live is when its market is open for it, fills_at when it executes next, dies_at the close that expires it
    (None: never); reserved is the buying power in dollars it holds while it is open; parts_done counts the parts of
    its execution that are over.
    """

    id: UUID
    request: OrderRequest
    asset: Asset
    submitted_at: datetime
    goes_live: datetime
    fills_at: datetime
    dies_at: datetime | None
    reserved: Decimal
    execution: Execution
    parts_done: int = 0
    fills: tuple[Fill, ...] = ()
    ended: Status | None = None
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it can still fill."""
        return self.ended is None

    @property
    def filled_qty(self) -> Decimal:
        """Return the shares or coins bought or sold so far."""
        return sum((fill.qty for fill in self.fills), Decimal(0))

    @property
    def spent(self) -> Decimal:
        """Return the dollars that its fills have moved so far, before fees."""
        return sum((fill.amount + fill.fee_dollars for fill in self.fills), Decimal(0))

    @property
    def changed_at(self) -> datetime:
        """Return when something last happened to it."""
        return self.ended_at or (self.fills[-1].at if self.fills else self.submitted_at)

    def next_part(self, price: Decimal) -> Decimal:
        """Return the shares or coins of its next fill at a price; the last part takes what rounding has left."""
        request, execution = self.request, self.execution
        is_last = self.parts_done == execution.parts - 1
        if request.notional is not None:
            wanted = to_cents(request.notional * execution.fraction)
            dollars = wanted - self.spent if is_last else to_cents(wanted / execution.parts)
            return round_down(max(min(dollars, wanted - self.spent), Decimal(0)) / price)
        wanted = self._whole(request.shares(price) * execution.fraction)
        part = wanted - self.filled_qty if is_last else self._whole(wanted / execution.parts)
        return min(part, wanted - self.filled_qty)

    def _whole(self, qty: Decimal) -> Decimal:
        # Who asks for whole shares fills in whole shares; everybody else to 9 decimals.
        whole_only = not self.asset.is_crypto and not self.request.is_fractional
        return qty.to_integral_value(ROUND_DOWN) if whole_only else round_down(qty)

    @property
    def filled_price(self) -> Decimal | None:
        """Return the average price of the fills in dollars, None without any."""
        if not self.fills:
            return None
        return sum((fill.qty * fill.price for fill in self.fills), Decimal(0)) / self.filled_qty

    def status(self, now: datetime) -> Status:
        """Return its state: accepted while it waits for its market to open, then new."""
        if self.ended is not None:
            return self.ended
        if self.fills:
            return Status.PARTIALLY_FILLED
        return Status.NEW if now >= self.goes_live else Status.ACCEPTED
