"""What happened in the first week's chat, as values, in the order in which the owner saw it."""

from dataclasses import dataclass
from datetime import datetime

from sandbox.demo.phone import News


@dataclass(frozen=True, slots=True)
class Typed:
    """What the owner wrote to the bot."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Tapped:
    """A button that the owner tapped, by its label."""

    at: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What happens outside the chat, in sentences of whoever tells the story."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Came:
    """What came from the bot, as it was shown once all had come; `again` for a message that had changed."""

    at: datetime
    news: News
    again: bool = False


Entry = Typed | Tapped | Remark | Came


@dataclass(frozen=True, slots=True)
class Diary:
    """A week's entries, and when it began and ended by this machine's clock. Their own times are the sandbox's."""

    entries: tuple[Entry, ...]
    began: datetime
    ended: datetime
