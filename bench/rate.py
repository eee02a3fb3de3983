"""Whether 500 orders use up what Alpaca allows, 200 requests a minute, and lose none. Takes over two minutes."""

import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bench import orders
from bench.figures import Figure
from bot.routines.pace import StoppablePace
from broker.gateway import Gateway
from core.allocation import Allocation, Sector
from core.investing import Plan
from core.orders import OrderState
from core.ports import Ports
from core.routines.submission import submit
from core.runs import Run, RunKey
from core.schedule import Routine
from storage import database
from storage.allocations import Allocations
from storage.ledger import SqlLedger

PER_MINUTE = 200
ORDERS = 500


def measure(market: orders.Market) -> Iterator[Figure]:
    """Send a run of 500 orders under the limit, through the routine and a real ledger."""
    market.sandbox.call(lambda world: world.brokerage.limit_requests(PER_MINUTE))
    gateway = Gateway(market.access, max_workers=8)
    with tempfile.TemporaryDirectory() as folder, database.open(f"sqlite:///{Path(folder) / 'bench.db'}") as books:
        ledger = SqlLedger(books, "bench", ())
        run = _opened(ledger, Allocations(books, "bench"))
        before = market.sandbox.call(lambda world: len(world.brokerage.orders()))
        began = time.monotonic()
        try:
            while not submit(run, Ports(gateway, ledger, StoppablePace()), sent_before=False):
                pass
        finally:
            gateway.close()
        minutes = (time.monotonic() - began) / 60
        after = ledger.run(run.key)
    sent = market.sandbox.call(lambda world: len(world.brokerage.orders())) - before
    kept = len(after.of(OrderState.ACCEPTED)) if after is not None else 0
    if (sent, kept) != (ORDERS, ORDERS):
        raise RuntimeError(f"of {ORDERS} orders the broker has {sent} and the ledger {kept}: something was lost")
    yield Figure("orders_500_of_allowed_rate", ORDERS / minutes / PER_MINUTE, "ratio")


def _opened(ledger: SqlLedger, allocations: Allocations) -> Run:
    allocations.set(Allocation((Sector("Stocks", "VOO", 10_000),)), "bench", "a run needs one", orders.ALWAYS.opens)
    plan = Plan(tuple(orders.intents(ORDERS)), ORDERS * 10_00, ORDERS * 10_00)
    key = RunKey("bench", Routine.INVEST, date(2026, 11, 23))
    opened = ledger.open_run(
        key, plan, orders.ALWAYS, footing=None, allocation_version=1, limit=None, at=orders.ALWAYS.opens
    )
    if not isinstance(opened, Run):
        raise TypeError(f"the run was not opened: {opened}")
    return opened
