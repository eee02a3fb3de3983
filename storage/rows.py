"""Rows of the ledger as core's values, and back."""

from collections.abc import Iterable

from core.alerts import Alert, AlertKind
from core.orders import Order, OrderIntent, OrderState, Side
from core.runs import Run, RunKey, RunState
from core.schedule import Routine, Window
from storage.outbox_tables import AlertRow, DeliveryRow
from storage.tables import AuditRow, OrderRow, RunRow


def id_of(row: RunRow | OrderRow | AlertRow | DeliveryRow | AuditRow) -> int:
    """Return the number of a row that is in its table."""
    assert row.id is not None  # noqa: S101 - read from its table, or flushed: it has its key
    return row.id


def key_of(row: RunRow) -> RunKey:
    """Return a run's key."""
    return RunKey(row.account, Routine(row.routine), row.day, row.number)


def run_of(row: RunRow, orders: Iterable[OrderRow]) -> Run:
    """Return a run with its orders, which come in the plan's order."""
    window = Window(row.window_opens, row.window_closes) if row.window_opens and row.window_closes else None
    return Run(key_of(row), RunState(row.state), row.cash, window, tuple(map(order_of, orders)), row.remarks or ())


def order_of(row: OrderRow) -> Order:
    """Return an order as it was recorded last."""
    return Order(
        OrderIntent(row.client_order_id, row.sector, row.symbol, row.notional, Side(row.side), row.quantity),
        OrderState(row.state),
        row.broker_id,
        row.filled_quantity,
        row.filled_price,
        row.reason,
    )


def planned(intent: OrderIntent, run: RunRow, position: int, trouble: str | None) -> OrderRow:
    """Return the row of an order before anything is sent; with a `trouble` it never will be, and is rejected at once.

    The run's row must have been flushed.
    """
    order = Order(intent) if trouble is None else Order(intent, OrderState.REJECTED, reason=trouble)
    return OrderRow(
        account=run.account,
        run_id=id_of(run),
        position=position,
        client_order_id=intent.client_order_id,
        sector=intent.sector,
        symbol=intent.symbol,
        side=intent.side,
        notional=intent.notional,
        quantity=intent.quantity,
        state=order.state,
        filled_quantity=order.filled_quantity,
        reason=order.reason,
    )


def write_down(row: OrderRow, order: Order) -> None:
    """Put into the row what became of its order."""
    row.state = order.state
    row.broker_id = order.broker_id
    row.filled_quantity = order.filled_quantity
    row.filled_price = order.filled_price
    row.reason = order.reason


def alert_of(row: AlertRow) -> Alert:
    """Return what was said."""
    return Alert(
        kind=AlertKind(row.kind),
        text=row.text,
        title=row.title,
        table=row.table,
        notes=row.notes,
        confirmation=row.confirmation,
        summary=row.summary,
        pictures=row.pictures,
        tables=row.tables,
    )
