"""How the account stands: every holding with what today and its whole life have brought, and the account as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from core import symbols
from core.activities import Activity, ActivityKind
from core.allocation import Allocation
from core.positions import Position, Quote
from core.reporting import performance, sector_returns
from core.reporting.performance import Performance
from core.reporting.sector_returns import LifeReturn
from core.reporting.snapshots import Holding, Snapshot
from core.symbols import AssetClass


@dataclass(frozen=True, slots=True)
class Line:
    """One holding. `name` is its sector's, or the symbol where it belongs to none.

    `position.change_today` is the fund against its previous close on the day that is told of.
    """

    name: str
    position: Position
    life: LifeReturn


@dataclass(frozen=True, slots=True)
class Standing:
    """The account on `day`: the sectors that are held, in the allocation's order, then what belongs to no sector.

    `late`: the day is over, and the figures are those of its daily bars. `notes` are whole sentences on what could not
    be read or known for sure. `unknown` are such sentences too, on activities of unknown kinds: all that there are;
    `news` on those that are dated since the day's end before, that day included: what Alpaca lists in the evening was
    not yet in its report.
    """

    day: date
    late: bool
    sectors: tuple[Line, ...]
    untracked: tuple[Line, ...]
    snapshot: Snapshot
    account: LifeReturn
    performance: Performance
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    news: tuple[str, ...] = ()

    @property
    def held(self) -> dict[str, Decimal | None]:
        """What is held of each symbol, in dollars; None where it is not known."""
        return {line.position.symbol: line.position.market_value for line in (*self.sectors, *self.untracked)}


def stand(
    allocation: Allocation,
    positions: Sequence[Position],
    snapshot: Snapshot,
    snapshots: Sequence[Snapshot],
    activities: Sequence[Activity],
    *,
    late: bool = False,
    notes: Sequence[str] = (),
) -> Standing:
    """Return how the account stands. `snapshot` is its state now, `snapshots` are the days before, `activities` all."""
    by_symbol = {position.symbol: position for position in positions}
    named = {sector.symbol: sector.name for sector in allocation.sectors}

    def line(name: str, position: Position) -> Line:
        return Line(name, position, sector_returns.of_symbol(position.symbol, position, activities))

    whole = sector_returns.of_account(positions, activities)
    measured = performance.measure(snapshots, activities, snapshot)
    before = max((one.day for one in snapshots if one.day < snapshot.day), default=date.min)
    return Standing(
        day=snapshot.day,
        late=late,
        sectors=tuple(line(name, by_symbol[symbol]) for symbol, name in named.items() if symbol in by_symbol),
        untracked=tuple(line(one.symbol, one) for one in positions if one.symbol not in named),
        snapshot=snapshot,
        account=whole,
        performance=measured,
        notes=tuple(notes),
        unknown=_unknown(activities),
        news=_unknown([one for one in activities if one.day >= before]),
    )


def with_coins(positions: Sequence[Position], quotes: Mapping[str, Quote]) -> tuple[Position, ...]:
    """Return the positions with each coin's change of today against its last daily bar, as its quote has it.

    A coin trades around the clock: the broker's own `change_today` counts from another hour.
    """
    return tuple(
        replace(one, change_today=quotes[one.symbol].change if one.symbol in quotes else None) if is_coin(one) else one
        for one in positions
    )


def is_coin(position: Position) -> bool:
    """Return whether a position is one of coins."""
    return symbols.asset_class(position.symbol) is AssetClass.CRYPTO


def snapshot_of(day: date, cash: Decimal, positions: Sequence[Position]) -> Snapshot:
    """Return the account's state as a snapshot."""
    holdings = tuple(Holding(one.symbol, one.quantity, one.cost_basis, one.market_value) for one in positions)
    return Snapshot(day, cash, holdings)


def at_close(snapshot: Snapshot, closes: Mapping[str, Mapping[date, Decimal]]) -> tuple[Position, ...]:
    """Return a past day's holdings as positions, valued and compared by its daily bars."""
    return tuple(_at_close(holding, snapshot.day, closes.get(holding.symbol, {})) for holding in snapshot.holdings)


def _at_close(holding: Holding, day: date, closes: Mapping[date, Decimal]) -> Position:
    price = closes.get(day)
    previous = max((one for one in closes if one < day), default=None)
    change = None
    if price is not None and previous is not None and closes[previous] > 0:
        change = price / closes[previous] - 1
    return Position(holding.symbol, holding.quantity, holding.cost_basis, price, holding.value, change)


def _unknown(activities: Sequence[Activity]) -> tuple[str, ...]:
    """Return a sentence for each kind of activity that nobody can tell deposit from gain by."""
    types: dict[str, Decimal] = {}
    for activity in activities:
        if activity.kind is ActivityKind.UNKNOWN:
            types[activity.type] = types.get(activity.type, Decimal(0)) + activity.amount
    return tuple(
        f"Alpaca lists activities of a kind that Allocator does not know ({type_}, ${amount:,.2f} in all): they count "
        "as gain or loss, not as deposits."
        for type_, amount in types.items()
    )
