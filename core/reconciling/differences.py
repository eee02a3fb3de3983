"""Whether the ledger and the broker agree: on our orders, on what is held, and on what moved the account's money."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import assert_never

from core.activities import Activity, ActivityKind
from core.money import round_to_cents
from core.orders import BrokerOrder, Order, OrderIntent, Side, adopted
from core.positions import Position
from core.runs import RunKey
from core.schedule import Routine
from core.symbols import AssetClass, asset_class

READ_AGAIN = timedelta(days=30)
"""How far back of the newest one that it knows a report reads activities again."""

# Alpaca: at most 0.25% of a coin purchase is kept as the fee, out of the coins, and listed as such on the next day.
_COIN_FEE = Decimal("0.0025")
_DUST = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class OrderGone:
    """The ledger says that the broker has the order, and the broker does not list it."""

    key: RunKey
    order: Order


@dataclass(frozen=True, slots=True)
class OrderDiffers:
    """The broker says something else of the order than the ledger; `becomes` is what the ledger would say then."""

    key: RunKey
    order: Order
    becomes: Order


@dataclass(frozen=True, slots=True)
class OrderUnrecorded:
    """The broker lists an order under an id of ours that is not in the ledger.

    `key` is the run that it belongs to by its id, None when the id or the order is nothing that Allocator can make.
    """

    found: BrokerOrder
    key: RunKey | None


@dataclass(frozen=True, slots=True)
class HoldingDiffers:
    """A symbol of which the broker shows more or less than the books add up to; `why` where that is known."""

    symbol: str
    expected: Decimal
    shown: Decimal
    why: str = ""


@dataclass(frozen=True, slots=True)
class ActivityUnkept:
    """The broker lists an activity that the books do not have. `overdue`: no report will read it by itself."""

    activity: Activity
    overdue: bool


@dataclass(frozen=True, slots=True)
class ActivityGone:
    """The books have an activity that the broker does not list any more."""

    activity: Activity


Difference = OrderGone | OrderDiffers | OrderUnrecorded | HoldingDiffers | ActivityUnkept | ActivityGone


def orders(
    recorded: Iterable[tuple[RunKey, Order]], listed: Iterable[BrokerOrder], account: str
) -> tuple[OrderGone | OrderDiffers | OrderUnrecorded, ...]:
    """Compare our orders of a stretch of time: the ledger's, and all that the broker lists of it.

    An order that the ledger does not believe to be with the broker is no difference while the broker does not know it.
    """
    at_broker = {order.client_order_id: order for order in listed if order.client_order_id.startswith(f"{account}-")}
    found: list[OrderGone | OrderDiffers | OrderUnrecorded] = []
    for key, order in recorded:
        theirs = at_broker.pop(order.intent.client_order_id, None)
        if theirs is None:
            if order.broker_id is not None:
                found.append(OrderGone(key, order))
        elif _facts(becomes := adopted(order, theirs)) != _facts(order):
            found.append(OrderDiffers(key, order, becomes))
    unrecorded = sorted(at_broker.values(), key=lambda order: order.client_order_id)
    return (*found, *(OrderUnrecorded(order, run_of(order, account)) for order in unrecorded))


def run_of(order: BrokerOrder, account: str) -> RunKey | None:
    """Return the run that an order belongs to by its id; None when the order is none that Allocator can have made."""
    parts = re.fullmatch(rf"{re.escape(account)}-(\d{{8}})-([a-z_]+)-(\d+)-.+", order.client_order_id)
    amounts = {Side.BUY.value: order.notional, Side.SELL.value: order.quantity}
    if parts is None or amounts.get(order.side) is None:
        return None
    try:
        key = RunKey(account, Routine(parts[2]), date.fromisoformat(parts[1]), int(parts[3]))
        return key if key.client_order_id(order.symbol, Side(order.side)) == order.client_order_id else None
    except ValueError:
        return None


def recorded_late(found: BrokerOrder, sector: str) -> Order:
    """Return an order of ours, which `run_of` knows, as the ledger would have it."""
    if found.side == Side.SELL:
        # What it was worth when it was planned is not known; what it brought is the best guess.
        worth = max(1, round_to_cents(found.filled_quantity * (found.filled_price or 0)))
        intent = OrderIntent(found.client_order_id, sector, found.symbol, worth, Side.SELL, found.quantity)
    else:
        intent = OrderIntent(found.client_order_id, sector, found.symbol, found.notional or 0)
    return adopted(Order(intent), found)


def holdings(
    activities: Iterable[Activity], recorded: Iterable[Order], positions: Iterable[Position]
) -> tuple[HoldingDiffers, ...]:
    """Compare what the broker shows with what all activities since the account was opened, and our fills, add up to.

    A fill of ours counts as soon as the ledger has it. Of coins, the fee that is not listed yet may be missing.
    """
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    of_order: defaultdict[str, Decimal] = defaultdict(Decimal)
    for activity in activities:
        if activity.symbol is not None:
            sums[activity.symbol].count(activity)
        if activity.order_id is not None:
            of_order[activity.order_id] += activity.quantity
    for order in recorded:
        if order.broker_id is not None:
            unlisted = max(Decimal(0), order.filled_quantity - abs(of_order[order.broker_id]))
            if order.intent.side is Side.SELL:
                sums[order.intent.symbol].gone += unlisted
            else:
                sums[order.intent.symbol].fresh += unlisted
    shown: defaultdict[str, Decimal] = defaultdict(Decimal)
    for position in positions:
        shown[position.symbol] += position.quantity
    compared = (sums[symbol].compared(symbol, shown[symbol]) for symbol in sorted({*sums, *shown}))
    return tuple(one for one in compared if one is not None)


def activities(
    kept: Sequence[Activity], listed: Sequence[Activity], *, since: date | None = None
) -> tuple[ActivityUnkept | ActivityGone, ...]:
    """Compare the books' activities with the broker's; `since` is from which day on the broker's were read."""
    newest = max((one.day for one in kept), default=None)
    ours, theirs = _by_id(kept), _by_id(listed)
    unkept = [one for id_, one in theirs.items() if id_ not in ours]
    gone = [one for id_, one in ours.items() if id_ not in theirs and (since is None or one.day > since)]
    return (
        *(ActivityUnkept(one, newest is not None and one.day < newest - READ_AGAIN) for one in unkept),
        *(ActivityGone(one) for one in gone),
    )


