"""Reading the account as a whole: positions that show every fill, activities that are kept, days that were missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from core.allocation import Allocation
from core.calendar import MarketClock, TradingDay
from core.money import in_dollars, round_to_cents
from core.ports import BrokerAway, Ports
from core.positions import Position, Quote
from core.reporting import standing
from core.reporting.late_flows import counted_in
from core.reporting.reconstruction import reconstruct
from core.reporting.snapshots import Snapshot
from core.reporting.standing import Standing
from core.routines.positions import keep_activities, shown_positions

QUOTE_PAUSE = 2.0
"""Seconds until coins' prices that could not be read are asked for once more."""

LONGEST_HISTORY = timedelta(days=366)
"""How far back missing days are worked out."""

BARS_BEFORE = timedelta(days=10)
"""How much earlier the daily bars begin, so that each day has one before it, whatever holidays there are."""

Closes = Mapping[str, Mapping[date, Decimal]]


@dataclass(frozen=True, slots=True)
class Reading:
    """The account as it was read, and every earlier day's end that is known, oldest first.

    `new_snapshots` are those of them that were worked out on the way, to be kept.
    """

    standing: Standing
    history: tuple[Snapshot, ...]
    new_snapshots: tuple[Snapshot, ...]


def read(
    allocation: Allocation, days: Sequence[TradingDay], clock: MarketClock, ports: Ports, *, on: date | None = None
) -> Reading:
    """Return how the account stands now, or how it stood at the end of the trading day `on`, by that day's bars.

    `days` are the trading days from the last one before the first start on; those without a snapshot are worked out.
    Raises BrokerAway when the broker cannot be read.
    """
    keep_activities(ports)
    positions, notes = shown_positions(ports)
    activities, known = ports.ledger.activities(), ports.ledger.snapshots()
    now = standing.snapshot_of(clock.today, ports.broker.account().cash, positions)
    missing = _missing(known, days, clock.today)
    closes, more = _closes(now, [one.symbol for one in activities if one.symbol], missing, ports, needed=on)
    made = reconstruct(missing if closes is not None else [], now, activities, closes or {})
    new = tuple(_to_the_cent(one) for one in made.snapshots)
    recorded = counted_in(known, now, activities)
    past = sorted((*recorded, *new), key=lambda one: one.day)
    earlier = tuple(one for one in past if one.day < (on or clock.today))
    notes = (*notes, *more, *made.notes)
    if on is None:
        positions, more = _with_coins(positions, ports)
        stands = standing.stand(allocation, positions, now, earlier, activities, notes=(*notes, *more))
        return Reading(stands, earlier, new)
    (then,) = (one for one in past if one.day == on)
    stands = standing.stand(
        allocation,
        standing.at_close(then, closes or {}),
        then,
        earlier,
        [one for one in activities if one.day <= on],
        late=True,
        notes=notes,
    )
    return Reading(stands, earlier, new)


def _with_coins(positions: tuple[Position, ...], ports: Ports) -> tuple[tuple[Position, ...], tuple[str, ...]]:
    """Return the positions with the coins' changes of today; that these cannot be read costs nothing else."""
    coins = [one.symbol for one in positions if standing.is_coin(one)]
    quotes: Mapping[str, Quote] = {}
    notes: tuple[str, ...] = ()
    if coins:
        try:
            quotes = _quotes(coins, ports)
        except BrokerAway as away:
            notes = (f"The coins' prices could not be read ({away}), so their change of today is not known.",)
    return standing.with_coins(positions, quotes), notes


def _quotes(coins: Sequence[str], ports: Ports) -> Mapping[str, Quote]:
    try:
        return ports.broker.quotes(coins)
    except BrokerAway as away:
        if ports.pace.wait(max(QUOTE_PAUSE, away.wait)):
            raise
        return ports.broker.quotes(coins)


def _missing(known: Sequence[Snapshot], days: Sequence[TradingDay], today: date) -> list[date]:
    kept = {one.day for one in known}
    return [day.day for day in days if today - LONGEST_HISTORY <= day.day < today and day.day not in kept]


def _to_the_cent(snapshot: Snapshot) -> Snapshot:
    # Alpaca rounds an order's shares, so its fill is a hair less than the cash that went: walked back, it would stay.
    return replace(snapshot, cash=in_dollars(round_to_cents(snapshot.cash)))


def _closes(
    now: Snapshot, traded: Sequence[str], missing: Sequence[date], ports: Ports, *, needed: date | None
) -> tuple[Closes | None, tuple[str, ...]]:
    """Return the daily closes for the missing days, None when they cannot be read; then the next report tries again.

    They reach to the day that they are `needed` for, if there is one; then they must be read.
    """
    wanted = sorted({one.symbol for one in now.holdings} | set(traded))
    days = [*missing, *([needed] if needed else [])]
    if not days or not wanted:
        return {}, ()
    try:
        return ports.broker.closes(wanted, min(days) - BARS_BEFORE, max(days)), ()
    except BrokerAway as away:
        if needed:
            raise
        return None, (f"The days before could not be worked out yet: their prices could not be read ({away}).",)
