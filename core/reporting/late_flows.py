"""Deposits and withdrawals that came on a day after its close report, and so are not in the snapshot it left."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate

from core.activities import Activity, ActivityKind
from core.reporting.snapshots import Snapshot

_HAIR = Decimal("0.05")
"""Dollars by which cash that is walked back may be off: fills are listed a hair below the cash that they took."""


def counted_in(snapshots: Iterable[Snapshot], now: Snapshot, activities: Sequence[Activity]) -> tuple[Snapshot, ...]:
    """Return the snapshots, oldest first, each with the flows of its own day that came after it was taken.

    Otherwise such a deposit would look like the next day's gain. It is recognised by the cash: walked back from `now`,
    the day's end has more than the snapshot by exactly the day's last flows. Any other difference is left alone.
    """
    to_undo = sorted(activities, key=lambda one: (one.day, one.id))
    cash = now.cash
    found: list[Snapshot] = []
    for snapshot in sorted(snapshots, key=lambda one: one.day, reverse=True):
        while to_undo and to_undo[-1].day > snapshot.day:
            cash -= to_undo.pop().amount
        flows = [one.amount for one in reversed(to_undo) if _is_flow_of(snapshot, one)]
        late = next((total for total in accumulate(flows) if abs(cash - snapshot.cash - total) <= _HAIR), None)
        found.append(
            snapshot if late is None or snapshot.reconstructed else replace(snapshot, cash=snapshot.cash + late)
        )
    return tuple(reversed(found))


def _is_flow_of(snapshot: Snapshot, activity: Activity) -> bool:
    return activity.day == snapshot.day and activity.kind is ActivityKind.FLOW
