"""The lane: one thing at a time moves money, a tick or a tap, and what hangs in it is noticed."""

import asyncio
from collections.abc import Callable
from typing import Literal

from bot.operations.pulse import LONGEST_WORK


class Lane(asyncio.Lock):
    """A lock that gives the signs of life of whoever holds it.

    Ticks wait while a tap holds it, so they cannot promise anything: the holder promises to be out in time.
    `signs` is told how many seconds there are until the next sign; a tick comes every `tick_seconds`.
    """

    def __init__(self, signs: Callable[[float], None], tick_seconds: float) -> None:
        super().__init__()
        self._signs = signs
        self._tick_seconds = tick_seconds

    async def acquire(self) -> Literal[True]:
        """Wait until nobody holds it, and hold it."""
        await super().acquire()
        self._signs(LONGEST_WORK)
        return True

    def release(self) -> None:
        """Leave it; the next tick gives the next sign."""
        super().release()
        self._signs(self._tick_seconds)
