"""The audit: who asked for what, and what was refused. Append only."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from storage.database import Database
from storage.rows import id_of
from storage.tables import AuditRow


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit; later ones have higher ids."""

    id: int
    at: datetime
    who: str
    what: str
    outcome: str


class Audit:
    """The audit of an account. The database itself refuses to change or remove a line."""

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._account = account

    def note(self, who: str, what: str, outcome: str, at: datetime) -> None:
        """Commit that someone asked for something, and what came of it."""
        with self._database.writing() as session:
            session.add(AuditRow(account=self._account, at=at, who=who, what=what, outcome=outcome))

    def recent(self, limit: int, before: int | None = None) -> tuple[Entry, ...]:
        """Return the newest lines, newest first; with `before` those older than the line of that id."""
        newest = (
            select(AuditRow).where(AuditRow.account == self._account).order_by(col(AuditRow.id).desc()).limit(limit)
        )
        if before is not None:
            newest = newest.where(col(AuditRow.id) < before)
        with self._database.reading() as session:
            return tuple(Entry(id_of(row), row.at, row.who, row.what, row.outcome) for row in session.exec(newest))
