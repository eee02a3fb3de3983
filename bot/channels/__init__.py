"""The ways an alert reaches its owner, and what a try can come to."""

from dataclasses import dataclass
from typing import Protocol

from storage.outbox import Delivery


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took it. `receipt` is the channel's own name for the message."""

    receipt: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Not now. `wait` is the seconds the channel itself asked for; `lasting`: it will not mend by itself."""

    reason: str
    wait: float | None = None
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Not before the recipient does something."""

    reason: str


Attempt = Sent | Failed | Held


class Channel(Protocol):
    """Sends alerts to one kind of address."""

    name: str
    title: str

    async def send(self, delivery: Delivery) -> Attempt:
        """Try once to deliver, in bounded time, and return what came of it; raises nothing of a library's."""
