"""The chronicle: runs and orders as a person looks them up, newest first, or takes them all away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.orders import Order
from core.runs import Run, RunKey
from storage import rows
from storage.database import PAGE, AccountRecords
from storage.outcomes import Outcome
from storage.tables import OrderRow, RunRow


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run with its circumstances. `id` is short enough to be typed, and the run's for ever."""

    id: int
    run: Run
    outcome: Outcome | None
    allocation_version: int | None
    opened_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order and the run that it belongs to; `run_id` is the one of its RunRecord."""

    id: int
    run_id: int
    key: RunKey
    order: Order
    opened_at: datetime


class Chronicle(AccountRecords):
    """The runs and orders of one account, in the order in which they came to be."""

    def identified(self, id_: int) -> RunRecord | None:
        """Return the run of an id, None when there is none in this account."""
        with self._database.reading() as session:
            row = session.get(RunRow, id_)
            found = [row] if row is not None and row.account == self._account else []
            return next(iter(_records(session, found)), None)

    def recent_runs(self, limit: int, before: int | None = None) -> tuple[RunRecord, ...]:
        """Return the newest runs of every routine, newest first; with `before` those older than the run of that id."""
        newest = select(RunRow).where(RunRow.account == self._account).order_by(col(RunRow.id).desc()).limit(limit)
        if before is not None:
            newest = newest.where(col(RunRow.id) < before)
        with self._database.reading() as session:
            return _records(session, session.exec(newest).all())

    def recent_orders(self, limit: int, before: int | None = None) -> tuple[OrderRecord, ...]:
        """Return the newest orders, newest first; with `before` those older than the order of that id."""
        newest = (
            select(OrderRow, RunRow)
            .where(OrderRow.account == self._account, OrderRow.run_id == RunRow.id)
            .order_by(col(OrderRow.id).desc())
            .limit(limit)
        )
        if before is not None:
            newest = newest.where(col(OrderRow.id) < before)
        with self._database.reading() as session:
            return tuple(_order_record(order, run) for order, run in session.exec(newest))

    def every_run(self) -> Iterator[RunRecord]:
        """Give every run, oldest first."""
        last = 0
        while page := self._runs_after(last):
            yield from page
            last = page[-1].id

    def every_order(self) -> Iterator[OrderRecord]:
        """Give every order, oldest first."""
        last = 0
        while page := self._orders_after(last):
            yield from page
            last = page[-1].id

    def _runs_after(self, last: int) -> tuple[RunRecord, ...]:
        with self._database.reading() as session:
            found = session.exec(
                select(RunRow)
                .where(RunRow.account == self._account, col(RunRow.id) > last)
                .order_by(col(RunRow.id))
                .limit(PAGE)
            ).all()
            return _records(session, found)

    def _orders_after(self, last: int) -> tuple[OrderRecord, ...]:
        with self._database.reading() as session:
            found = session.exec(
                select(OrderRow, RunRow)
                .where(OrderRow.account == self._account, OrderRow.run_id == RunRow.id, col(OrderRow.id) > last)
                .order_by(col(OrderRow.id))
                .limit(PAGE)
            )
            return tuple(_order_record(order, run) for order, run in found)


def with_orders(session: Session, found: Sequence[RunRow]) -> tuple[Run, ...]:
    """Return, within a transaction, the runs of these rows with their orders, in the rows' order."""
    orders = session.exec(
        select(OrderRow).where(col(OrderRow.run_id).in_([run.id for run in found])).order_by(col(OrderRow.position))
    )
    of: dict[int, list[OrderRow]] = {}
    for order in orders:
        of.setdefault(order.run_id, []).append(order)
    return tuple(rows.run_of(run, of.get(rows.id_of(run), ())) for run in found)


def _records(session: Session, found: Sequence[RunRow]) -> tuple[RunRecord, ...]:
    return tuple(
        RunRecord(rows.id_of(row), run, row.outcome, row.allocation_version, row.opened_at, row.ended_at)
        for row, run in zip(found, with_orders(session, found), strict=True)
    )


def _order_record(order: OrderRow, run: RunRow) -> OrderRecord:
    return OrderRecord(rows.id_of(order), order.run_id, rows.key_of(run), rows.order_of(order), run.opened_at)
