"""Day ends that nobody recorded, worked out from what is held now, what happened since, and daily closes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from core.activities import Activity, ActivityKind
from core.reporting.snapshots import Holding, Snapshot
from core.symbols import AssetClass, asset_class

Closes = Mapping[str, Mapping[date, Decimal]]

# Alpaca: 0.25% of a coin purchase is taken from the coins, and listed as an activity only at the end of the day.
_FEE_TO_COME = Decimal("0.0025")
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Reconstructed snapshots, oldest first, and whole sentences on what could not be worked out, and why."""

    snapshots: tuple[Snapshot, ...]
    notes: tuple[str, ...]


def reconstruct(days: Iterable[date], now: Snapshot, activities: Iterable[Activity], closes: Closes) -> Reconstruction:
    """Return the snapshots of missing trading days, none of them after `now`.

    `now` is the account at present, with every activity in it; `activities` reach back to the earliest missing day;
    `closes` are dollars by symbol and day. Cash and quantities are walked back activity by activity, the cost basis by
    average cost. A fund needs the day's own close; a coin without a bar that day is valued at the last one before.
    What cannot be known is None.
    """
    # A day's fees follow its trades: the list may name a coin's fee ahead of its purchase.
    to_undo = sorted(activities, key=lambda one: (one.day, one.kind is ActivityKind.FEE))
    account = _Account(now.cash, {holding.symbol: _Held.of(holding) for holding in now.holdings})
    found: list[Snapshot] = []
    for day in sorted(set(days), reverse=True):
        while to_undo and to_undo[-1].day > day:
            account.undo(to_undo.pop())
        found.append(account.at_the_end_of(day, closes))
    return Reconstruction(tuple(reversed(found)), account.said())


@dataclass(slots=True)
class _Held:
    """What was held of one symbol. `doubt` says why that is uncertain from here on backwards."""

    symbol: str
    quantity: Decimal = _ZERO
    cost: Decimal | None = None
    doubt: str | None = None

    @classmethod
    def of(cls, holding: Holding) -> "_Held":
        return cls(holding.symbol, holding.quantity, holding.cost_basis)

    @property
    def is_gone(self) -> bool:
        return self.quantity == 0 and self.doubt is None

    def undo(self, activity: Activity) -> None:
        quantity = activity.quantity
        match activity.kind:
            case ActivityKind.TRADE if quantity > 0:
                self.cost = None if self.cost is None else self.cost + activity.amount
            case ActivityKind.TRADE | ActivityKind.FEE if quantity:
                # What went took its share of the cost along: before, each one had cost the same.
                known = self.cost is not None and self.quantity > 0
                self.cost = self.cost * (self.quantity - quantity) / self.quantity if known and self.cost else None
            case ActivityKind.FLOW if quantity:
                self.cost = None
            case ActivityKind.CORPORATE | ActivityKind.UNKNOWN:
                self.cost = None
                self.doubt = f"{activity.type} of {activity.day} has changed {self.symbol}"
            case _:
                pass
        self.quantity -= quantity
        if activity.kind is ActivityKind.TRADE and -quantity * _FEE_TO_COME <= self.quantity < 0 and self._is_coin:
            self.quantity = _ZERO
        if self.quantity < 0 and self.doubt is None:
            self.doubt = f"more {self.symbol} was bought on {activity.day} and later than is accounted for"
        if self.cost is not None and self.cost < 0:
            self.cost = None

    @property
    def _is_coin(self) -> bool:
        return asset_class(self.symbol) is AssetClass.CRYPTO

    def valued(self, day: date, closes: Closes) -> Holding:
        close = self._close(day, closes.get(self.symbol, {}))
        value = None if close is None or self.doubt else self.quantity * close
        return Holding(self.symbol, self.quantity, None if self.doubt else self.cost, value)

    def _close(self, day: date, closes: Mapping[date, Decimal]) -> Decimal | None:
        if day in closes or not self._is_coin:
            return closes.get(day)
        last = max((bar for bar in closes if bar < day), default=None)
        return None if last is None else closes[last]


@dataclass(slots=True)
class _Account:
    """The account as it was, further and further back."""

    cash: Decimal
    held: dict[str, _Held]
    unvalued: dict[str, list[date]] = field(default_factory=dict)
    doubts: dict[str, list[date]] = field(default_factory=dict)

    def undo(self, activity: Activity) -> None:
        self.cash -= activity.amount
        if activity.symbol is not None:
            self.held.setdefault(activity.symbol, _Held(activity.symbol)).undo(activity)

    def at_the_end_of(self, day: date, closes: Closes) -> Snapshot:
        holdings = []
        for symbol, held in sorted(self.held.items()):
            if held.is_gone:
                continue
            holding = held.valued(day, closes)
            holdings.append(holding)
            if held.doubt:
                self.doubts.setdefault(held.doubt, []).append(day)
            elif holding.value is None:
                self.unvalued.setdefault(symbol, []).append(day)
        return Snapshot(day, self.cash, tuple(holdings), reconstructed=True)

    def said(self) -> tuple[str, ...]:
        return (
            *(
                f"{doubt[0].upper()}{doubt[1:]}: what was held of it up to {max(days)} is not known."
                for doubt, days in self.doubts.items()
            ),
            *(
                f"There is no closing price of {symbol} for {_stretch(days)}: its value then is not known."
                for symbol, days in self.unvalued.items()
            ),
        )


def _stretch(days: list[date]) -> str:
    if len(days) == 1:
        return str(days[0])
    return f"{len(days)} days from {min(days)} to {max(days)}"
