"""Positions that show every fill, and the activities that explain them."""

from datetime import date, timedelta

from core.ports import Ports
from core.positions import Position
from core.reconciling import lagging as reconciling

LAG_PAUSES = (1.0, 2.0, 3.0, 4.0)
"""Seconds between looks at a position list that does not show all fills yet."""

OVERLAP = timedelta(days=30)
"""How far back known activities are read again: Alpaca dates some of them earlier than it lists them."""


def keep_activities(ports: Ports) -> None:
    """Keep the broker's activities that are not known yet. Raises BrokerAway."""
    known = ports.ledger.activities()
    ports.ledger.keep_activities(ports.broker.activities(known[-1].day - OVERLAP if known else None))


def shown_positions(ports: Ports) -> tuple[tuple[Position, ...], tuple[str, ...]]:
    """Return the positions with every fill of ours in them, and what must be said of that, as whole sentences.

    The activities must have been kept lately: a sale by hand is no lag. Raises BrokerAway.
    """
    known = ports.ledger.snapshots()
    before = known[-1] if known else None
    dated = ports.ledger.fills_since(before.day if before else date.min)
    filled = [order for day, order in dated if before is None or day > before.day]
    # What our own orders of its day sold is in the snapshot, which comes after the close.
    in_snapshot = {order.broker_id for day, order in dated if before is not None and day == before.day}
    positions = ports.broker.positions()
    pauses = iter(LAG_PAUSES)
    activities = [one for one in ports.ledger.activities() if one.order_id is None or one.order_id not in in_snapshot]
    while missing := reconciling.lagging(positions, filled, activities, before):
        pause = next(pauses, None)
        if pause is None or ports.pace.wait(pause):
            symbols = ", ".join(one.symbol for one in missing)
            note = (
                f"Alpaca's list does not show yet all that was traded of {symbols}: our orders' fills are counted in."
            )
            return reconciling.completed(positions, missing), (note,)
        positions = ports.broker.positions()
        # What the positions show by now must be explained by fills that are known.
        keep_activities(ports)
    return positions, ()
