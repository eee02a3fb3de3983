"""What `allocator check` looks at on this machine: the settings' file, the database, the disk."""

import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.operations.findings import Finding, Verdict
from bot.settings.file import Loaded
from bot.settings.model import Settings
from storage import backup, database
from storage.errors import Damaged, StorageError

LEAST_FREE, MUCH_FREE = 50_000_000, 500_000_000
"""Bytes: below the one nothing may be written soon, above the other nobody needs to care."""

COPIES = 3
"""How many times the database must fit on the disk: its log, and a copy that is being made."""


def settings(loaded: Loaded) -> Iterator[Finding]:
    """Examine where the settings come from, and who else can read them."""
    source = str(loaded.path) if loaded.path else "the environment alone"
    yield Finding("settings", Verdict.PASS, f"they are complete, read from {source}")
    for warning in loaded.warnings:
        yield Finding("file rights", Verdict.WARN, warning)
    file = database.file_of(loaded.settings.storage.url)
    yield from _rights([file, *_beside(file)], quiet=bool(loaded.warnings))


def books(settings: Settings) -> Iterator[Finding]:
    """Examine the database without writing to it, whether the service runs or not."""
    file = database.file_of(settings.storage.url)
    if not file.exists():
        yield Finding("database", Verdict.WARN, f"there is none at {file} yet: the service makes it at its first start")
        return
    try:
        with database.open_to_read(settings.storage.url):
            pass
    except StorageError as error:
        yield Finding("database", Verdict.FAIL, str(error))
        return
    damage = backup.damage(file, in_use=True, quick=True)
    if damage is None:
        yield Finding("database", Verdict.PASS, f"{file} is whole ({file.stat().st_size:,} bytes)")
    else:
        yield Finding("database", Verdict.FAIL, str(Damaged(file, damage)))


def disk(settings: Settings) -> Iterator[Finding]:
    """Examine whether there is room for the database, its log and its copies."""
    file = database.file_of(settings.storage.url)
    folder = next(one for one in file.parents if one.exists())
    free = shutil.disk_usage(folder).free
    size = file.stat().st_size if file.exists() else 0
    said = f"{free / 1_000_000:,.0f} MB are free in {folder}"
    if free < LEAST_FREE + COPIES * size:
        yield Finding("disk space", Verdict.FAIL, f"{said}: make room, nothing is ordered that cannot be written down")
    elif free < MUCH_FREE + COPIES * size:
        yield Finding("disk space", Verdict.WARN, f"{said}: make room before it is short")
    else:
        yield Finding("disk space", Verdict.PASS, said)


def _rights(files: Sequence[Path], *, quiet: bool) -> Iterator[Finding]:
    open_to_others = [file for file in files if file.exists() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    for file in open_to_others:
        yield Finding("file rights", Verdict.WARN, f"{file} is open to other users: chmod 600 {file}")
    if not open_to_others and not quiet:
        yield Finding("file rights", Verdict.PASS, "nobody else can read the settings and the database")


def _beside(file: Path) -> tuple[Path, ...]:
    return tuple(file.with_name(f"{file.name}{ending}") for ending in ("-wal", "-shm"))
