"""How the fault table's rows of Alpaca are lived through: an investing morning each, with its ticks made by hand."""

import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import trustme

from core.ports import BrokerAway
from core.runs import RunKey
from core.schedule import Routine
from sandbox.faults.kinds import CATALOGUE, Refuse
from sandbox.world import World
from tests.integration.fault_expected import BACK
from tests.integration.fault_table import DAYS, SECTORS, SEND, SEND_SALE, Row, Seen
from tests.integration.installation import Installation, installed

DAY = date(2026, 11, 23)

BEGINNINGS = 5

LONGEST = 60.0
"""Seconds after which a row that has not ended is wrong."""


def live_through(row: Row, folder: Path, authority: trustme.CA) -> Seen:
    """Live through an investing morning with the row's fault in it."""
    with installed(folder, authority, sectors=SECTORS, timeout_seconds=1) as installation:
        if row.call != DAYS:
            # The trading days are read at the first tick, everything else again when the run is due.
            begin(installation)
        fail(installation, row)
        installation.set_clock(9, 35)
        began = time.monotonic()
        key = RunKey("main", Routine.INVEST, DAY)
        state, said = until_the_end(installation, row, key, began + LONGEST)
        return Seen(state, len(installation.orders()), tuple(said), time.monotonic() - began)


def begin(installation: Installation, hour: int = 9, minute: int = 30, day: int = DAY.day) -> None:
    """Let a tick before the fault go well: on a busy machine a call may take longer than its second."""
    installation.set_clock(hour, minute, day)
    for _ in range(BEGINNINGS):
        with suppress(BrokerAway):
            installation.rounds.tick()
            return
    raise AssertionError(f"the day could not begin, {BEGINNINGS} times in a row")


def fail(installation: Installation, row: Row) -> None:
    """Let the row's fault meet what comes now."""
    fault, lost = CATALOGUE[row.fault], row.call.first_lost
    times = None if row.lasting else row.call.together

    def set_fault(world: World) -> None:
        if lost:
            world.faults.set("alpaca", CATALOGUE["502_html"], method="POST", path="/v2/orders", times=lost)
        if isinstance(fault, Refuse):
            world.faults.set("alpaca", fault)
        else:
            world.faults.set("alpaca", fault, method=row.call.method, path=row.call.path, times=times)

    installation.sandbox.call(set_fault)


def until_the_end(installation: Installation, row: Row, key: RunKey, deadline: float) -> tuple[str, list[str]]:
    """Tick until the run has ended and what was broken is said to be mended; return its state, and what was said."""
    said: list[str] = []
    lasts, ticks = row.lasting, 0
    while time.monotonic() < deadline:
        installation.tick()
        ticks += 1
        said += [alert.text for alert in installation.said()]
        if lasts and row.call in {SEND, SEND_SALE} and ticks >= 2:
            # Nobody is told that orders are in doubt while they can still be sent: the day's end decides.
            installation.set_clock(15, 50, key.day.day)
            lasts = False
        elif lasts and said:
            installation.sandbox.call(lambda world: world.faults.clear())
            lasts = False
        run = installation.records.ledger.run(key)
        mended = BACK in said or not any(text.startswith("Alpaca ") for text in said)
        if run is not None and run.state.is_final and not lasts and mended:
            return run.state, said + [alert.text for alert in installation.said()]
    return "unfinished", said
