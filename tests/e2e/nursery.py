"""Processes of the product that need not load it first: forked from one that has, each with a folder of its own.

Loading takes a second of a core, which every start of a trial would pay, and half a second more in the server that it
forks its workers from. Everything after it is the real thing: the console script runs as `__main__`, in a process of
its own, with a fork server of its own, which starts its workers and ends as any other does.
"""

import gc
import json
import os
import runpy
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import util
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import Any, Self

SCRIPT = Path(sys.executable).with_name("allocator")

NURSERY = "tests.e2e.nursery"

LOADED = (
    "alembic.command",
    "bot.channels.sms",
    "bot.operations.check_machine",
    "bot.operations.check_world",
    "bot.operations.reconciling",
    "bot.shell.commands",
    "bot.shell.allocations",
    "bot.shell.backups",
    "bot.shell.reports",
    "broker.pool",
    "broker.preloaded",
    "httpcore",
)
"""What the commands import once they know what they are asked for."""


_start = util.spawnv_passfds


class Child:
    """A process of the product; what the tests need of subprocess.Popen."""

    def __init__(self, pid: int, changed: Condition) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._changed = changed

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code. Raises subprocess.TimeoutExpired."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.returncode is not None, timeout) or self.returncode is None:
                raise subprocess.TimeoutExpired([str(SCRIPT)], timeout or 0)
            return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that has everything loaded, while a `with` block lasts."""

    def __enter__(self) -> Self:
        self._changed = Condition()
        self._children: dict[int, Child] = {}
        self._newest: Child | None = None
        self._process = subprocess.Popen(  # noqa: S603  this module, by this interpreter
            [sys.executable, "-m", NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._listener = Thread(target=self._listen, name="nursery")
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # What was forked may outlive this one: each trial ends its own.
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        self._listener.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def start(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], out: Path, error: Path
    ) -> Child:
        """Run the product's console script in a folder; what it writes is added to `out` and `error`."""
        wish = {
            "arguments": [str(SCRIPT), *arguments],
            "folder": str(folder),
            "environment": dict(environment),
            "out": str(out),
            "error": str(error),
        }
        with self._changed:
            self._newest = None
            print(json.dumps(wish), file=self._process.stdin, flush=True)
            if not self._changed.wait_for(lambda: self._newest is not None, 30) or self._newest is None:
                raise TimeoutError("nothing was started")
            return self._newest

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            said = json.loads(line)
            with self._changed:
                if "code" in said:
                    self._children.pop(said["pid"]).returncode = said["code"]
                else:
                    self._newest = self._children[said["pid"]] = Child(said["pid"], self._changed)
                self._changed.notify_all()


def main() -> None:
    """Load the product, then fork for each line of standard input, and say on standard output what became of it."""
    for module in LOADED:
        import_module(module)
    # What is loaded stays: a collection in a child that went over all of it would take a tenth of a second each time.
    gc.collect()
    gc.freeze()
    woken, waker = os.pipe()
    for end in (woken, waker):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(woken, selectors.EVENT_READ)
    pending = b""
    while True:
        ready = {key.fd for key, _ in selector.select()}
        if woken in ready:
            with suppress(BlockingIOError):
                os.read(woken, 4096)
            _reap()
        if 0 in ready:
            came = os.read(0, 1 << 16)
            if not came:
                return
            *lines, pending = (pending + came).split(b"\n")
            for line in lines:
                pid = os.fork()
                if pid == 0:
                    selector.close()
                    os.close(woken)
                    os.close(waker)
                    _become(json.loads(line))
                _say({"pid": pid})


def _reap() -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _say({"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(what: Mapping[str, Any]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


_FORK_SERVER = "from multiprocessing.forkserver import main"


def _start_or_fork(path: bytes, arguments: Sequence[Any], kept: Sequence[int]) -> int:
    """Start a program as multiprocessing does, but fork its fork server, which is loaded here."""
    if not arguments[-1].startswith(_FORK_SERVER):
        return _start(path, arguments, kept)
    pid = os.fork()
    if pid:
        return pid
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # As after an exec: what was not handed over is closed.
    for descriptor in [int(one.name) for one in Path("/proc/self/fd").iterdir()]:
        if descriptor > 2 and descriptor not in kept:
            with suppress(OSError):
                os.close(descriptor)
    try:
        exec(arguments[-1], {})  # noqa: S102  the line that Python would be started with
    finally:
        os._exit(1)


def _become(wish: Mapping[str, Any]) -> None:
    """Be the console script in the folder and the environment that were asked for; come back by SystemExit alone."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    util.spawnv_passfds = _start_or_fork  # type: ignore[assignment]  # whatever its arguments are, they are passed on
    os.chdir(wish["folder"])
    os.environ.clear()
    os.environ.update(wish["environment"])
    time.tzset()
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, wish["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        (2, wish["error"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = list(wish["arguments"])
    sys.path[0] = str(SCRIPT.parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
    sys.exit(0)


if __name__ == "__main__":
    main()
