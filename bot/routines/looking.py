"""Looking at the account beside the running service, which alone writes the books."""

from collections.abc import Sequence

from core.activities import Activity
from storage.database import Database
from storage.ledger import SqlLedger


class LookingLedger(SqlLedger):
    """A ledger that keeps new activities in memory; its database may be open only to read, and nobody is told."""

    def __init__(self, database: Database, account: str) -> None:
        super().__init__(database, account, recipients=())
        self._seen: dict[str, Activity] = {}

    def keep_activities(self, activities: Sequence[Activity]) -> None:
        """Remember activities until the process ends."""
        self._seen |= {one.id: one for one in activities}

    def activities(self) -> tuple[Activity, ...]:
        """Return every activity that is kept or was seen, oldest day first, and within a day by id."""
        known = {one.id: one for one in super().activities()} | self._seen
        return tuple(sorted(known.values(), key=lambda one: (one.day, one.id)))
