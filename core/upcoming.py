"""What comes next: when each routine acts again by itself."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from core import schedule
from core.calendar import TradingDay
from core.schedule import SCHEDULED, Routine, Window


def upcoming(
    now: datetime, days: Iterable[TradingDay], done: Collection[tuple[Routine, date]], *, since: datetime
) -> dict[Routine, Window]:
    """Return for each routine the first window that is open or still to come; one that `days` do not reach is absent.

    `done` are the scheduled runs that have ended, `since` is the first start: what was due before it is not owed.
    """
    ahead = tuple(days)
    owed = schedule.due(now, ahead, done, since=since)
    found: dict[Routine, Window] = {}
    for routine in SCHEDULED:
        for day in ahead:
            window = schedule.window(routine, day)
            comes = window.opens > now and (routine is not Routine.VARIANCE or day.last_of_week)
            if comes or (routine, day) in owed:
                found[routine] = window
                break
    return found
