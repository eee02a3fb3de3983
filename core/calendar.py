"""Trading days and the market's clock, as the broker tells them: no hour is written here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day as the broker's calendar lists it; times are aware."""

    day: date
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class TradingDay:
    """A trading day in its week. `last_of_week`: no later trading day before the next Monday.

    `next_opens` is when the next trading day begins, and `next_week_closes` when the last trading day of the next week
    that has any ends; None where the calendar was not read so far.
    """

    day: date
    opens: datetime
    closes: datetime
    last_of_week: bool
    next_opens: datetime | None = None
    next_week_closes: datetime | None = None


@dataclass(frozen=True, slots=True)
class MarketClock:
    """The market's time now, by the broker; it alone decides what is due."""

    now: datetime
    is_open: bool
    next_open: datetime
    next_close: datetime

    @property
    def today(self) -> date:
        """The date in New York."""
        return self.now.astimezone(NEW_YORK).date()


def trading_days(sessions: Iterable[Session]) -> tuple[TradingDay, ...]:
    """Return the sessions as trading days, oldest first.

    The last session's week is taken to end with it, so ask the broker for whole weeks.
    """
    ordered = sorted(sessions, key=lambda session: session.day)
    followers: list[Session | None] = [*ordered, None][1:]
    ends = [
        follower is None or _week(follower.day) != _week(session.day)
        for session, follower in zip(ordered, followers, strict=True)
    ]
    next_week_closes: list[datetime | None] = []
    week_ends: list[datetime] = []
    # Backwards, so that at each day the ends of the weeks after it are known.
    for session, is_last in zip(reversed(ordered), reversed(ends), strict=True):
        if is_last:
            week_ends.append(session.closes)
        next_week_closes.append(week_ends[-2] if len(week_ends) > 1 else None)
    return tuple(
        TradingDay(
            session.day,
            session.opens,
            session.closes,
            last_of_week=is_last,
            next_opens=None if follower is None else follower.opens,
            next_week_closes=closes,
        )
        for session, follower, is_last, closes in zip(ordered, followers, ends, reversed(next_week_closes), strict=True)
    )


def _week(day: date) -> tuple[int, int]:
    year, week, _ = day.isocalendar()
    return year, week
