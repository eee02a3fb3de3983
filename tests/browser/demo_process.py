"""`allocator demo` as a person at a terminal runs it, for as long as a `with` block lasts."""

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import psutil

_PATIENCE_SECONDS = 60
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")


class RunningDemo:
    """A demo's page, and what its terminal shows."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self._lines: list[str] = []
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def url(self) -> str:
        """Return the page's address once it was printed."""
        deadline = monotonic() + _PATIENCE_SECONDS
        while monotonic() < deadline and self.process.poll() is None:
            if found := _ADDRESS.search(self.shown()):
                return found.group()
            sleep(0.02)
        raise AssertionError(f"no address was printed:\n{self.shown()}")

    def shown(self) -> str:
        """Return what the demo has printed so far."""
        return "".join(self._lines)

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.append(line)


@contextmanager
def running_demo() -> Iterator[RunningDemo]:
    """Run the demo with a terminal for its input, on any port, and end it with Ctrl-C."""
    terminal, keyboard = pty.openpty()
    process = subprocess.Popen(  # noqa: S603  # our own program, from beside this interpreter
        [Path(sys.executable).with_name("allocator"), "demo", "--port", "0"],
        stdin=keyboard,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        yield RunningDemo(process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            if process.poll() is None:
                # Its service leads a session of its own, and would go on for good.
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
            os.close(terminal)
            os.close(keyboard)
