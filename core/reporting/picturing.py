"""What the pictures are to show, from the figures that the words are made of."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate

from core.activities import Activity
from core.reporting.measures import Measure, NotMeasurable
from core.reporting.performance import flows
from core.reporting.pictures import AccountValue, Returns, Weights
from core.reporting.snapshots import Snapshot
from core.reporting.variance import Variance

MOST_POINTS = 260


def weights(day: date, variance: Variance) -> Weights:
    """Return target against actual weight of each sector."""
    return Weights(day, tuple((row.sector.name, row.target, row.actual) for row in variance.sectors))


def returns(day: date, sectors: Iterable[tuple[str, Measure]]) -> Returns:
    """Return the sectors' price returns in percent, from their names and fractions."""
    return Returns(
        day, tuple((name, None if isinstance(found, NotMeasurable) else found * 100) for name, found in sectors)
    )


def account_value(snapshots: Iterable[Snapshot], activities: Iterable[Activity], now: Snapshot) -> AccountValue | None:
    """Return the account's value by day, at most 260 days of it, evenly spread; None before there are two.

    The money put in is the first value, and the deposits less the withdrawals since. Days without a known value are
    left out.
    """
    past = sorted((one for one in snapshots if one.day < now.day), key=lambda snapshot: snapshot.day)
    known = [(one.day, one.equity) for one in (*past, now) if one.equity is not None]
    if len(known) < 2:
        return None
    (first, opening), (last, _) = known[0], known[-1]
    moved = tuple((day, amount) for day, amount in flows(activities) if first < day <= last)
    sums = list(accumulate((amount for _, amount in moved), initial=opening))
    put_in = [(day, value, sums[sum(moment <= day for moment, _ in moved)]) for day, value in known]
    return AccountValue(tuple(_thinned(put_in)), moved)


def _thinned(points: Sequence[tuple[date, Decimal, Decimal]]) -> list[tuple[date, Decimal, Decimal]]:
    """Return the points, at most `MOST_POINTS`, the first and the last among them."""
    steps = min(len(points), MOST_POINTS) - 1
    return [points[step * (len(points) - 1) // steps] for step in range(steps + 1)]
