"""The ways an alert reaches its owner, and what a try can come to."""

from dataclasses import dataclass
from typing import Protocol

from storage.outbox import Delivery


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took it. `receipt` is the channel's own name for the message, `segments` what an SMS is billed as."""

    receipt: str
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Not now, and that passes by itself. `wait` is the seconds the channel itself asked for."""

    reason: str
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Never this message; the channel takes others."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """No message at all until somebody mends the channel: its keys, its credit. `remedy` says how, as sentences."""

    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Held:
    """Nothing to this recipient before they do what `remedy` says, as sentences."""

    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Omitted:
    """Left out for good, and nothing is lost that must be told of: a picture of what the words have said."""

    reason: str


Attempt = Sent | Failed | Rejected | Refused | Held | Omitted


class Channel(Protocol):
    """Sends alerts to one kind of address."""

    name: str
    title: str

    async def send(self, delivery: Delivery) -> Attempt:
        """Try once to deliver, and return what came of it."""
