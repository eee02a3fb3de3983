"""The books as CSV files (RFC 4180, UTF-8): whole, oldest first, one header line, amounts as plain decimals.

Text that a spreadsheet would take for a formula has an apostrophe before it: reasons and names are others' words.
"""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from bot.views import run_story
from core.activities import Activity
from core.money import Cents, in_dollars
from core.orders import Side
from core.reporting.snapshots import Snapshot
from storage.chronicle import OrderRecord, RunRecord

Cell = str | int | bool | Decimal | date | datetime | None

# What begins a formula in spreadsheets, with the white space that some of them skip (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def runs(records: Iterable[RunRecord]) -> bytes:
    """Return every run, with what came of it; cash in dollars."""
    return _written(
        (
            "run",
            "day",
            "routine",
            "number",
            "state",
            "cash",
            "bought",
            "sold",
            "allocation",
            "began",
            "ended",
            "outcome",
        ),
        (
            (
                one.id,
                one.run.key.day,
                one.run.key.routine,
                one.run.key.number,
                one.run.state,
                in_dollars(one.run.cash),
                in_dollars(_filled(one, Side.BUY)),
                in_dollars(_filled(one, Side.SELL)),
                one.allocation_version,
                one.opened_at,
                one.ended_at,
                run_story.few_words(one),
            )
            for one in records
        ),
    )


def orders(records: Iterable[OrderRecord]) -> bytes:
    """Return every order, in dollars, shares and coins."""
    return _written(
        (
            *("order", "run", "day", "client_order_id", "broker_id", "sector", "symbol", "side"),
            *("notional", "quantity", "state", "filled_quantity", "filled_price", "filled", "reason"),
        ),
        (
            (
                one.id,
                one.run_id,
                one.key.day,
                one.order.intent.client_order_id,
                one.order.broker_id,
                one.order.intent.sector,
                one.order.intent.symbol,
                one.order.intent.side,
                in_dollars(one.order.intent.notional),
                one.order.intent.quantity,
                one.order.state,
                one.order.filled_quantity,
                one.order.filled_price,
                in_dollars(one.order.filled),
                one.order.reason,
            )
            for one in records
        ),
    )


def flows(activities: Iterable[Activity]) -> bytes:
    """Return every deposit and withdrawal, in dollars; what was taken out is negative."""
    return _written(
        ("day", "type", "amount", "id"), ((one.day, one.type, one.amount, one.id) for one in activities if one.amount)
    )


def snapshots(known: Iterable[Snapshot]) -> bytes:
    """Return every day's end, in dollars: a line for the cash, without a symbol, and one for each holding."""
    return _written(
        ("day", "symbol", "quantity", "cost_basis", "value", "reconstructed"),
        (line for snapshot in known for line in _lines(snapshot)),
    )


def _filled(record: RunRecord, side: Side) -> Cents:
    return sum(order.filled for order in record.run.orders if order.intent.side is side)


def _lines(snapshot: Snapshot) -> Iterable[tuple[Cell, ...]]:
    yield (snapshot.day, "", None, None, snapshot.cash, snapshot.reconstructed)
    for one in snapshot.holdings:
        yield (snapshot.day, one.symbol, one.quantity, one.cost_basis, one.value, snapshot.reconstructed)


def _written(header: tuple[str, ...], lines: Iterable[tuple[Cell, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(cell) for cell in line] for line in lines)
    return text.getvalue().encode()


def _cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case Decimal():
            return f"{cell:f}"
        case datetime() | date():
            return cell.isoformat()
        case str():
            # A zero byte ends the file for many readers.
            text = str(cell).replace("\0", "")
            return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
        case _:
            return str(cell)
