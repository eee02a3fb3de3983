"""How many requests a minute the account may make, and what each answer says about it."""

from collections.abc import Callable, Mapping
from math import ceil
from time import monotonic, time

_WINDOW_SECONDS = 60.0


class RateLimit:
    """Count requests in windows of a minute, each beginning with the first request after the one before.

    Real time, not virtual: the limit protects a server from a busy client, and is a matter of seconds on the wire. A
    virtual clock that jumps would forgive a burst, and one that stands would never forgive. `most` is None for no
    limit; seconds is a monotonic clock, epoch the wall clock in which X-RateLimit-Reset is told.
    """

    def __init__(
        self,
        most: int | None,
        *,
        seconds: Callable[[], float] = monotonic,
        epoch: Callable[[], float] = time,
    ) -> None:
        if most is not None and most < 1:
            raise ValueError(f"the limit is {most} requests a minute, must be at least 1, or None for no limit")
        self._most = most
        self._seconds = seconds
        self._epoch = epoch
        self._began: float | None = None
        self._count = 0

    def take(self) -> tuple[bool, Mapping[str, str]]:
        """Count one request; return whether it is allowed, and the headers of its answer (none without a limit)."""
        if self._most is None:
            return True, {}
        now = self._seconds()
        if self._began is None or now - self._began >= _WINDOW_SECONDS:
            self._began, self._count = now, 0
        allowed = self._count < self._most
        # A refused request costs nothing, or a client that keeps asking would never be let in again.
        self._count += allowed
        ends_in = _WINDOW_SECONDS - (now - self._began)
        return allowed, {
            "X-RateLimit-Limit": str(self._most),
            "X-RateLimit-Remaining": str(self._most - self._count),
            # Whole seconds, rounded up: who waits until then is not early.
            "X-RateLimit-Reset": str(ceil(self._epoch() + ends_in)),
        }
