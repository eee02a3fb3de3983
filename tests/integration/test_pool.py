"""The broker's processes: what is in them, when they start, and that they go."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from multiprocessing import forkserver
from pathlib import Path
from time import monotonic

import psutil
import pytest
import trustme

from broker.access import Access
from broker.answers import Lost
from broker.gateway import Gateway
from broker.pool import Pool
from core.calendar import NEW_YORK, MarketClock
from core.orders import Accepted, OrderIntent
from core.ports import BrokerAway
from core.schedule import Window
from sandbox.faults.kinds import Denial, Hang
from sandbox.server import Sandbox

# What the console script is, with the question that a test has of a worker in place of a command.
PROBE = """
import json, sys
from bot.cli import main

def inside():
    kinds = ("alpaca", "numpy", "telegram", "sqlalchemy", "sqlmodel", "bot.service", "exchange_calendars")
    loaded = [kind for kind in kinds if kind in sys.modules]
    from alpaca.trading import requests
    return {"modules": loaded, "day": str(requests.pd.Timestamp("2026-11-27").date())}

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
    return {child.pid for child in psutil.Process().children(recursive=True) if _is_worker(child)}


def _is_worker(process: psutil.Process) -> bool:
    # Each may have ended since it was listed.
    with suppress(psutil.NoSuchProcess):
        parent = process.parent()
        forked = parent is not None and "forkserver" in " ".join(parent.cmdline())
        return forked and process.status() != psutil.STATUS_ZOMBIE
    return False


def connections(pid: int) -> set[int]:
    """Return the local ports of a worker's open connections."""
    return {
        connection.laddr.port
        for connection in psutil.Process(pid).net_connections("tcp")
        if connection.status == psutil.CONN_ESTABLISHED
    }


def test_a_worker_has_the_sdk_loaded_and_nothing_of_pandas_the_chat_or_the_records(tmp_path: Path) -> None:
    assert '"modules": ["alpaca"]' in _said_by_a_worker(tmp_path)


def test_pandas_is_there_as_soon_as_the_sdk_uses_it(tmp_path: Path) -> None:
    assert '"day": "2026-11-27"' in _said_by_a_worker(tmp_path)


def _said_by_a_worker(tmp_path: Path) -> str:
    script = tmp_path / "console_script"
    script.write_text(PROBE, encoding="utf-8")
    asked = subprocess.run(  # noqa: S603
        [sys.executable, script], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    return asked.stdout


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


def hang(sandbox: Sandbox, times: int | None = None) -> int:
    """Let every question for the time hang; return the fault's number."""
    return sandbox.call(lambda world: world.faults.set("alpaca", Hang(), path="/v2/clock", times=times))


def test_when_one_call_takes_too_long_those_behind_it_are_lost_too(access: Access, sandbox: Sandbox) -> None:
    hang(sandbox)
    pool = Pool(access, 1)
    with ThreadPoolExecutor(6) as threads:
        calls = [threads.submit(pool.call, "clock", seconds=seconds) for seconds in (3, 30, 30, 30, 30, 30)]
        answers = [call.result(timeout=20) for call in calls]
    pool.close()
    assert [type(answer) for answer in answers] == [Lost] * 6


def test_closed_in_the_middle_all_calls_are_lost_at_once(eight: Pool, sandbox: Sandbox) -> None:
    number = hang(sandbox, times=1)
    hang(sandbox)
    with ThreadPoolExecutor(1) as thread:
        # More calls than workers and than the pool hands out ahead: some have not begun.
        calls = thread.submit(lambda: dict(eight.each("clock", [()] * 20, seconds=60)))
        sandbox.wait_for(lambda world: world.faults.left(number) == 0, 20, "a call that hangs")
        began = monotonic()
        eight.close()
        answers = calls.result(timeout=20)
    assert answers == dict.fromkeys(range(20), Lost("the workers were stopped"))
    assert monotonic() - began < 5


def test_once_closed_a_pool_starts_no_worker_any_more(eight: Pool) -> None:
    before = workers()
    eight.close()
    assert eight.call("clock", seconds=10) == Lost("the workers were stopped")
    assert workers() == before


@pytest.mark.parametrize("failure", [ConnectionRefusedError("no such server"), EOFError("unexpected EOF")])
def test_when_no_worker_can_be_started_the_call_is_lost_and_the_next_one_is_made(
    eight: Pool, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def refuse(_fds: object) -> None:
        raise failure

    # What a fork server that dies at this moment makes of a start.
    with monkeypatch.context() as dead:
        dead.setattr(forkserver, "connect_to_new_process", refuse)
        assert isinstance(eight.call("clock", seconds=10), Lost)
        assert [type(answer) for _, answer in eight.each("clock", [()] * 2, seconds=10)] == [Lost] * 2
        assert {type(answer) for answer in eight.warm(10)} == {Lost}
    assert isinstance(eight.call("clock", seconds=10), MarketClock)


def test_closed_while_its_workers_open_connections_a_gateway_ends_them(access: Access, sandbox: Sandbox) -> None:
    before = workers()
    number = hang(sandbox, times=1)
    hang(sandbox)
    gateway = Gateway(access, max_workers=4)
    with ThreadPoolExecutor(1) as thread:
        preparing = thread.submit(gateway.prepare, 4)
        sandbox.wait_for(lambda world: world.faults.left(number) == 0, 20, "a call that hangs")
        gateway.close()
        assert workers() == before
        with pytest.raises(BrokerAway):
            preparing.result(timeout=5)
    for late in (gateway.clock, lambda: gateway.prepare(4)):
        with pytest.raises(BrokerAway, match="the workers were stopped"):
            late()
    assert workers() == before


def test_when_no_worker_gets_through_the_longest_wait_is_what_counts(access: Access, sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.faults.set("alpaca", Denial(500), path="/v2/clock", times=6))
    sandbox.call(lambda world: world.faults.set("alpaca", Denial(429, wait_seconds=30), path="/v2/clock"))
    gateway = Gateway(access, max_workers=7)
    with pytest.raises(BrokerAway) as away:
        gateway.prepare(7)
    gateway.close()
    assert away.value.wait > 0
