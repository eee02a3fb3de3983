"""What differs from one living of the same week to the next, and what stands for it on the page."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.sessions import NEW_YORK

THEN = "[then]"
"""Stands for a time of the machine's clock: a week took a minute there."""

_VARYING = (
    (re.compile(r"allocator-\d{4}-\d{2}-\d{2}\.db"), f"allocator-{THEN}.db"),
    (re.compile(r"(?<=\.db, )[\d,]+(?= bytes)"), "some"),
    (re.compile(r"(?<=^Version: )\S+", re.MULTILINE), "[version]"),
    # What a button carries is drawn at random; the audit names it.
    (re.compile(r"(?<=: )((?:confirm|cancel)(?: [a-z]+)?) [\w-]{12}(?=: )"), r"\1 [token]"),
)


class Varying:
    """Knows how the minutes of a living are written, by a machine in New York's zone; `began` and `ended` are aware."""

    def __init__(self, began: datetime, ended: datetime) -> None:
        self._times = tuple(_times(began, ended))

    def steady(self, text: str) -> str:
        """Return a text of the chat as any other living of the week would have it."""
        for time in self._times:
            text = text.replace(time, THEN)
        for pattern, instead in _VARYING:
            text = pattern.sub(instead, text)
        return text


def _times(began: datetime, ended: datetime) -> Iterator[str]:
    minute = began.replace(second=0, microsecond=0)
    while minute <= ended:
        local = minute.astimezone(NEW_YORK)
        day = f"{local:%a} {local.day} {local:%b}"
        yield from (f"{day} {local:%H:%M} {zone}" for zone in (local.tzname(), NEW_YORK.key))
        yield f"{day} {local.year} at {local:%H:%M} New York time"
        minute += timedelta(minutes=1)
