"""Pausing: what the owner asked for outlives every restart."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from storage.database import Database
from storage.tables import ControlRow


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause in force. `until` is the New York day on which investing resumes, None for until told."""

    since: datetime
    until: date | None
    by: str


class Control:
    """Whether an account's investing is paused."""

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._account = account

    def pause(self, by: str, at: datetime, until: date | None) -> None:
        """Pause until a New York day, or until told (None). It takes the place of an earlier pause."""
        with self._database.writing() as session:
            self._end(session, by, at)
            session.add(ControlRow(account=self._account, paused_since=at, paused_by=by, until=until))

    def resume(self, by: str, at: datetime) -> bool:
        """End the pause; return whether there was one that had not been ended."""
        with self._database.writing() as session:
            return self._end(session, by, at)

    def paused(self, today: date) -> Pause | None:
        """Return the pause in force on a New York day, None when there is none: on its `until` it is over."""
        with self._database.reading() as session:
            row = self._newest(session)
            if row is None or (row.until is not None and row.until <= today):
                return None
            return Pause(row.paused_since, row.until, row.paused_by)

    def _end(self, session: Session, by: str, at: datetime) -> bool:
        row = self._newest(session)
        if row is None:
            return False
        row.resumed_at, row.resumed_by = at, by
        return True

    def _newest(self, session: Session) -> ControlRow | None:
        return session.exec(
            select(ControlRow)
            .where(ControlRow.account == self._account, col(ControlRow.resumed_at).is_(None))
            .order_by(col(ControlRow.id).desc())
        ).first()
