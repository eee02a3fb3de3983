"""Accepting an allocation: only what the broker can buy in fractions becomes the target."""

from bot.records import Records, now
from core import investing
from core.allocation import Allocation
from core.ports import Broker


class UnusableAllocation(Exception):
    """An allocation with funds that cannot be bought; the text names each, and the way out."""

    def __init__(self, troubles: dict[str, str]) -> None:
        super().__init__(
            f"the allocation cannot be used: {'; '.join(troubles.values())}. "
            "Correct the symbols under [[sectors]] in the settings and start again"
        )


def accept_starting(records: Records, broker: Broker, allocation: Allocation) -> None:
    """Store the settings' allocation if there is none yet, once the broker has confirmed every fund of it.

    Raises UnusableAllocation, and BrokerAway when the broker cannot be asked; nothing is stored then.
    """
    if records.allocations.active() is not None:
        return
    assets = broker.assets([sector.symbol for sector in allocation.sectors])
    if troubles := investing.troubles(allocation, assets):
        raise UnusableAllocation(troubles)
    records.allocations.start_with(allocation, now())
