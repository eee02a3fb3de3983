"""Beside an installed service the shell's commands work with the service's settings and records, as its user."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.exits import FAILED
from bot.installing import places

Run = Callable[[Sequence[str], str | None], int]
"""Runs a program, with a file as its standard input where one is named; returns its exit code."""


def is_wanted(settings: Path | None, environment: Mapping[str, str], unit: Path = places.UNIT) -> bool:
    """Tell whether a command is about the installed service: there is one, and no other settings are named."""
    named = settings is not None or environment.get("ALLOCATOR_SETTINGS") or environment.get("CREDENTIALS_DIRECTORY")
    return not named and unit.exists()


def hand_over(
    arguments: Sequence[str],
    file: Path | None,
    *,
    is_root: bool,
    run: "Run | None" = None,
    unit: Path = places.UNIT,
) -> int:
    """Run the command as the service would, and return its exit code. `file` is one of ours that it must read."""
    if not is_root:
        sys.stderr.write(
            f"the settings and records are the installed service's: sudo allocator {' '.join(arguments)}\n"
            "(or name others with --settings)\n"
        )
        return FAILED
    if file == Path("-"):
        file = None
    # The service's user cannot see our folders: a file goes in as standard input.
    given = ["-" if file is not None and one == str(file) else one for one in arguments]
    command = as_the_service(places.CURRENT, given, unit.read_text(encoding="utf-8"))
    return (run or _run)(command, str(file) if file is not None else None)


def as_the_service(release: Path, words: Sequence[str], unit: str) -> tuple[str, ...]:
    """Return what runs a command of a release as the service of this unit would: its user, settings and records."""
    credentials = [line for line in unit.splitlines() if line.startswith("LoadCredential")]
    return (
        *("systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--service-type=exec"),
        *(f"--property={one}" for one in (*_AS_THE_SERVICE, *credentials)),
        *(str(release / "venv/bin/allocator"), *words),
    )


_AS_THE_SERVICE = (
    *("User=allocator", "DynamicUser=yes", "StateDirectory=allocator", "StateDirectoryMode=0700"),
    *("WorkingDirectory=/var/lib/allocator", "UMask=0077"),
)


def _run(command: Sequence[str], file: str | None) -> int:
    try:
        if file is None:
            return subprocess.run(command, check=False).returncode  # noqa: S603
        with Path(file).open("rb") as opened:
            return subprocess.run(command, stdin=opened, check=False).returncode  # noqa: S603
    except OSError as error:
        sys.stderr.write(f"{error.filename or command[0]}: {os.strerror(error.errno or 0)}\n")
        return FAILED
