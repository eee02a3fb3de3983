"""The allocations the owner chose: every version is kept, the newest is active."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.allocation import Allocation, Sector
from storage.database import Database
from storage.tables import AllocationVersionRow, TargetRow


@dataclass(frozen=True, slots=True)
class Version:
    """An allocation, who set it, when and why. Numbers count up from 1."""

    number: int
    allocation: Allocation
    by: str
    why: str
    at: datetime


class Allocations:
    """The allocation versions of an account. Append only: to undo is to set an old one again."""

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._account = account

    def active(self) -> tuple[int, Allocation] | None:
        """Return the newest version's number and allocation, None before the first."""
        newest = self.history(1)
        return (newest[0].number, newest[0].allocation) if newest else None

    def version(self, number: int) -> Version | None:
        """Return one version, None when there is none of this number."""
        with self._database.reading() as session:
            row = session.get(AllocationVersionRow, (self._account, number))
            return None if row is None else _version(session, row)

    def history(self, limit: int) -> tuple[Version, ...]:
        """Return the newest versions, newest first."""
        with self._database.reading() as session:
            return tuple(_version(session, row) for row in self._newest(session, limit))

    def set(self, allocation: Allocation, by: str, why: str, at: datetime) -> int:
        """Commit an allocation as the active one, and return its number."""
        with self._database.writing() as session:
            newest = self._newest(session, 1)
            number = newest[0].number + 1 if newest else 1
            self._append(session, Version(number, allocation, by, why, at))
            return number

    def start_with(self, allocation: Allocation, at: datetime) -> bool:
        """Commit the settings' allocation if there is none yet; return whether that was so."""
        with self._database.writing() as session:
            if self._newest(session, 1):
                return False
            self._append(session, Version(1, allocation, "settings", "the starting allocation", at))
            return True

    def _append(self, session: Session, version: Version) -> None:
        session.add(
            AllocationVersionRow(
                account=self._account,
                number=version.number,
                set_by=version.by,
                why=version.why,
                set_at=version.at,
            )
        )
        session.flush()
        session.add_all(
            TargetRow(
                account=self._account,
                number=version.number,
                position=position,
                sector=sector.name,
                symbol=sector.symbol,
                weight=sector.weight,
            )
            for position, sector in enumerate(version.allocation.sectors)
        )

    def _newest(self, session: Session, limit: int) -> Sequence[AllocationVersionRow]:
        return session.exec(
            select(AllocationVersionRow)
            .where(AllocationVersionRow.account == self._account)
            .order_by(col(AllocationVersionRow.number).desc())
            .limit(limit)
        ).all()


def _version(session: Session, row: AllocationVersionRow) -> Version:
    targets = session.exec(
        select(TargetRow)
        .where(TargetRow.account == row.account, TargetRow.number == row.number)
        .order_by(col(TargetRow.position))
    )
    allocation = Allocation(tuple(Sector(target.sector, target.symbol, target.weight) for target in targets))
    return Version(row.number, allocation, row.set_by, row.why, row.set_at)
