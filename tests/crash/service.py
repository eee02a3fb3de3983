"""The real service in a folder of its own: started, killed in every way, and started again."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import psutil

from sandbox.server import Sandbox
from tests.crash.strikes import Victim

MOST_SECONDS_TO_STOP = 10.0

SECTORS = (
    {"name": "Stocks", "symbol": "VOO", "weight": "40%"},
    {"name": "Bonds", "symbol": "AGG", "weight": "30%"},
    {"name": "Short Bonds", "symbol": "ISTB", "weight": "20%"},
    {"name": "Crypto", "symbol": "BTC/USD", "weight": "10%"},
)


class Service:
    """`allocator run` over a sandbox. `badly_stopped` has what was wrong with each answer to a SIGTERM."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.badly_stopped: list[str] = []
        self.kills = 0
        self._environment = _clean_environment() | sandbox.environment()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        execution = {"max_workers": len(SECTORS), "timeout_seconds": 2, "tick_seconds": 0.15}
        settings = folder / "settings.toml"
        settings.touch(mode=0o600)
        settings.write_text(sandbox.settings(sectors=SECTORS, execution=execution), encoding="utf-8")

    @property
    def books(self) -> Path:
        """The file of the ledger."""
        return self._folder / "allocator.db"

    def start(self) -> None:
        """Start the service, beside whatever processes of an earlier one are still there."""
        script = Path(sys.executable).with_name("allocator")
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own program, from beside this interpreter
                [script, "run"],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def ended(self) -> int | None:
        """Return the exit code of a service that ended by itself, None while it runs."""
        return self._running().poll()

    def strike(self, victim: Victim, random: Random) -> bool:
        """Kill, and return whether the service has to be started again.

        Where there is no such process yet, the main one is killed.
        """
        process = self._running()
        self.kills += 1
        match victim:
            case Victim.ASKED:
                self._ask(process)
                return True
            case Victim.WORKER | Victim.FORK_SERVER:
                chosen = self._one_of(process, victim, random)
                if chosen is not None:
                    _kill(chosen)
                    return False
            case Victim.TREE:
                for one in [*_tree(process), psutil.Process(process.pid)]:
                    _kill(one)
            case Victim.MAIN:
                pass
        process.kill()
        process.wait()
        return True

    def close(self) -> None:
        """Leave no process behind."""
        if self._process is not None:
            tree = _tree(self._process)
            self._process.kill()
            self._process.wait()
            for process in tree:
                _kill(process)

    def log(self) -> str:
        """Return everything that the service has written, over all its starts."""
        return (self._folder / "log.txt").read_text(encoding="utf-8", errors="replace")

    def _one_of(self, process: "subprocess.Popen[bytes]", victim: Victim, random: Random) -> psutil.Process | None:
        servers = [one for one in _tree(process) if _is_fork_server(one)]
        if not servers:
            return None
        if victim is Victim.FORK_SERVER:
            return random.choice(servers)
        workers = [worker for server in servers for worker in _children(server)]
        return random.choice(workers) if workers else None

    def _ask(self, process: "subprocess.Popen[bytes]") -> None:
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(MOST_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.badly_stopped.append(f"it did not stop within {MOST_SECONDS_TO_STOP:.0f} s")
            self.close()
            return
        # Asked before it has taken its signals over, Python's own way out is what there is.
        if code not in (0, -signal.SIGTERM):
            seconds = time.monotonic() - began
            self.badly_stopped.append(f"asked to stop, it ended with {code} after {seconds:.1f} s")

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise AssertionError("the service was not started")
        return self._process


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ALLOCATOR_")}


def _tree(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    with suppress(psutil.Error):
        return list(psutil.Process(process.pid).children(recursive=True))
    return []


def _children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return list(process.children())
    return []


def _is_fork_server(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return "forkserver" in " ".join(process.cmdline())
    return False


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()
