"""The broker's processes: what is in them, when they start, and that they go."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psutil
import pytest
import trustme

from broker.access import Access
from broker.answers import Lost
from broker.gateway import Gateway
from broker.pool import Pool
from core.calendar import NEW_YORK, MarketClock
from core.orders import Accepted, OrderIntent
from core.schedule import Window
from sandbox.faults import Hang
from sandbox.server import Sandbox

# What the console script is, with the question that a test has of a worker in place of a command.
PROBE = """
import json, sys
from bot.cli import main

def inside():
    import os
    kinds = ("alpaca", "pandas", "telegram", "sqlalchemy", "sqlmodel", "bot.service", "exchange_calendars")
    return {"modules": [kind for kind in kinds if kind in sys.modules], "pid": os.getpid()}

if __name__ == "__main__":
    from concurrent.futures import ProcessPoolExecutor
    from broker.pool import context
    with ProcessPoolExecutor(1, mp_context=context()) as executor:
        print(json.dumps(executor.submit(inside).result()))
"""


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    """Run the stand-ins at 10:00 of a trading day, with cash in the account."""
    start = datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK)
    with Sandbox(start=start, cash=Decimal(5000), authority=authority) as running:
        yield running


@pytest.fixture
def access(sandbox: Sandbox) -> Access:
    """Return the way into the sandbox's account."""
    origin, keys = sandbox.origin("alpaca"), sandbox.keys
    return Access(origin, origin, keys.alpaca_key_id, keys.alpaca_secret_key, timeout_seconds=5)


@pytest.fixture
def eight(access: Access) -> Iterator[Pool]:
    """Return a pool of eight workers, not started yet."""
    pool = Pool(access, 8)
    yield pool
    pool.close()


def workers() -> set[int]:
    """Return the process ids of all workers that this process's fork server has alive."""
    return {
        child.pid
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and "forkserver" in " ".join(_parent_line(child))
    }


def _parent_line(process: psutil.Process) -> list[str]:
    parent = process.parent()
    return parent.cmdline() if parent is not None else []


def connections(pid: int) -> set[int]:
    """Return the local ports of a worker's open connections."""
    return {
        connection.laddr.port
        for connection in psutil.Process(pid).net_connections("tcp")
        if connection.status == psutil.CONN_ESTABLISHED
    }


def test_a_worker_has_the_sdk_loaded_and_nothing_of_the_chat_or_the_records(tmp_path: Path) -> None:
    script = tmp_path / "console_script"
    script.write_text(PROBE, encoding="utf-8")
    asked = subprocess.run(  # noqa: S603
        [sys.executable, script], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert '"modules": ["alpaca", "pandas"]' in asked.stdout


def test_a_workers_own_memory_is_small_because_the_sdk_is_shared(eight: Pool) -> None:
    before = workers()
    eight.warm(10)
    own = [psutil.Process(pid).memory_full_info().uss / 1e6 for pid in workers() - before]
    assert max(own) < 30


def test_warming_up_starts_all_workers_and_opens_a_connection_in_each(eight: Pool, sandbox: Sandbox) -> None:
    before = workers()
    answers = eight.warm(10)
    assert [type(answer) for answer in answers] == [MarketClock] * 8
    started = workers() - before
    assert len(started) == 8
    assert all(len(connections(pid)) == 1 for pid in started)
    seen = sandbox.call(lambda world: [request.path for request in world.brokerage.requests_seen])
    assert seen == ["/v2/clock"] * 8


def test_orders_go_over_the_connections_that_are_open(access: Access) -> None:
    gateway = Gateway(access, max_workers=4)
    try:
        before = workers()
        gateway.prepare(4)
        opened = {pid: connections(pid) for pid in workers() - before}
        window = Window(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
        symbols = ["VOO", "IJH", "IJR", "AGG"]
        intents = [OrderIntent(f"test-{symbol}", symbol, symbol, 10_00) for symbol in symbols]
        answers = dict(gateway.submit(intents, window))
        assert [type(answer) for answer in answers.values()] == [Accepted] * 4
        assert {pid: connections(pid) for pid in workers() - before} == opened
    finally:
        gateway.close()


def test_released_the_workers_are_gone(access: Access) -> None:
    before = workers()
    gateway = Gateway(access, max_workers=8)
    gateway.prepare(7)
    assert len(workers() - before) == 7
    gateway.release()
    assert workers() - before == set()


def test_a_call_in_a_worker_that_dies_is_lost_and_the_next_one_is_made(eight: Pool) -> None:
    eight.warm(10)
    for pid in workers():
        psutil.Process(pid).kill()
    lost = eight.call("clock", seconds=10)
    assert isinstance(lost, Lost | MarketClock)
    assert isinstance(eight.call("clock", seconds=10), MarketClock)


def test_a_call_that_takes_too_long_is_lost_and_its_worker_killed(eight: Pool, sandbox: Sandbox) -> None:

    sandbox.call(lambda world: world.faults.set("alpaca", Hang(), path="/v2/clock"))
    before = workers()
    assert eight.call("clock", seconds=0.5) == Lost("no answer in time")
    assert workers() == before


def test_outside_the_window_nothing_is_sent(access: Access, sandbox: Sandbox) -> None:
    gateway = Gateway(access, max_workers=1)
    try:
        now = sandbox.call(lambda world: world.clock.now())
        closed = Window(now - timedelta(hours=2), now - timedelta(seconds=1))
        answers = dict(gateway.submit([OrderIntent("late", "Stocks", "VOO", 10_00)], closed))
        assert type(answers["late"]).__name__ == "NotSent"
        assert sandbox.call(lambda world: world.brokerage.orders()) == []
    finally:
        gateway.close()
