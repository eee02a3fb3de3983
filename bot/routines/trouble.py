"""Trouble that lasts: retried with growing pauses, and said once."""

import logging

from bot.records import Records, now
from core.alerts import Alert
from core.messages import trouble_messages
from core.pauses import growing_pause
from core.ports import BrokerAway, BrokerRefused, Pace

log = logging.getLogger(__name__)

SAID_AFTER = 3
"""How many tries in a row must fail before the owner hears of it: a single lost packet is no news."""

LONGEST_PAUSE = 300.0
"""Seconds between tries at most."""

MENDED_AFTER = 3
"""How many good ticks in a row make an all-clear: a flapping line must not tell its whole story."""

AWAY = "broker-away"
REFUSED = "broker-refused"
ROUTINE = "routine"


class Trouble:
    """Counts failures of ticks, says when to try again, and says in the chat what lasts."""

    def __init__(self, records: Records, pace: Pace, tick_seconds: float) -> None:
        self._records = records
        self._pace = pace
        self._tick_seconds = tick_seconds
        self._failures = 0
        self._not_before = 0.0
        self._good = 0

    def is_time(self) -> bool:
        """Return whether the pause after the last failure is over."""
        return self._pace.monotonic() >= self._not_before

    def broker_failed(self, error: BrokerAway) -> None:
        """Note that the broker could not be used."""
        self._pause(error.wait)
        log.warning("the broker cannot be used (%s); failure %d in a row", error, self._failures)
        refused = isinstance(error, BrokerRefused)
        if refused or self._failures >= SAID_AFTER:
            alert = trouble_messages.broker_refuses(str(error)) if refused else trouble_messages.broker_away(str(error))
            self._say(alert, REFUSED if refused else AWAY)

    def routine_failed(self, error: Exception) -> None:
        """Note that something nobody expected stopped a tick."""
        self._pause()
        log.error("a tick failed, number %d in a row", self._failures, exc_info=error)
        self._say(trouble_messages.something_broke(type(error).__name__), ROUTINE)

    def went_well(self) -> None:
        """Note a tick without any failure; after some in a row, what was said to be broken is said to be mended."""
        self._failures, self._not_before = 0, 0.0
        self._good += 1
        if self._good == MENDED_AFTER:
            # Asked of the records, because an earlier process may have said it.
            cleared = [self._records.outbox.clear(key) for key in (AWAY, REFUSED)]
            if any(cleared):
                self._records.outbox.say(trouble_messages.broker_back(), now())
            self._records.outbox.clear(ROUTINE)

    def _pause(self, asked_for: float = 0.0) -> None:
        self._failures += 1
        self._good = 0
        pause = growing_pause(self._failures, self._tick_seconds, LONGEST_PAUSE)
        self._not_before = self._pace.monotonic() + max(pause, asked_for)

    def _say(self, alert: Alert, once_key: str) -> None:
        self._records.outbox.say(alert, now(), once_key=once_key)
