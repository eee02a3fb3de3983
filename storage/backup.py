"""Copies of the database: made while it is in use, looked into before they count, and put back whole."""

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage import schema
from storage.errors import Damaged, NewerDatabase, NotOurs, StorageError
from storage.schema import SHIPPED, Migrations

_LOGS = ("-wal", "-shm")


class BackupFailed(StorageError):
    """A copy that could not be made, or put back; nothing that was there before has changed."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file}: {why}")


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that was looked into: where it is, its size in bytes, and its schema."""

    file: Path
    size: int
    revision: str


def back_up(database: Path, copy: Path, migrations: Migrations = SHIPPED) -> Copied:
    """Copy a database, as it is at one moment, to a file that it then is known to be readable from.

    Others may use and write it meanwhile. The copy takes its name, and the place of an earlier file of that name, only
    once it is whole on the disk. Raises BackupFailed or NewerDatabase.
    """
    if copy.absolute() == database.absolute():
        raise BackupFailed(copy, "that is the database itself: name another file")
    _refuse_to_replace(copy, migrations)
    if not database.is_file():
        raise BackupFailed(database, "there is no database to back up yet: start the service once, it makes one")
    unfinished = copy.with_name(f"{copy.name}.part")
    try:
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        with (
            closing(_reading(database)) as source,
            closing(sqlite3.connect(unfinished)) as target,
        ):
            # In one step: it sees one moment, and whoever writes meanwhile does not wait for it (the log sees to that).
            source.backup(target)
            # One file, which needs no log beside it.
            target.execute("PRAGMA journal_mode = DELETE")
        revision = examine(unfinished, migrations)
        _to_disk(unfinished)
        unfinished.replace(copy)
        _to_disk(copy.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(copy, f"the copy could not be made ({_words(error)})") from error
    finally:
        # What is left of a failure is no copy.
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return Copied(copy, copy.stat().st_size, revision)


def _refuse_to_replace(copy: Path, migrations: Migrations) -> None:
    """Let a copy replace a database of Allocator alone: a slip of the finger must not cost a file of something else."""
    if copy.is_dir():
        raise BackupFailed(copy, "that is a folder: name a file in it")
    try:
        if schema.found(copy, migrations) is None and copy.exists():
            raise BackupFailed(copy, "there is an empty file already: name another one")
    except NotOurs as error:
        raise BackupFailed(copy, "there is a file of something else already: name another one") from error
    except (Damaged, NewerDatabase):
        # A database of ours all the same.
        return


def examine(file: Path, migrations: Migrations = SHIPPED) -> str:
    """Return the schema of a copy after reading all of it; nothing is written, not even beside it.

    Raises BackupFailed when it is damaged, of something else, or has a log beside it, and NewerDatabase.
    """
    if file.is_dir():
        raise BackupFailed(file, "that is a folder: name a copy in it")
    if not file.is_file():
        raise BackupFailed(file, "there is no such file")
    if any(log.exists() and log.stat().st_size for log in _beside(file, "-wal", "-journal")):
        raise BackupFailed(
            file, "a log lies beside it, so it is in use or was not closed: use `allocator backup` on it"
        )
    try:
        revision, trouble = schema.found(file.absolute(), migrations), None
    except Damaged as error:
        revision, trouble = None, str(error.__cause__)
    except NotOurs as error:
        raise BackupFailed(
            file, f"it is not a database of Allocator ({error.__cause__}): name a copy of one"
        ) from error
    if trouble := trouble or damage(file):
        raise BackupFailed(file, f"it is damaged ({trouble}): take an older copy")
    if revision is None:
        raise BackupFailed(file, "it is empty")
    return revision


def damage(file: Path, *, in_use: bool = False, quick: bool = False) -> str | None:
    """Return what is wrong inside a database, None when nothing is. `quick` does not compare indexes to tables."""
    try:
        with closing(_reading(file) if in_use else _untouched(file)) as connection:
            check = "PRAGMA quick_check(3)" if quick else "PRAGMA integrity_check(3)"
            said = [str(row[0]) for row in connection.execute(check)]
            if said != ["ok"]:
                return "; ".join(" ".join(line.split()) for line in said)
            if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
                return f"{len(broken)} rows point to rows that are not there, the first in table {broken[0][0]}"
    except sqlite3.Error as error:
        return str(error)
    return None


def restore(copy: Path, database: Path, at: datetime, migrations: Migrations = SHIPPED) -> tuple[Copied, Path | None]:
    """Put a copy in the database's place; return it, and where the present database was put aside, None without one.

    Hold the service lock meanwhile. Whatever fails, or whenever the process is killed, there is a whole database: the
    present one, or the copy. Raises BackupFailed or NewerDatabase; the database is then as it was.
    """
    revision = examine(copy, migrations)
    if database.exists() and copy.samefile(database):
        raise BackupFailed(copy, "that is the database itself: name a copy of it")
    unfinished = database.with_name(f"{database.name}.restoring")
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        shutil.copyfile(copy, unfinished)
        _to_disk(unfinished)
        if _digest(unfinished) != _digest(copy):
            raise BackupFailed(copy, "what was written differs from what was read: look after the disk")
        _same_owner(unfinished, database)
        aside = _put_aside(database, at) if database.exists() else None
        # The log belongs to the database that goes: what it held is written into that, and copied aside with it.
        for log in _beside(database, *_LOGS):
            log.unlink(missing_ok=True)
        unfinished.replace(database)
        _to_disk(database.parent)
    except OSError as error:
        raise BackupFailed(database, f"it could not be replaced ({_words(error)})") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return Copied(database, database.stat().st_size, revision), aside


def _put_aside(database: Path, at: datetime) -> Path:
    """Copy the present database, damaged or not, and its log to a name of its own."""
    aside = database.with_name(f"{database.name}.before-restore-{at:%Y%m%dT%H%M%S}")
    # A damaged one may refuse; then its log goes with it as it is.
    with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for part, copy in zip((database, *_beside(database, *_LOGS)), (aside, *_beside(aside, *_LOGS)), strict=True):
        if part.exists() and (part == database or part.stat().st_size):
            copy.touch(mode=0o600)
            shutil.copyfile(part, copy)
            _to_disk(copy)
            _same_owner(copy, database)
    return aside


def _reading(database: Path) -> sqlite3.Connection:
    # Not `mode=ro`, which cannot read a database with a log that nobody has open: nothing is written all the same.
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=10)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _untouched(copy: Path) -> sqlite3.Connection:
    # See storage.schema: `immutable` leaves no files beside it, and is right only while nobody writes.
    return sqlite3.connect(f"{copy.absolute().as_uri()}?immutable=1", uri=True)


def _beside(file: Path, *endings: str) -> tuple[Path, ...]:
    return tuple(file.with_name(f"{file.name}{ending}") for ending in endings)


def _same_owner(file: Path, like: Path) -> None:
    """Give a file the owner of another, or of its folder: made by root, the service could not open it."""
    if os.geteuid() == 0:
        owner = (like if like.exists() else like.parent).stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _digest(file: Path) -> bytes:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
