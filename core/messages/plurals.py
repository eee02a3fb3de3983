"""Counts, days and times as a person reads them in the chat."""

from datetime import date, datetime

from core.calendar import NEW_YORK


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 alert`, `2 alerts`, `1,000 alerts`. `many` is for nouns that add no s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def day(when: date) -> str:
    """Return a day as `Fri 27 Nov`."""
    return f"{when:%a} {when.day} {when:%b}"


def time(instant: datetime) -> str:
    """Return a time of day with its zone, `09:35 New York time`."""
    return f"{instant.astimezone(NEW_YORK):%H:%M} New York time"


def moment(instant: datetime) -> str:
    """Return a day and a time with their zone, `Fri 27 Nov 09:35 New York time`."""
    return f"{day(instant.astimezone(NEW_YORK).date())} {time(instant)}"
