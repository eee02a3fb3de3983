"""Telegram's limits on how fast a bot may write: to one chat, and altogether."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import monotonic

from sandbox.telegram.refusals import too_many_requests

# Telegram: https://core.telegram.org/bots/faq, "My bot is hitting limits": about one message a second to one chat,
# where short bursts may pass, and about 30 a second altogether. How long a burst may be is not said.
CHAT_BURST = 3
OVERALL_RATE = 30


@dataclass(slots=True)
class _Bucket:
    """Tokens that come back at `rate` a second, up to `most` of them."""

    rate: float
    most: float
    tokens: float
    filled_at: float

    def fill(self, now: float) -> None:
        self.tokens = min(self.most, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now

    def wait(self) -> float:
        """Return the seconds until there is a token, 0 when there is one."""
        return max(0.0, (1 - self.tokens) / self.rate)


class FloodControl:
    """Refuse messages that come too fast, by this machine's clock and not by the virtual one.

    Off until switched on: a demo tells a week in a minute, and its bot writes as fast as its days pass, which no
    real one does.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.is_on = False
        self._clock = clock
        self._overall = _Bucket(OVERALL_RATE, OVERALL_RATE, OVERALL_RATE, clock())
        self._chats: dict[int, _Bucket] = {}

    def admit(self, chat_id: int) -> None:
        """Count one message or edit; raise Refusal (429, with the seconds to wait) when it comes too soon."""
        if not self.is_on:
            return
        now = self._clock()
        chat = self._chats.setdefault(chat_id, _Bucket(1, CHAT_BURST, CHAT_BURST, now))
        for bucket in (chat, self._overall):
            bucket.fill(now)
        if seconds := max(chat.wait(), self._overall.wait()):
            raise too_many_requests(ceil(seconds))
        chat.tokens -= 1
        self._overall.tokens -= 1
