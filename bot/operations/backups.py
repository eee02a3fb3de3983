"""Backups: one a trading day by the service itself, and by hand."""

import logging
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from bot.records import Records, now
from bot.routines.market import Market
from core.alerts import Alert, AlertKind
from core.schedule import Routine
from storage.backup import back_up
from storage.errors import StorageError

log = logging.getLogger(__name__)

AGAIN_SECONDS = 3600.0
"""How long after a failure the next try comes."""

_LOOKED_BACK = timedelta(days=10)
_ONCE = "backup"


class Rotation:
    """Keeps the newest copies, one of each trading day, made once the day's close report has ended.

    What is done is told by the files that are there, so a restart neither forgets a day nor makes one twice.
    """

    def __init__(
        self,
        records: Records,
        market: Market,
        folder: Path,
        keep: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records = records
        # A paper and a live database may share the folder, and neither counts the other's copies.
        self._name = records.database.file.stem
        self._market = market
        self._folder = folder
        self._keep = keep
        self._clock = clock
        self._done: date | None = None
        self._not_before = 0.0

    def look(self) -> Path | None:
        """Make the copy that is owed, if one is, and remove those above the number to keep; return the new copy.

        A failure is logged, said once until one succeeds, and tried again within the hour; it raises nothing of it.
        """
        day = self._owed()
        if day is None or self._clock() < self._not_before:
            return None
        file = self._folder / f"{self._name}-{day.isoformat()}.db"
        try:
            if not file.exists():
                made = back_up(self._records.database.file, file)
                log.info("the database is backed up to %s (%d bytes)", made.file, made.size)
            self._remove_old()
        except (StorageError, OSError) as error:
            self._not_before = self._clock() + AGAIN_SECONDS
            log.error("the daily backup failed: %s", error)
            self._records.outbox.say(_failed(str(error)), now(), once_key=_ONCE)
            return None
        self._done = day
        self._records.outbox.clear(_ONCE)
        return file

    def _owed(self) -> date | None:
        """Return the last trading day whose report has ended, None when it has its copy, or none is wanted."""
        clock = self._market.last
        if not self._keep or clock is None or self._done == clock.today:
            return None
        ended = self._records.ledger.ended(clock.today - _LOOKED_BACK)
        day = max((day for routine, day in ended if routine is Routine.CLOSE_REPORT), default=None)
        return None if day == self._done else day

    def _remove_old(self) -> None:
        name = re.compile(rf"{re.escape(self._name)}-\d{{4}}-\d{{2}}-\d{{2}}\.db")
        ours = sorted(file for file in self._folder.iterdir() if name.fullmatch(file.name))
        for old in ours[: -self._keep]:
            old.unlink()
            log.info("the old backup %s is removed", old)


def _failed(why: str) -> Alert:
    return Alert(
        AlertKind.TROUBLE,
        f"The daily backup of the database could not be made: {why}. It is tried again every hour; investing goes on "
        "meanwhile. `allocator check` looks at the disk and the database.",
        title="The daily backup failed",
    )
