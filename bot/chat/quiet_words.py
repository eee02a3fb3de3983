"""Quiet hours as somebody writes them: `22:00 07:00 Europe/Berlin`, or `off`."""

import difflib
import re
from collections.abc import Sequence
from datetime import time
from zoneinfo import available_timezones

from core.preferences import QuietHours

USAGE = "Write when they begin and end, and your time zone."

_TIME = re.compile(r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})", re.ASCII)
_FILLERS = {"from", "to", "until", "-", "till"}


def read(words: Sequence[str], before: QuietHours | None) -> QuietHours | str | None:
    """Return the quiet hours, None for `off`, or what is wrong with the words as sentences.

    Without a zone that of the hours before stays.
    """
    meant = [word for word in words if word.lower() not in _FILLERS]
    if [word.lower() for word in meant] == ["off"]:
        return None
    if len(meant) not in {2, 3}:
        return f"{' '.join(words)[:40]!r} is not when quiet hours begin and end. {USAGE}"
    times = [_time(word) for word in meant[:2]]
    for word, read_ in zip(meant, times, strict=False):
        if read_ is None:
            return f"{word[:20]!r} is not a time of day such as 22:00. {USAGE}"
    if len(meant) == 2 and before is None:
        return f"Which time zone are these times in? {USAGE}"
    zone = _zone(meant[2]) if len(meant) == 3 else before.zone if before is not None else ""
    begins, ends = (one for one in times if one is not None)
    hours = QuietHours(begins, ends, zone)
    if problems := hours.problems():
        return " ".join((*problems, *_meant(zone)))
    return hours


def _time(word: str) -> time | None:
    match = _TIME.fullmatch(word)
    if match is None or int(match["hour"]) > 23 or int(match["minute"]) > 59:
        return None
    return time(int(match["hour"]), int(match["minute"]))


def _zone(word: str) -> str:
    """Return a zone's name as it is written, whatever capitals somebody used."""
    return {name.casefold(): name for name in available_timezones()}.get(word.casefold(), word[:60])


def _meant(zone: str) -> list[str]:
    known = available_timezones()
    if zone in known:
        return []
    # Most people write the city alone.
    names = {name.rpartition("/")[2].casefold(): name for name in sorted(known)} | {
        one.casefold(): one for one in known
    }
    near = difflib.get_close_matches(zone.casefold().replace(" ", "_"), names, n=1, cutoff=0.7)
    return [f"Did you mean {names[near[0]]}?"] if near else []
