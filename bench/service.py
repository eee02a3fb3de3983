"""What the running service weighs, and how soon it is ready."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import psutil

from bench import orders
from bench.figures import Figure
from broker.access import Access
from sandbox.demo.product import Product
from sandbox.server import Sandbox
from sandbox.world import World

PATIENCE = 60.0
READY = "the first tick is done"

IDLE_SECONDS = 60.0
"""How long the idle service is watched: six long polls of the chat, four looks at the market."""


def measure(access: Access) -> Iterator[Figure]:
    """Measure the service's start, its memory and work when idle, and the memory of a run and of a process an order."""
    with Sandbox() as sandbox, _product(sandbox) as product:
        began = time.monotonic()
        sandbox.wait_for(lambda _: READY in product.output(), PATIENCE, "the first tick")
        ready = time.monotonic() - began
        main = psutil.Process(product.pid)
        sandbox.call(lambda world: world.telegram.press_start(sandbox.keys.owner_id))
        sandbox.wait_for(lambda world: world.telegram.messages, PATIENCE, "the greeting")
        peak = _peak(main, lambda: _invest(sandbox))
        time.sleep(1)  # the senders end
        idle, alone = _megabytes(main), main.memory_full_info().pss / 1e6
        working = _working(main)
    yield Figure("ready_s", ready, "s")
    yield Figure("idle_cpu_percent", working * 100, "%")
    yield Figure("idle_pss_mb", idle, "MB")
    yield Figure("peak_pss_mb", peak, "MB")
    # The original had a main process too; this bench's own, with the stand-ins in it, would be a wrong measure of it.
    bench = _megabytes(psutil.Process())
    spawned = _peak(psutil.Process(), lambda: orders.spawned(access)) - bench
    yield Figure("spawn_peak_pss_mb", spawned + alone, "MB")


def _product(sandbox: Sandbox) -> Product:
    """Return the service with the pace it has for its users: the sandbox's own haste is for its jumping clock."""
    return Product(sandbox.settings(execution={"tick_seconds": None}), sandbox.environment())


def demo() -> Figure:
    """Measure five unattended days, start and end included."""
    script = Path(sys.executable).with_name("allocator")
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        subprocess.run([script, "demo", "--days", "5"], stdout=output, check=True)  # noqa: S603  our own program
    return Figure("demo_5_days_s", time.monotonic() - began, "s")


def _invest(sandbox: Sandbox) -> None:
    def begin(world: World) -> None:
        world.brokerage.deposit(Decimal(250))
        world.clock.advance(timedelta(minutes=36))

    sandbox.call(begin)
    sandbox.wait_for(lambda world: world.sms.messages, PATIENCE, "the alert")


def _peak(main: psutil.Process, work: Callable[[], object]) -> float:
    """Return the most memory that a process and all below it had at one moment while work was done."""
    done = threading.Event()
    seen = [_megabytes(main)]

    def watch() -> None:
        while not done.wait(0.05):
            seen.append(_megabytes(main))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return max(seen)


def _working(main: psutil.Process) -> float:
    """Return the part of one core that a process and all below it use while nobody asks for anything."""
    began, before = time.monotonic(), _seconds_worked(main)
    time.sleep(IDLE_SECONDS)
    return (_seconds_worked(main) - before) / (time.monotonic() - began)


def _seconds_worked(main: psutil.Process) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in [main, *main.children(recursive=True)])


def _megabytes(main: psutil.Process) -> float:
    total = 0
    for process in [main, *main.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6
