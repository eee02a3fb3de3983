"""Rows of the ledger as core's values, and back."""

from collections.abc import Iterable

from core.alerts import Alert, AlertKind
from core.orders import Order, OrderIntent, OrderState, Side
from core.runs import Run, RunKey, RunState
from core.schedule import Routine, Window
from storage.tables import AlertRow, OrderRow, RunRow


def key_of(row: RunRow) -> RunKey:
    """Return a run's key."""
    return RunKey(row.account, Routine(row.routine), row.day, row.number)


def run_of(row: RunRow, orders: Iterable[OrderRow]) -> Run:
    """Return a run with its orders, which come in the plan's order."""
    window = Window(row.window_opens, row.window_closes) if row.window_opens and row.window_closes else None
    return Run(key_of(row), RunState(row.state), row.cash, window, tuple(map(order_of, orders)))


def order_of(row: OrderRow) -> Order:
    """Return an order as it was recorded last."""
    return Order(
        OrderIntent(row.client_order_id, row.sector, row.symbol, row.notional, Side(row.side)),
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
    assert run.id is not None  # noqa: S101 - flushed: it has its key
    order = Order(intent) if trouble is None else Order(intent, OrderState.REJECTED, reason=trouble)
    return OrderRow(
        account=run.account,
        run_id=run.id,
        position=position,
        client_order_id=intent.client_order_id,
        sector=intent.sector,
        symbol=intent.symbol,
        side=intent.side,
        notional=intent.notional,
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
    return Alert(AlertKind(row.kind), row.text, row.title, row.table, row.notes, row.confirmation)
