"""Signs of life: whether each part of the service still makes its attempts, whatever comes of them."""

import asyncio
import time
from collections.abc import Callable
from enum import StrEnum

from bot.operations.notify import Notifier

GRACE_SECONDS = 60.0
"""How much later than it promised a part's next sign may come: a busy or small machine is not a broken service."""

LONGEST_WORK = 1800.0
"""How long a tick or a tap may work without a sign: reading hundreds of funds takes long, each within its time-outs."""

LOOK_SECONDS = 5.0
"""How often the signs are looked at, at least."""


class Part(StrEnum):
    """What must go on in the service, in words for a person."""

    TICK = "the look at the market"
    PUMP = "the sending of alerts"
    POLLING = "the listening to the chat"


class Pulse:
    """Knows until when each part has promised its next sign, by a clock that never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = dict.fromkeys(Part, clock())

    def sign(self, part: Part, within: float) -> None:
        """Note that a part makes an attempt, or decided to wait, and gives its next sign within so many seconds."""
        self._until[part] = self._clock() + within

    def silent(self) -> tuple[Part, ...]:
        """Return the parts whose sign is overdue."""
        now = self._clock()
        return tuple(part for part, until in self._until.items() if now > until + GRACE_SECONDS)


async def watch(pulse: Pulse, notifier: Notifier, status: Callable[[], str]) -> None:
    """Tell the system how things are, and feed its watchdog while no part is silent, until cancelled.

    It runs in the event loop on purpose: a loop that hangs feeds nothing. What a part attempts may fail as often as it
    likes: an outage of somebody else's must not restart the service over and over.
    """
    if not notifier.is_heard:
        return
    half = (notifier.watchdog_seconds or 2 * LOOK_SECONDS) / 2
    while True:
        silent = pulse.silent()
        if silent:
            notifier.status(f"Nothing is heard of {' and of '.join(silent)}; waiting to be restarted")
        else:
            notifier.status(status())
            if notifier.watchdog_seconds is not None:
                notifier.alive()
        await asyncio.sleep(min(half, LOOK_SECONDS))
