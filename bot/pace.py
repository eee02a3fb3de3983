"""Waiting that ends at once when the process is asked to stop."""

import threading
import time


class StoppablePace:
    """Implements core.ports.Pace for routines that run in threads."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""
        return time.monotonic()

    def wait(self, seconds: float) -> bool:
        """Wait, or return at once with True when the process is asked to stop."""
        return self._stopping.wait(seconds)

    def stop(self) -> None:
        """End every wait, now and from now on."""
        self._stopping.set()
