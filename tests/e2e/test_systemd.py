"""The service under systemd, whose part the test plays: it hears the notify socket, and ends what is silent."""

import os
import resource
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from sandbox.faults.kinds import Hang
from storage import database, schema
from tests.e2e.trial import Trial
from tests.service_unit import TEMPLATE, parsed

EXECUTED = (
    "Orders have been executed. Bought $87.50 of VOO, $12.50 of IJH, $5 of IJR, $45 of IXUS, $30 of ISTB, "
    "$57.50 of AGG, $12.50 of BTCUSD."
)


class Systemd:
    """Plays systemd's part: it hears what the service says of itself, and ends it as the watchdog does."""

    def __init__(self) -> None:
        self.address = f"@allocator-test-{os.getpid()}-{id(self)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{self.address[1:]}")
        self._socket.settimeout(0)
        self.heard: list[str] = []

    def has(self, state: str) -> bool:
        """Return whether something was heard that begins so."""
        while True:
            try:
                self.heard.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return any(one.startswith(state) for one in self.heard)

    def hears(self, trial: Trial, state: str) -> None:
        """Wait until something is heard that begins so."""
        trial.sandbox.wait_for(lambda _: self.has(state), 25, f"{state} at the notify socket")

    def hears_nothing(self, trial: Trial, state: str) -> None:
        """See that for a second, in which it would come many times over, nothing is heard that begins so."""
        with pytest.raises(TimeoutError):
            trial.sandbox.wait_for(lambda _: self.has(state), 1, state)

    def forget(self) -> None:
        """Begin to listen anew."""
        self.has("")
        self.heard.clear()

    def limit(self, trial: Trial) -> None:
        """Give every process of the service the unit's limit of core dumps; without one systemd sets none."""
        said = parsed(TEMPLATE)["Service"].get("LimitCORE", ["infinity"])[-1]
        most = resource.RLIM_INFINITY if said == "infinity" else int(said)
        for process in trial.processes():
            process.rlimit(psutil.RLIMIT_CORE, (most, most))

    def abort(self, trial: Trial) -> int:
        """Do what WatchdogSignal= and KillMode=mixed say, and return the exit code of the main process."""
        main = trial.main_process()
        main.send_signal(signal.SIGABRT)
        # What stands still takes no signal before it may go on; systemd knows that.
        main.send_signal(signal.SIGCONT)
        code = trial.exit_code()
        for process in trial.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return code

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    """Listen for what is started from now on, and promise it a watchdog."""
    with closing(Systemd()) as listening:
        monkeypatch.setenv("NOTIFY_SOCKET", listening.address)
        monkeypatch.setenv("WATCHDOG_USEC", "400000")
        yield listening


def stand_still(trial: Trial) -> None:
    """Let the whole main process stand still: nothing may feed the watchdog for it."""
    main = trial.main_process()
    main.send_signal(signal.SIGSTOP)
    trial.sandbox.wait_for(lambda _: main.status() == psutil.STATUS_STOPPED, 5, "the service to stand still")


def dumps(trial: Trial) -> list[Path]:
    """Return what the kernel has written of a process's memory, whatever it calls that here."""
    files = [file for file in trial.folder.rglob("*") if file.is_file()]
    return [file for file in files if file.read_bytes().startswith(b"\x7fELF")]


def test_systemd_hears_ready_before_the_network_then_life_and_the_end(trial: Trial, systemd: Systemd) -> None:
    for service in ("alpaca", "telegram", "vonage"):
        trial.sandbox.stop_service(service)
    trial.start()
    systemd.hears(trial, "READY=1")
    systemd.hears(trial, "STATUS=Running with paper money; the chat is not connected")
    # An outage of everything outside, and the watchdog is fed all the same.
    trial.first_tick()
    systemd.forget()
    systemd.hears(trial, "WATCHDOG=1")
    for service in ("alpaca", "telegram", "vonage"):
        trial.sandbox.start_service(service)
    systemd.hears(trial, "STATUS=Running with paper money; the chat is connected")
    stand_still(trial)
    systemd.forget()
    trial.sandbox.call(lambda world: world.telegram.say(trial.owner, "/status"))
    systemd.hears_nothing(trial, "WATCHDOG=1")
    trial.main_process().send_signal(signal.SIGCONT)
    systemd.hears(trial, "WATCHDOG=1")
    assert trial.stop()[0] == 0
    assert systemd.has("STOPPING=1")


def test_ready_is_not_said_before_the_books_are_open(trial: Trial, systemd: Systemd) -> None:
    file = trial.folder / "allocator.db"
    database.open(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
        trial.start()
        assert trial.exit_code() == 2
        assert not systemd.has("READY=1")
        other.execute("UPDATE alembic_version SET version_num = ?", (schema.SHIPPED.head,))
        other.execute("BEGIN EXCLUSIVE")
        trial.start()
        lock, main = file.with_name(f"{file.name}.lock"), str(trial.main_process().pid)
        trial.sandbox.wait_for(lambda _: lock.read_text().strip() == main, 25, "the service at its books")
        systemd.hears_nothing(trial, "READY=1")
        other.execute("ROLLBACK")
    systemd.hears(trial, "READY=1")


def test_silent_in_the_middle_of_its_orders_it_is_ended_and_started_again_and_each_order_exists_once(
    trial: Trial, systemd: Systemd
) -> None:
    trial.deposit("250")
    # Three orders land, and their answers never come: the process stands still while it waits for them.
    trial.sandbox.call(
        lambda world: world.faults.set("alpaca", Hang(after_acting=True), method="POST", path="/v2/orders", times=3)
    )
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.sandbox.wait_for(lambda world: len(world.brokerage.orders()) >= 3, 25, "the first orders")
    stand_still(trial)
    systemd.forget()
    systemd.hears_nothing(trial, "WATCHDOG=1")
    systemd.limit(trial)
    assert systemd.abort(trial) == -signal.SIGABRT
    assert (dumps(trial), trial.texts()) == ([], [])
    trial.start()
    systemd.hears(trial, "READY=1")
    assert trial.texted("Orders have been executed") == EXECUTED
    trial.ticks()
    assert len({order["client_order_id"] for order in trial.orders()}) == len(trial.orders()) == 7
    assert trial.texts() == [EXECUTED]


def test_aborted_in_mid_work_no_process_leaves_a_secret_behind(trial: Trial, systemd: Systemd) -> None:
    trial.deposit("250")
    trial.fill_after(timedelta(hours=1))
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.sandbox.wait_for(lambda world: len(world.brokerage.orders()) == 7, 25, "seven orders")
    systemd.limit(trial)
    everyone = trial.processes()
    # The main process, the fork server and the worker that reads: each has keys in its memory.
    assert len(everyone) > 2
    for process in everyone:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGABRT)
    assert trial.exit_code() == -signal.SIGABRT
    trial.sandbox.wait_for(lambda _: not trial.processes(), 25, "the end of every process")
    assert dumps(trial) == []
    trial.keeps_its_secrets()
