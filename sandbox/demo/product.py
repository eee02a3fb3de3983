"""The product itself, run as a child process against a sandbox."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

_STOP_SECONDS = 12.0
_LAST_LINES = 25


class ProductDied(Exception):
    """The child process ended although nobody stopped it."""


class Product:
    """Run `allocator run` while a `with` block lasts, in a folder of its own that is removed at the end.

    `settings` is the whole settings file, which only this user can read; `environment` is added to this
    process's, without what would reach a real account.
    """

    def __init__(self, settings: str, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._environment = _harmless(os.environ) | dict(environment)
        self._folder = tempfile.TemporaryDirectory(prefix="allocator-demo-")
        self._output = Path(self._folder.name) / "output.txt"
        self._file = Path(self._folder.name) / "settings.toml"
        self._process: subprocess.Popen[bytes] | None = None
        # The demo's page kills and starts in one thread while the terminal checks in another.
        self._changing = Lock()
        self._is_killed = False

    def __enter__(self) -> Self:
        self._file.touch(mode=0o600)
        self._file.write_text(self._settings, encoding="utf-8")
        self._process = self._started()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._stop(self._process)
        self._folder.cleanup()

    def check(self) -> None:
        """Raise ProductDied when the child has ended by itself."""
        with self._changing:
            if self._process is None or self._is_killed or (status := self._process.poll()) is None:
                return
        raise ProductDied(f"allocator run ended by itself, with exit status {status}.")

    def kill(self) -> None:
        """End the child and all its processes by SIGKILL, as a power cut would; check() takes it for no death.

        Do nothing when it does not run.
        """
        with self._changing:
            if self._process is None or self._process.poll() is not None:
                return
            self._is_killed = True
            _kill(self._process)

    def start_again(self) -> None:
        """Run the child again after kill(), in the same folder: its database is as the kill left it."""
        with self._changing:
            if self._is_killed:
                self._process = self._started()
                self._is_killed = False

    @property
    def is_alive(self) -> bool:
        """Tell whether the child runs now."""
        with self._changing:
            return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return the child's process id; raise RuntimeError outside the `with` block."""
        if self._process is None:
            raise RuntimeError("the product is not running: use it inside a with block")
        return self._process.pid

    def output(self) -> str:
        """Return everything that the product has written so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def last_output(self) -> str:
        """Return the last lines that the product wrote, for a person to read."""
        lines = self.output().splitlines()[-_LAST_LINES:]
        return "\n".join(["Its last output:", *lines]) if lines else "It has written nothing."

    def _started(self) -> "subprocess.Popen[bytes]":
        # The console script, not -m: the workers of the product's pool import the main module again.
        script = Path(sys.executable).with_name("allocator")
        with self._output.open("ab") as output:
            return subprocess.Popen(  # noqa: S603  # our own program, from beside this interpreter
                [script, "run", "--settings", self._file],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder.name,
                env=self._environment,
                # A Ctrl-C in the terminal is the demo's, which then stops the product as systemd would.
                start_new_session=True,
            )

    def _stop(self, process: "subprocess.Popen[bytes]") -> None:
        """End the child as systemd would, then whatever is left of it, even if a second Ctrl-C comes."""
        try:
            process.terminate()
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _kill(process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    # The child leads a session, so its group is its own.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _harmless(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out the product's own settings, its credentials, and proxies: the demo talks to loopback alone."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("ALLOCATOR_") and name != "CREDENTIALS_DIRECTORY" and not name.lower().endswith("_proxy")
    }
