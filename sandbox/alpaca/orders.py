"""What an order is: as it was asked for, and what has become of it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
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
class Fill:
    """Hold one execution: shares or coins, at a price in dollars."""

    id: UUID
    at: datetime
    order_id: UUID
    asset: Asset
    side: Side
    qty: Decimal
    price: Decimal

    @property
    def fee_qty(self) -> Decimal:
        """Return the coins kept as a fee: Alpaca takes it from what was bought."""
        if self.asset.is_crypto and self.side is Side.BUY:
            return round_down(self.qty * CRYPTO_FEE)
        return Decimal(0)

    @property
    def amount(self) -> Decimal:
        """Return the dollars that changed hands, to the cent; a sale of crypto pays its fee in dollars."""
        gross = self.qty * self.price
        if self.asset.is_crypto and self.side is Side.SELL:
            gross -= gross * CRYPTO_FEE
        return to_cents(gross)

    @property
    def held_qty(self) -> Decimal:
        """Return what the fill adds to the position: negative for a sale."""
        return self.qty - self.fee_qty if self.side is Side.BUY else -self.qty


@dataclass(frozen=True, slots=True)
class Order:
    """Hold an accepted order.

    goes_live is when its market is open for it, fills_at when it executes, dies_at the close that expires it
    (None: never); reserved is the buying power in dollars it holds while it is open.
    """

    id: UUID
    request: OrderRequest
    asset: Asset
    submitted_at: datetime
    goes_live: datetime
    fills_at: datetime
    dies_at: datetime | None
    reserved: Decimal
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
