"""`allocator backup` and `allocator restore`."""

from pathlib import Path

from bot.exits import FAILED, OK
from bot.records import now
from bot.settings.model import Settings
from bot.shell import commands as shell
from storage import backup as copies
from storage import database
from storage.errors import AlreadyRunning, StorageError
from storage.lock import ServiceLock


def backup(settings_file: Path | None, path: Path) -> int:
    """Copy the database, also while the service runs; a path that is a folder gets a file named by the time."""

    def work(settings: Settings) -> int:
        file = path / f"allocator-{now():%Y%m%dT%H%M%S}.db" if path.is_dir() else path
        if not file.parent.is_dir():
            # Not made: where a disk is not mounted, the copy would lie on another one than the owner believes.
            shell.complain(f"{file.parent} is not there: make that folder, or name another one")
            return FAILED
        try:
            made = copies.back_up(database.file_of(settings.storage.url), file)
        except StorageError as error:
            shell.complain(str(error))
            return FAILED
        shell.say(f"{made.file} holds the whole database (schema {made.revision}, {made.size:,} bytes).")
        return OK

    return shell.with_settings(settings_file, work)


def restore(settings_file: Path | None, path: Path) -> int:
    """Put a copy in the database's place while no service runs."""

    def work(settings: Settings) -> int:
        file = database.file_of(settings.storage.url)
        try:
            with ServiceLock(file):
                made, aside = copies.restore(path, file, now())
        except AlreadyRunning:
            shell.complain("the service is running: stop it first, then the database can be replaced")
            return FAILED
        except StorageError as error:
            shell.complain(f"{error}. Nothing was changed.")
            return FAILED
        shell.say(f"{made.file} is now what {path} holds (schema {made.revision}, {made.size:,} bytes).")
        if aside is not None:
            shell.say(f"What was there before is in {aside}.")
        shell.say("Before you start the service: `allocator reconcile --fix` adds what Alpaca did since that copy.")
        return OK

    return shell.with_settings(settings_file, work)
