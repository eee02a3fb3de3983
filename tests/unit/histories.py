"""Activities, positions and day ends for the tests of what is made of them, in few words."""

from datetime import date
from decimal import Decimal
from itertools import count

from core.activities import Activity, ActivityKind
from core.positions import Position
from core.reporting.snapshots import Holding, Snapshot

MONDAY = date(2026, 11, 16)

_number = count(1)

Number = str | int | Decimal


def day(number: int) -> date:
    """Return a day of November 2026; the 16th is a Monday."""
    return date(2026, 11, number)


def trade(on: date, symbol: str, quantity: Number, price: Number, order_id: str | None = None) -> Activity:
    """Return a purchase, or with a negative quantity a sale."""
    amount = -Decimal(quantity) * Decimal(price)
    return Activity(_id(), "FILL", ActivityKind.TRADE, on, amount, symbol, Decimal(quantity), Decimal(price), order_id)


def flow(on: date, amount: Number) -> Activity:
    """Return a deposit, or with a negative amount a withdrawal."""
    return Activity(_id(), "CSD", ActivityKind.FLOW, on, Decimal(amount))


def other(
    kind: ActivityKind,
    on: date,
    amount: Number,
    symbol: str | None = None,
    *,
    quantity: Number = 0,
    type_: str = "OTHER",
) -> Activity:
    """Return an activity that is neither a trade nor a flow."""
    return Activity(_id(), type_, kind, on, Decimal(amount), symbol, Decimal(quantity))


def coin_fee(on: date, symbol: str, coins: Number, price: Number | None) -> Activity:
    """Return the fee of a coin's purchase, taken from the coins."""
    at = None if price is None else Decimal(price)
    return Activity(_id(), "CFEE", ActivityKind.FEE, on, Decimal(0), symbol, -Decimal(coins), at)


def position(symbol: str, quantity: Number, cost: Number | None, value: Number | None) -> Position:
    """Return a holding whose price follows from its value."""
    worth = None if value is None else Decimal(value)
    price = None if worth is None else worth / Decimal(quantity)
    return Position(symbol, Decimal(quantity), None if cost is None else Decimal(cost), price, worth, Decimal(0))


def snapshot(on: date, cash: Number, *holdings: Holding) -> Snapshot:
    """Return a day's end."""
    return Snapshot(on, Decimal(cash), holdings)


def holding(symbol: str, quantity: Number, cost: Number | None, value: Number | None) -> Holding:
    """Return what is held of a symbol at a day's end."""
    return Holding(
        symbol,
        Decimal(quantity),
        None if cost is None else Decimal(cost),
        None if value is None else Decimal(value),
    )


def _id() -> str:
    # Sorted as text, as the broker's are: the hundredth must come after the ninety-ninth.
    return f"activity {next(_number):09}"
