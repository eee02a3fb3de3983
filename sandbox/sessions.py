"""When the New York Stock Exchange truly trades: sessions, half days, holidays."""

import warnings
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")

FIRST_DAY = date(2022, 1, 1)
LAST_DAY = date(2030, 12, 31)


@dataclass(frozen=True, slots=True)
class Session:
    """Hold one day of trading; the times are aware and in New York.

    settles is the day on which its trades settle: T+1, the next session.
    """

    day: date
    opens: datetime
    closes: datetime
    settles: date

    @property
    def is_half_day(self) -> bool:
        """Tell whether trading ends early (13:00)."""
        return self.closes.hour < 16


@cache
def all_sessions() -> tuple[Session, ...]:
    """Return every session from FIRST_DAY to LAST_DAY, in order.

    The first call takes about a second (it loads pandas), the next ones nothing.
    """
    # Imported here because it is slow, and because only the sandbox needs it.
    import exchange_calendars  # noqa: PLC0415  # for the reason above

    # A bounded calendar is built in a tenth of the time; it reaches past the end to know the last settlement.
    with warnings.catch_warnings():
        # exchange_calendars 4.13 reads values in a way that pandas 3 announces to change; its answers are right.
        warnings.simplefilter("ignore", DeprecationWarning)
        schedule = exchange_calendars.get_calendar("XNYS", start=FIRST_DAY.isoformat(), end="2031-01-31").schedule
    days = [day.date() for day in schedule.index]
    hours = zip(schedule["open"], schedule["close"], strict=True)
    return tuple(
        Session(
            day=day,
            opens=opens.to_pydatetime().astimezone(NEW_YORK),
            closes=closes.to_pydatetime().astimezone(NEW_YORK),
            settles=settles,
        )
        for day, settles, (opens, closes) in zip(days, days[1:], hours, strict=False)
        if day <= LAST_DAY
    )


def sessions_between(first: date, last: date) -> list[Session]:
    """Return the sessions from first to last, both included."""
    sessions = all_sessions()
    start = bisect_right(sessions, first, key=lambda session: session.day)
    # bisect_right lands after an equal day, which is wanted for the end and not for the start.
    if start and sessions[start - 1].day == first:
        start -= 1
    return list(sessions[start : bisect_right(sessions, last, key=lambda session: session.day)])


def open_session(at: datetime) -> Session | None:
    """Return the session that is trading at this instant, or None when the market is closed."""
    latest = latest_session(at)
    return latest if at < latest.closes else None


def latest_session(at: datetime) -> Session:
    """Return the session that opened last; raise ValueError outside the simulated years."""
    return all_sessions()[_opened(at) - 1]


def previous_session(at: datetime) -> Session:
    """Return the session before the one that opened last; raise ValueError outside the simulated years."""
    opened = _opened(at)
    if opened < 2:
        raise _outside(at)
    return all_sessions()[opened - 2]


def next_session(at: datetime) -> Session:
    """Return the first session that opens after this instant; raise ValueError outside the simulated years."""
    opened = _opened(at)
    sessions = all_sessions()
    if opened == len(sessions):
        raise _outside(at)
    return sessions[opened]


def settlement(traded_at: datetime) -> datetime:
    """Return when an equity trade settles: as the settlement day (T+1) begins in New York."""
    return datetime.combine(latest_session(traded_at).settles, time(), NEW_YORK)


def _opened(at: datetime) -> int:
    """Count the sessions that have opened by this instant, at least one."""
    opened = bisect_right(all_sessions(), at.astimezone(UTC), key=lambda session: session.opens)
    if opened == 0:
        raise _outside(at)
    return opened


def _outside(at: datetime) -> ValueError:
    return ValueError(f"{at.isoformat()} is outside the simulated years, {FIRST_DAY} to {LAST_DAY}")
