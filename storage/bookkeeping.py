"""The books: what moved the account's money, and what it held at each day's end."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Session, col, delete, select

from core.activities import Activity, ActivityKind
from core.reporting.snapshots import Holding, Snapshot
from storage.book_tables import ActivityRow, HoldingRow, SnapshotRow
from storage.database import PAGE, AccountRecords


class Bookkeeping(AccountRecords):
    """The activities and snapshots of one account."""

    def keep_activities(self, activities: Sequence[Activity]) -> None:
        """Commit activities; those that are known already, by their id, change nothing."""
        if not activities:
            return
        with self._database.writing() as session:
            session.connection().execute(
                insert(ActivityRow).on_conflict_do_nothing(index_elements=["account", "id"]),
                [
                    {
                        "account": self._account,
                        "id": one.id,
                        "type": one.type,
                        "kind": one.kind,
                        "day": one.day,
                        "amount": one.amount,
                        "symbol": one.symbol,
                        "quantity": one.quantity,
                        "price": one.price,
                        "order_id": one.order_id,
                    }
                    for one in activities
                ],
            )

    def activities(self) -> tuple[Activity, ...]:
        """Return every activity that is kept, oldest day first, and within a day by id."""
        with self._database.reading() as session:
            found = session.exec(
                select(ActivityRow)
                .where(ActivityRow.account == self._account)
                .order_by(col(ActivityRow.day), col(ActivityRow.id))
            )
            return tuple(map(_activity, found))

    def flows(self) -> tuple[Activity, ...]:
        """Return what the owner put in and took out, oldest day first, and within a day by id."""
        with self._database.reading() as session:
            found = session.exec(
                select(ActivityRow)
                .where(ActivityRow.account == self._account, ActivityRow.kind == ActivityKind.FLOW)
                .order_by(col(ActivityRow.day), col(ActivityRow.id))
            )
            return tuple(map(_activity, found))

    def snapshots(self, since: date | None = None) -> tuple[Snapshot, ...]:
        """Return the snapshots from a day on, or all of them, oldest first."""
        return tuple(self.every_snapshot(since))

    def every_snapshot(self, since: date | None = None) -> Iterator[Snapshot]:
        """Give the snapshots from a day on, or all of them, oldest first."""
        page = self._page(since or date.min)
        while page:
            yield from page
            page = self._page(page[-1].day + timedelta(days=1))

    def _page(self, first: date) -> tuple[Snapshot, ...]:
        with self._database.reading() as session:
            found = session.exec(
                select(SnapshotRow)
                .where(SnapshotRow.account == self._account, SnapshotRow.day >= first)
                .order_by(col(SnapshotRow.day))
                .limit(PAGE)
            ).all()
            return _whole(session, found) if found else ()


def keep_snapshot(session: Session, account: str, snapshot: Snapshot, at: datetime) -> None:
    """Write a snapshot within a transaction.

    It takes the place of a reconstructed one of its day; otherwise the first of a day stays.
    """
    row = session.get(SnapshotRow, (account, snapshot.day))
    if row is not None and not row.reconstructed:
        return
    if row is not None:
        session.exec(delete(HoldingRow).where(col(HoldingRow.account) == account, col(HoldingRow.day) == snapshot.day))
        session.delete(row)
        session.flush()
    session.add(
        SnapshotRow(
            account=account,
            day=snapshot.day,
            cash=snapshot.cash,
            equity=snapshot.equity,
            reconstructed=snapshot.reconstructed,
            taken_at=at,
        )
    )
    session.flush()
    session.add_all(
        HoldingRow(
            account=account,
            day=snapshot.day,
            symbol=holding.symbol,
            position=position,
            quantity=holding.quantity,
            cost_basis=holding.cost_basis,
            value=holding.value,
        )
        for position, holding in enumerate(snapshot.holdings)
    )


def _whole(session: Session, found: Sequence[SnapshotRow]) -> tuple[Snapshot, ...]:
    held = session.exec(
        select(HoldingRow)
        .where(HoldingRow.account == found[0].account, col(HoldingRow.day).between(found[0].day, found[-1].day))
        .order_by(col(HoldingRow.position))
    )
    holdings: dict[date, list[Holding]] = {}
    for row in held:
        holdings.setdefault(row.day, []).append(Holding(row.symbol, row.quantity, row.cost_basis, row.value))
    return tuple(Snapshot(row.day, row.cash, tuple(holdings.get(row.day, ())), row.reconstructed) for row in found)


def _activity(row: ActivityRow) -> Activity:
    return Activity(
        row.id,
        row.type,
        ActivityKind(row.kind),
        row.day,
        row.amount,
        row.symbol,
        row.quantity,
        row.price,
        row.order_id,
    )