def is_grave(difference: Difference) -> bool:
    """Tell whether the difference stays unless somebody acts; the others pass as the service goes on."""
    match difference:
        case OrderDiffers(_, order, _):
            return order.state.is_final
        case HoldingDiffers():
            return not difference.why
        case ActivityUnkept():
            return difference.overdue
        case OrderGone() | OrderUnrecorded() | ActivityGone():
            return True
        case _:
            assert_never(difference)


@dataclass(slots=True)
class _Sum:
    """What the books add up to for one symbol: activities, and our fills that are none yet (`fresh`; `gone`: sold)."""

    listed: Decimal = Decimal(0)
    bought: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    fresh: Decimal = Decimal(0)
    gone: Decimal = Decimal(0)
    is_unsure: bool = False

    def count(self, activity: Activity) -> None:
        self.listed += activity.quantity
        match activity.kind:
            case ActivityKind.CORPORATE | ActivityKind.UNKNOWN:
                self.is_unsure = True
            case ActivityKind.FEE:
                self.fees -= activity.quantity
            case _:
                self.bought += max(Decimal(0), activity.quantity)

    def compared(self, symbol: str, shown: Decimal) -> HoldingDiffers | None:
        expected = self.listed + self.fresh - self.gone
        is_coin = asset_class(symbol) is AssetClass.CRYPTO
        fee = (self.bought + self.fresh) * _COIN_FEE - self.fees if is_coin else Decimal(0)
        if expected - max(Decimal(0), fee) - _DUST <= shown <= expected + _DUST:
            return None
        if self.is_unsure:
            why = "An activity that changes holdings in a way Allocator cannot reckon with touched it"
        elif 0 < expected - shown <= self.fresh + _DUST or 0 < shown - expected <= self.gone + _DUST:
            why = "Alpaca's list can lag fills by seconds"
        else:
            why = ""
        return HoldingDiffers(symbol, expected, shown, why)


def _facts(order: Order) -> tuple[object, ...]:
    return order.state, order.broker_id, order.filled_quantity, order.filled_price


def _by_id(found: Iterable[Activity]) -> dict[str, Activity]:
    return {one.id: one for one in found}
