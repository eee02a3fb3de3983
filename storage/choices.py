"""What the owner chose, subject by subject: every version is kept, the newest is active."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlmodel import Session, col, select

from storage.database import Database
from storage.tables import ChoiceVersionRow
from storage.types import from_json, to_json

T = TypeVar("T")

ALERTS = "alerts"
"""The subject of `core.preferences.AlertPreferences`, which whatever is posted goes by."""


@dataclass(frozen=True, slots=True)
class ChoiceVersion(Generic[T]):
    """A choice, who made it, when and why. Numbers count up from 1 for each subject."""

    number: int
    value: T
    by: str
    why: str
    at: datetime


class Choices(Generic[T]):
    """The versions of an account's choice of one subject. Append only: to undo is to set an old one again.

    `type_` is a frozen dataclass of core. A field that is added to it later takes its default in older versions, and
    one that is removed is passed over.
    """

    def __init__(self, database: Database, account: str, subject: str, type_: type[T]) -> None:
        self._database = database
        self._account = account
        self._subject = subject
        self._type = type_

    def active(self) -> tuple[int, T] | None:
        """Return the newest version's number and value, None before the first."""
        newest = self.history(1)
        return (newest[0].number, newest[0].value) if newest else None

    def version(self, number: int) -> ChoiceVersion[T] | None:
        """Return one version, None when there is none of this number."""
        with self._database.reading() as session:
            row = session.get(ChoiceVersionRow, (self._account, self._subject, number))
            return None if row is None else self._version(row)

    def history(self, limit: int) -> tuple[ChoiceVersion[T], ...]:
        """Return the newest versions, newest first."""
        with self._database.reading() as session:
            return tuple(map(self._version, _newest(session, self._account, self._subject, limit)))

    def set(self, value: T, by: str, why: str, at: datetime) -> int:
        """Commit a value as the active one, and return its number."""
        with self._database.writing() as session:
            newest = _newest(session, self._account, self._subject, 1)
            number = newest[0].number + 1 if newest else 1
            session.add(self._row(ChoiceVersion(number, value, by, why, at)))
            return number

    def replace(self, number: int, value: T, by: str, why: str, at: datetime) -> int | None:
        """Commit a value in the place of version `number` (0: none yet), and return its number.

        None, with nothing changed, when another version has become the active one meanwhile.
        """
        with self._database.writing() as session:
            newest = _newest(session, self._account, self._subject, 1)
            if (newest[0].number if newest else 0) != number:
                return None
            session.add(self._row(ChoiceVersion(number + 1, value, by, why, at)))
            return number + 1

    def start_with(self, value: T, at: datetime) -> bool:
        """Commit the settings' value if there is none yet; return whether that was so."""
        with self._database.writing() as session:
            if _newest(session, self._account, self._subject, 1):
                return False
            session.add(self._row(ChoiceVersion(1, value, "settings", "the starting choice", at)))
            return True

    def _version(self, row: ChoiceVersionRow) -> ChoiceVersion[T]:
        value: T = from_json(self._type, row.value)
        return ChoiceVersion(row.number, value, row.set_by, row.why, row.set_at)

    def _row(self, version: ChoiceVersion[T]) -> ChoiceVersionRow:
        value: Any = to_json(self._type, version.value)
        return ChoiceVersionRow(
            account=self._account,
            subject=self._subject,
            number=version.number,
            value=value,
            set_by=version.by,
            why=version.why,
            set_at=version.at,
        )


def chosen(session: Session, account: str, subject: str, type_: type[T]) -> T | None:
    """Return, within a transaction, the active value of a subject, None before the first."""
    newest = _newest(session, account, subject, 1)
    if not newest:
        return None
    value: T = from_json(type_, newest[0].value)
    return value


def _newest(session: Session, account: str, subject: str, limit: int) -> Sequence[ChoiceVersionRow]:
    return session.exec(
        select(ChoiceVersionRow)
        .where(ChoiceVersionRow.account == account, ChoiceVersionRow.subject == subject)
        .order_by(col(ChoiceVersionRow.number).desc())
        .limit(limit)
    ).all()
