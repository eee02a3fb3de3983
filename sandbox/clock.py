"""The one time of the sandbox: every stand-in asks this clock, and tests move it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic


@dataclass(frozen=True, slots=True)
class _Reading:
    """A virtual instant, the machine's monotonic seconds at which it was true, and how fast time runs since."""

    instant: datetime
    seconds: float
    rate: float = 1.0


class VirtualClock:
    """Tell a virtual time that runs from wherever it was last set: at real speed, at another, or not at all.

    Times are aware and come back in UTC. The whole state is one value, swapped at once, so another thread
    that reads while it is being moved sees the time before or after, never a mixture.
    """

    def __init__(self, start: datetime) -> None:
        self._reading = _Reading(_utc(start), monotonic())

    def now(self) -> datetime:
        """Return the virtual time, aware, in UTC."""
        reading = self._reading
        return reading.instant + timedelta(seconds=(monotonic() - reading.seconds) * reading.rate)

    @property
    def rate(self) -> float:
        """Return how many virtual seconds a second of the machine takes, 0 for none."""
        return self._reading.rate

    def run_at(self, rate: float) -> None:
        """Let time run from now on at so many virtual seconds a second; raise ValueError when it is negative."""
        if rate < 0:
            raise ValueError(f"the clock cannot go back: {rate} seconds a second is negative")
        self._reading = _Reading(self.now(), monotonic(), rate)

    def stop(self) -> None:
        """Let time stand still from now on; set and advance still move it, so what happens when is exact."""
        self.run_at(0)

    def set(self, instant: datetime) -> None:
        """Jump to an aware instant; raise ValueError when it lies before now()."""
        target = _utc(instant)
        now = self.now()
        if target < now:
            raise ValueError(f"the clock says {now.isoformat()} and cannot go back to {target.isoformat()}")
        self._reading = _Reading(target, monotonic(), self.rate)

    def advance(self, duration: timedelta) -> None:
        """Jump forward by a duration; raise ValueError when it is negative."""
        if duration < timedelta(0):
            raise ValueError(f"the clock cannot go back: {duration} is negative")
        # From the same reading, so that the jump is exact however long this call took.
        reading = self._reading
        self._reading = _Reading(reading.instant + duration, reading.seconds, reading.rate)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone: pass an aware time")
    return instant.astimezone(UTC)
