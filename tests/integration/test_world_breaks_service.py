"""The world breaks around the whole service: a machine that sleeps across the open, and in the middle of its orders."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from sandbox.faults.kinds import Hang
from sandbox.server import Sandbox
from sandbox.world import World
from tests.e2e.nursery import Nursery
from tests.e2e.trial import Trial

EXECUTED = "Orders have been executed."

ANSWER_SECONDS = 1
"""How long Alpaca may take to answer a call."""

ASLEEP_SECONDS = 1.5
"""Longer than that: whatever waited for an answer as the machine fell asleep is too late as it wakes."""


@pytest.fixture
def trial(tmp_path: Path, nursery: Nursery) -> Iterator[Trial]:
    """Set an installation up, not started yet."""
    with Sandbox() as sandbox:
        prepared = Trial(sandbox, tmp_path, nursery)
        yield prepared
        prepared.close()


@contextmanager
def asleep(trial: Trial) -> Iterator[None]:
    """Let every process of the service stand still during the block, and for longer than Alpaca may take to answer."""
    send_all(trial, signal.SIGSTOP)
    trial.sandbox.wait_for(lambda _: all(map(stands_still, trial.processes())), 5, "every process to stand still")
    yield
    time.sleep(ASLEEP_SECONDS)
    send_all(trial, signal.SIGCONT)


def stands_still(process: psutil.Process) -> bool:
    """Return whether a process does nothing, or is gone."""
    try:
        return process.status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return True


def sendings(world: World) -> int:
    """Return how many times an order was sent."""
    return sum((seen.method, seen.path) == ("POST", "/v2/orders") for seen in world.brokerage.requests_seen)


def send_all(trial: Trial, number: signal.Signals) -> None:
    """Send a signal to every process of the service."""
    for process in trial.processes():
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def test_a_machine_that_slept_across_the_open_and_in_the_middle_of_its_orders_buys_once_when_it_wakes(
    trial: Trial,
) -> None:
    trial.deposit("250")
    trial.start(execution={"timeout_seconds": ANSWER_SECONDS, "tick_seconds": 0.2})
    trial.press_start()
    # Every order arrives; no answer to any of them ever does.
    lost = trial.sandbox.call(
        lambda world: world.faults.set("alpaca", Hang(after_acting=True), method="POST", path="/v2/orders", times=7)
    )
    with asleep(trial):
        trial.at(9, 40)
    trial.sandbox.wait_for(lambda world: world.faults.left(lost) == 0, 25, "seven orders on their way")
    with asleep(trial):
        trial.at(12, 0)
    trial.texted(EXECUTED)
    trial.ticks()
    assert len(trial.orders()) == len({order["client_order_id"] for order in trial.orders()}) == 7
    assert trial.sandbox.call(sendings) == 7
    assert sum(EXECUTED in text for text in trial.texts()) == 1
