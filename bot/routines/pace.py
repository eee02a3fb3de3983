"""Waiting that ends at once when the process is asked to stop."""

import threading
import time
from collections.abc import Callable


class StoppablePace:
    """Implements core.ports.Pace for routines that run in threads. `waiting` is told how long each wait may be."""

    def __init__(self, waiting: Callable[[float], None] = lambda _: None) -> None:
        self._stopping = threading.Event()
        self._waiting = waiting

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        return time.monotonic()

    def wait(self, seconds: float) -> bool:
        """Wait, or return at once with True when the process is asked to stop."""
        self._waiting(seconds)
        return self._stopping.wait(seconds)

    def stop(self) -> None:
        """End every wait, now and from now on."""
        self._stopping.set()
