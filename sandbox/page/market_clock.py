"""The market's clock on the page: what time it is, what comes next, and how to get there sooner."""

from collections.abc import Iterator
from datetime import datetime

from sandbox.clock import VirtualClock
from sandbox.demo.days import AFTER_CLOSE, AFTER_OPEN
from sandbox.page.words import day, minute, moment
from sandbox.sessions import NEW_YORK, Session, latest_session, next_session, open_session

SPEEDS = (1, 60, 600)
"""How many virtual seconds a second may take."""


class MarketClock:
    """Show the virtual clock, and pause, speed or move it."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._speed = 1

    @property
    def is_paused(self) -> bool:
        """Tell whether time stands still."""
        return self._clock.rate == 0

    def pause(self) -> None:
        """Let time stand still."""
        self._clock.stop()

    def play(self) -> None:
        """Let time run at the speed that was chosen last."""
        self._clock.run_at(self._speed)

    def choose(self, speed: int) -> None:
        """Choose how fast time runs, from now on or once it is played; raise ValueError for no such speed."""
        if speed not in SPEEDS:
            raise ValueError(f"speed is {speed}, must be one of {', '.join(map(str, SPEEDS))}")
        self._speed = speed
        if not self.is_paused:
            self.play()

    def jump(self, name: str) -> datetime:
        """Jump to one of `destinations`, and return when that is; raise ValueError for no such name."""
        destinations = _destinations(self._clock.now())
        if name not in destinations:
            raise ValueError(f"the clock cannot jump to {name!r}: there are {', '.join(destinations)}")
        self._clock.set(destinations[name])
        return destinations[name]

    def shown(self) -> dict[str, object]:
        """Return the clock and its jumps, ready for JSON; times are New York's."""
        now = self._clock.now()
        session = open_session(now)
        upcoming = next_session(now)
        return {
            "day": f"{now.astimezone(NEW_YORK):%A %d %B %Y}",
            "time": f"{now.astimezone(NEW_YORK):%H:%M:%S}",
            "now": f"{day(now)} {minute(now)}",
            "is_open": session is not None,
            "is_half_day": (session or upcoming).is_half_day,
            "next_open": moment(upcoming.opens),
            "next_close": moment((session or upcoming).closes),
            "week_close": moment(_last_of_week(session or upcoming).closes),
            "is_paused": self.is_paused,
            "speed": self._speed,
            "speeds": list(SPEEDS),
            "jumps": {name: moment(at) for name, at in _destinations(now).items()},
        }


def _destinations(now: datetime) -> dict[str, datetime]:
    """Return where the clock can jump to: when the day's investing, its report and the week's reports are due."""
    return {
        "open": next(at for session in _from(now) if (at := session.opens + AFTER_OPEN) > now),
        "close": next(at for session in _from(now) if (at := session.closes + AFTER_CLOSE) > now),
        "week": next(at for session in _from(now) if (at := _last_of_week(session).closes + AFTER_CLOSE) > now),
    }


def _from(now: datetime) -> Iterator[Session]:
    """Return the sessions from the one that opened last."""
    session = latest_session(now)
    while True:
        yield session
        session = next_session(session.closes)


def _last_of_week(session: Session) -> Session:
    following = next_session(session.closes)
    while following.day.isocalendar()[:2] == session.day.isocalendar()[:2]:
        session, following = following, next_session(following.closes)
    return session
