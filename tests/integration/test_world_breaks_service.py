"""The world breaks around the whole service: a machine that sleeps across the open, a machine clock that is wrong."""

import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from sandbox.server import Sandbox
from tests.e2e.nursery import Nursery
from tests.e2e.trial import Trial

EXECUTED = "Orders have been executed."


@pytest.fixture
def trial(tmp_path: Path, nursery: Nursery) -> Iterator[Trial]:
    """Set an installation up, not started yet."""
    with Sandbox() as sandbox:
        prepared = Trial(sandbox, tmp_path, nursery)
        yield prepared
        prepared.close()


def send_all(trial: Trial, number: signal.Signals) -> None:
    """Send a signal to every process of the service."""
    for process in trial.processes():
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def test_a_machine_that_slept_across_the_open_and_in_the_middle_of_its_orders_buys_once_when_it_wakes(
    trial: Trial,
) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    send_all(trial, signal.SIGSTOP)
    trial.at(9, 40)
    time.sleep(1)
    assert trial.orders() == []
    send_all(trial, signal.SIGCONT)
    trial.sandbox.wait_for(lambda world: world.brokerage.orders(), 25, "the first order")
    send_all(trial, signal.SIGSTOP)
    # Longer than any call may take: what was on its way has no answer when it wakes.
    trial.at(12, 0)
    time.sleep(1)
    send_all(trial, signal.SIGCONT)
    trial.texted(EXECUTED)
    trial.ticks()
    assert len(trial.orders()) == len({order["client_order_id"] for order in trial.orders()}) == 7
    assert sum(EXECUTED in text for text in trial.texts()) == 1
