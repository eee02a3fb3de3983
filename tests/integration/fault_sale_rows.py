"""How the fault table's rows of a rebalancing are lived through: a Tuesday on which a band is breached.

What the account holds was bought by hand the day before, so that the row's orders are the rebalancing's alone.
"""

import re
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import trustme

from core.rebalancing.rules import OnBreach, Rules
from core.runs import RunKey
from core.schedule import Routine
from sandbox.alpaca.orders import Order, OrderRequest, Side, TimeInForce
from sandbox.world import World
from tests.integration.fault_broker_rows import LONGEST, begin, fail, until_the_end
from tests.integration.fault_table import SOLD, TO_REBALANCE, Row, Seen
from tests.integration.installation import Installation, installed

DAY = date(2026, 11, 24)

BY_HAND = "by-hand"

_AMOUNT = re.compile(r"\$[\d,]+(\.\d+)?")


def live_through(row: Row, folder: Path, authority: trustme.CA) -> Seen:
    """Live through a rebalancing by the owner's rules with the row's fault in it."""
    with installed(folder, authority, sectors=TO_REBALANCE, timeout_seconds=1) as installation:
        installation.set_clock(10, 0)
        installation.sandbox.call(_buy_by_hand)
        # The morning's investing finds no cash, and says so; then the rules are switched on.
        begin(installation, 9, 36, DAY.day)
        installation.said()
        _switch_on(installation)
        fail(installation, row)
        began = time.monotonic()
        state, said = until_the_end(installation, row, RunKey("main", Routine.REBALANCE, DAY), began + LONGEST)
        seconds = time.monotonic() - began
        ours = [order for order in _orders(installation) if not order.request.client_order_id.startswith(BY_HAND)]
        return Seen(_unless_overspent(state, ours), len(ours), tuple(map(_told, said)), seconds)


def _buy_by_hand(world: World) -> None:
    # A broker that would lend: only the product holds back what the sales have not brought.
    world.brokerage.multiplier = 4
    for symbol in SOLD:
        request = OrderRequest(symbol, Side.BUY, Decimal(125), None, TimeInForce.DAY, f"{BY_HAND}-{symbol}")
        assert isinstance(world.brokerage.submit(request), Order)


def _switch_on(installation: Installation) -> None:
    at = installation.sandbox.call(lambda world: world.clock.now())
    assert installation.records.replace_rebalancing(0, Rules(trigger=OnBreach()), "owner", "a test", at)


def _orders(installation: Installation) -> list[Order]:
    return installation.sandbox.call(lambda world: list(world.brokerage.orders()))


def _unless_overspent(state: str, ours: list[Order]) -> str:
    """Return the run's state, and what was ordered for money that the sales did not bring."""
    came = sum(order.spent for order in ours if order.request.side is Side.SELL)
    ordered = sum(order.request.notional or 0 for order in ours if order.request.side is Side.BUY)
    return state if ordered <= came else f"{state}, but ${ordered} was ordered for ${came}"


def _told(text: str) -> str:
    """Return what the table tells of an alert: what it says of gains and the drift changes with the market's prices."""
    return _AMOUNT.sub("$...", text.partition(" Realised ")[0])
