"""`allocator service status` and `allocator service logs`: what systemd and its journal know of the service."""

import json
from typing import Any

from bot.installing import places, release
from bot.installing.service import Here
from bot.shell import commands as shell

NOT_INSTALLED = 4
"""systemctl(1): `status` ends so when there is no such unit."""

_STATUS = ("systemctl", "status", "--no-pager", places.NAME)

# systemctl(1): `show` is the form for programs. Times in UTC need no guess at the machine's zone.
_SHOW = ("systemctl", "show", "--timestamp=utc", places.NAME)


def status(here: Here, *, as_json: bool) -> int:
    """Show what systemd knows of the service; the exit code is systemd's."""
    if not here.machine.at(places.UNIT).exists():
        if not as_json:
            return _not_installed()
        shell.say(json.dumps({"installed": False, "release": None, **_told({})}, indent=2))
        return NOT_INSTALLED
    if not as_json:
        return here.machine.run(_STATUS, None)
    current = release.linked(here.machine, places.CURRENT)
    _, shown = here.machine.read(_SHOW)
    told = _told(dict(line.partition("=")[::2] for line in shown.splitlines()))
    shell.say(json.dumps({"installed": True, "release": current and current.name, **told}, indent=2))
    return here.machine.read(_STATUS)[0]


def logs(here: Here, *, follow: bool, lines: int) -> int:
    """Show the end of the service's log."""
    if not here.machine.at(places.UNIT).exists():
        # journalctl would print "No entries" and end well.
        return _not_installed()
    more = ("-f",) if follow else ("--no-pager",)
    return here.machine.run(("journalctl", "-u", places.NAME, "-n", str(lines), *more), None)


def _not_installed() -> int:
    shell.complain("the service is not installed: sudo allocator service install")
    return NOT_INSTALLED


def _told(shown: dict[str, str]) -> dict[str, Any]:
    """Return what `show` said of the service under keys that stay; null is what is not known."""
    boots = shown.get("UnitFileState")
    return {
        "state": shown.get("ActiveState"),
        "sub_state": shown.get("SubState"),
        "result": shown.get("Result"),
        "says": shown.get("StatusText") or None,
        "since": _time(shown.get("ActiveEnterTimestamp", "")),
        "pid": _number(shown.get("MainPID", "")) or None,
        "restarts": _number(shown.get("NRestarts", "")),
        "starts_at_boot": None if boots is None else boots == "enabled",
    }


def _time(text: str) -> str | None:
    """Return `Fri 2026-11-27 14:30:00 UTC` in the form of ISO 8601, None for a moment that never was."""
    _, day, time, *_ = (*text.split(), "", "", "")
    return f"{day}T{time}+00:00" if time else None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
