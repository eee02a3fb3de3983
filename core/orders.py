"""Orders: what we mean to buy or sell, what the broker says of it, and what became of it."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from core.money import Cents, as_text, round_to_cents
from core.symbols import AssetClass, asset_class


class Side(StrEnum):
    """Which way an order goes."""

    BUY = "buy"
    SELL = "sell"


class OrderState(StrEnum):
    """Where an order stands. `PLANNED` may or may not have been sent: only the broker knows until it is asked."""

    PLANNED = "planned"
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELED = "canceled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"

    @property
    def is_open(self) -> bool:
        """Whether the broker holds it and may still fill it."""
        return self in {OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED}

    @property
    def is_final(self) -> bool:
        """Whether nothing more can become of it."""
        return self not in {OrderState.PLANNED, OrderState.UNKNOWN} and not self.is_open


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """One order of a plan, before anything is sent.

    A purchase is of `notional` cents. A sale is of a `quantity` of shares or coins, which are worth about `notional`.
    """

    client_order_id: str
    sector: str
    symbol: str
    notional: Cents
    side: Side = Side.BUY
    quantity: Decimal | None = None

    @property
    def asset_class(self) -> AssetClass:
        """The class of what is bought."""
        return asset_class(self.symbol)


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """An order as the broker has it. `filled_quantity` counts shares or coins, `filled_price` is dollars for one.

    It is of `notional` cents, or of a `quantity` of shares or coins.
    """

    broker_id: str
    client_order_id: str
    symbol: str
    side: str
    notional: Cents | None
    state: OrderState
    filled_quantity: Decimal
    filled_price: Decimal | None
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the ledger: the intent and what became of it so far. `reason` is in words for a person."""

    intent: OrderIntent
    state: OrderState = OrderState.PLANNED
    broker_id: str | None = None
    filled_quantity: Decimal = Decimal(0)
    filled_price: Decimal | None = None
    reason: str | None = None

    @property
    def filled(self) -> Cents:
        """What was bought, or what a sale brought, in cents: quantity times price, to the nearest cent."""
        if self.filled_price is None:
            return 0
        return round_to_cents(self.filled_quantity * self.filled_price)

    @property
    def committed(self) -> Cents:
        """What the order has taken or may still take out of the account, in cents: nothing for a sale."""
        if self.intent.side is Side.SELL:
            return 0
        return self.filled if self.state.is_final else self.intent.notional


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker took the order."""

    order: BrokerOrder


@dataclass(frozen=True, slots=True)
class Rejected:
    """The broker refused the order for good, with its reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer that can be trusted came: the order may or may not exist."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing left this machine, and it is certain."""

    reason: str


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Nothing was taken: too many requests were made, or by the broker's clock it is too early. Try in `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NotFound:
    """The broker knows no order of this client order id."""


Submission = Accepted | Rejected | Unknown | NotSent | TurnedAway
LookUp = Accepted | NotFound | Unknown


def after(order: Order, answer: Submission) -> Order:
    """Return the order as the broker's answer leaves it."""
    match answer:
        case Accepted(found):
            return adopted(order, found)
        case Rejected(reason):
            return replace(order, state=OrderState.REJECTED, reason=reason)
        case Unknown(reason):
            return replace(order, state=OrderState.UNKNOWN, reason=reason)
        case NotSent(reason):
            return replace(order, state=OrderState.NOT_SENT, reason=reason)
        case TurnedAway():
            return order
        case _:
            assert_never(answer)


def adopted(order: Order, found: BrokerOrder) -> Order:
    """Return the order with what the broker says of it, if it is the order we meant.

    An order under our id that differs in symbol, side or amount is not ours to count: it is said, and left alone. A
    purchase's amount is its notional, a sale's its quantity.
    """
    if not _is_meant(order.intent, found):
        amount = as_text(found.notional) if found.notional is not None else "an amount of shares"
        return replace(
            order,
            state=OrderState.REJECTED,
            broker_id=found.broker_id,
            reason=f"the broker holds another order under its id ({found.side} {amount} of {found.symbol})",
        )
    return replace(
        order,
        state=found.state,
        broker_id=found.broker_id,
        filled_quantity=found.filled_quantity,
        filled_price=found.filled_price,
        reason=None,
    )


def _is_meant(intent: OrderIntent, found: BrokerOrder) -> bool:
    if (found.symbol, found.side) != (intent.symbol, intent.side):
        return False
    if intent.side is Side.SELL:
        return found.quantity == intent.quantity
    return found.notional == intent.notional
