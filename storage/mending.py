"""Writing into the ledger, afterwards and on the owner's word, what the broker says of our orders."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from core.orders import Order
from core.runs import RunKey, RunState
from storage import rows
from storage.database import Database
from storage.errors import NoSuchOrder
from storage.tables import AuditRow, OrderRow, RunRow


def write_down(
    database: Database,
    changed: Sequence[tuple[RunKey, Order]],
    late: Sequence[tuple[RunKey, Order]],
    *,
    account: str,
    who: str,
    at: datetime,
) -> None:
    """Commit, all or nothing, what became of recorded orders, and orders that were never recorded; the audit has each.

    Final states give way: the broker's word is newer. A run of late orders is made if there is none, as done, and one
    that is said to have come to no orders is done now. Raises NoSuchOrder for a changed order that is not recorded.
    """
    with database.writing() as session:
        for key, order in changed:
            recorded = select(OrderRow).where(OrderRow.client_order_id == order.intent.client_order_id)
            row = session.exec(recorded).one_or_none()
            if row is None:
                raise NoSuchOrder(key, order.intent.client_order_id)
            rows.write_down(row, order)
        for key, order in late:
            _add(session, key, order, at)
        for _, order in (*changed, *late):
            what = f"reconcile {order.intent.client_order_id}"
            session.add(AuditRow(account=account, at=at, who=who, what=what, outcome=f"written down as {order.state}"))


def _add(session: Session, key: RunKey, order: Order, at: datetime) -> None:
    run = session.exec(
        select(RunRow).where(
            RunRow.account == key.account,
            RunRow.routine == key.routine,
            RunRow.day == key.day,
            RunRow.number == key.number,
        )
    ).one_or_none()
    if run is None:
        run = RunRow(
            account=key.account,
            routine=key.routine,
            day=key.day,
            number=key.number,
            state=RunState.DONE,
            cash=0,
            opened_at=at,
            ended_at=at,
        )
        session.add(run)
        session.flush()
    elif RunState(run.state).is_final:
        run.state, run.outcome = RunState.DONE, None
    last = session.exec(select(func.max(col(OrderRow.position))).where(OrderRow.run_id == run.id)).one()
    row = rows.planned(order.intent, run, 0 if last is None else last + 1, None)
    rows.write_down(row, order)
    session.add(row)
    session.flush()
