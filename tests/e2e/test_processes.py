"""The broker's processes die in the middle of the orders: the run still ends right."""

import psutil
import pytest

from sandbox.faults.kinds import Hang
from tests.e2e.trial import Trial

EXECUTED = (
    "Orders have been executed. Bought $87.50 of VOO, $12.50 of IJH, $5 of IJR, $45 of IXUS, $30 of ISTB, "
    "$57.50 of AGG, $12.50 of BTCUSD."
)


def libraries(process: psutil.Process) -> set[str]:
    """Return the packages of which a process has compiled code in memory."""
    packages = (path.partition("/site-packages/")[2] for path in (area.path for area in process.memory_maps()))
    return {package.partition("/")[0] for package in packages} - {""}


def orders_under_way(trial: Trial) -> None:
    """Bring the trial to the moment at which all orders have landed and no answer has come."""
    trial.deposit("250")
    trial.sandbox.call(
        lambda world: world.faults.set("alpaca", Hang(after_acting=True), method="POST", path="/v2/orders", times=7)
    )
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.sandbox.wait_for(lambda world: len(world.brokerage.orders()) == 7, 25, "seven orders")


@pytest.mark.parametrize("victims", ["one worker", "all workers", "the fork server"])
def test_killed_in_mid_order_the_run_still_ends_right(trial: Trial, victims: str) -> None:
    orders_under_way(trial)
    server = trial.fork_server()
    workers = server.children()
    # The oldest reads; the seven others send.
    assert len(workers) == 8
    doomed = {"one worker": workers[-1:], "all workers": workers, "the fork server": [server]}[victims]
    for process in doomed:
        process.kill()
    assert trial.texted("Orders have been executed") == EXECUTED
    trial.ticks()
    assert len(trial.orders()) == 7
    assert trial.texts() == [EXECUTED]


def test_after_the_run_only_the_reading_worker_is_left(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.at(9, 35)
    trial.texted("Orders have been executed")
    trial.sandbox.wait_for(lambda _: len(trial.fork_server().children()) == 1, 5, "the end of the senders")


def test_no_process_holds_a_large_library_that_it_does_not_use(cold_trial: Trial) -> None:
    trial = cold_trial
    trial.deposit("250")
    trial.start()
    trial.at(9, 35)
    trial.texted("Orders have been executed")
    server = trial.fork_server()
    held = {name for process in (trial.main_process(), server, *server.children()) for name in libraries(process)}
    assert "pydantic_core" in held
    assert not held & {"cryptography", "numpy", "pandas", "matplotlib"}
