"""Years of daily use, written into a database at once."""

import json
import tempfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.records import ACCOUNT, Records
from core.allocation import Allocation, Sector
from storage import database

A_CENTURY, TEN_YEARS = 25_200, 2_520
"""In trading days."""
LAST_DAY = date(2026, 11, 20)
SYMBOLS = ("VOO", "IJH", "IJR", "IXUS", "ISTB", "AGG", "BTC/USD")
WEIGHTS = (3_500, 500, 200, 1_800, 1_200, 2_300, 500)

# As long as those of real days, which are most of what a database weighs.
WORDS = "Domestic Large Cap is up 0.62% today. Our position is up 2.00% cumulatively. " * 10
TABLE = {
    "columns": ["Sector", "Symbol", "Bought"],
    "rows": [["International", symbol, "87.50"] for symbol in SYMBOLS],
    "totals": [],
}

# Run 2n - 1 is an investment of seven orders, run 2n the same day's close report; an alert has its run's number.
_STATEMENTS = (
    """
    INSERT INTO run (account, routine, day, number, state, cash, allocation_version, opened_at, ended_at)
    SELECT :account, r.value, d.value, 0, 'done', iif(r.key = 0, 25000, 0), iif(r.key = 0, 1, NULL),
        d.value || :morning, d.value || :evening
    FROM json_each(:days) AS d, json_each('["invest", "close_report"]') AS r ORDER BY d.key, r.key
    """,
    """
    INSERT INTO "order" (account, run_id, position, client_order_id, sector, symbol, side, notional, state, broker_id,
        filled_quantity, filled_price)
    SELECT :account, run.id, s.key, day || '-invest-0-' || s.value, s.value, s.value, 'buy', 3571, 'filled',
        run.id || s.value, '0.0714', '500'
    FROM run, json_each(:symbols) AS s WHERE routine = 'invest'
    """,
    """
    INSERT INTO alert (id, account, kind, text, title, summary, "table", notes, pictures, tables, said_at)
    SELECT id, :account, iif(routine = 'invest', 'executed', routine), :words, 'Executed', '', :table,
        '[]', '[]', iif(routine = 'invest', '[]', '[' || :table || ']'), ended_at FROM run
    """,
    """
    INSERT INTO delivery (account, alert_id, channel, recipient, part, state, silent, attempts, ended_at, segments)
    SELECT :account, alert.id, c.key, c.value, 0, 'delivered', 0, 1, said_at, 1
    FROM alert, json_each('{"telegram": "1001", "sms": "12015550123"}') AS c
    """,
    """
    INSERT INTO activity (account, id, type, kind, day, amount, symbol, quantity, price, order_id)
    SELECT :account, '20261123093501645::00000000-0000-0000-0000-' || id, 'FILL', 'trade',
        substr(client_order_id, 1, 10), '-35.712345678', symbol, filled_quantity, filled_price,
        '00000000-0000-0000-0000-' || id
    FROM "order"
    """,
    """
    INSERT INTO snapshot (account, day, cash, equity, reconstructed, taken_at)
    SELECT :account, value, '0.03', '250000.03', 0, value || :evening FROM json_each(:days)
    """,
    """
    INSERT INTO holding (account, day, symbol, position, quantity, cost_basis, value)
    SELECT :account, d.value, s.value, s.key, '71.4', '30000', '35714'
    FROM json_each(:days) AS d, json_each(:symbols) AS s
    """,
    """
    INSERT INTO audit (account, at, who, what, outcome)
    SELECT :account, value || :morning, 'telegram user 1001', 'invest', 'Offer' FROM json_each(:days)
    """,
)


def fill(file: Path, trading_days: int = A_CENTURY) -> None:
    """Make a database in which the service has invested, reported and been asked on every one of so many days."""
    parameters = {
        "account": ACCOUNT,
        "days": _json([str(day) for day in reversed(_days(trading_days))]),
        "symbols": _json(SYMBOLS),
        "words": WORDS,
        "table": json.dumps(TABLE),
        "morning": "T14:35:00.000000+00:00",
        "evening": "T21:06:00.000000+00:00",
    }
    sectors = tuple(Sector(symbol, symbol, weight) for symbol, weight in zip(SYMBOLS, WEIGHTS, strict=True))
    with database.open(f"sqlite:///{file}") as books:
        Records.over(books, []).allocations.start_with(Allocation(sectors), datetime(1926, 1, 1, tzinfo=UTC))
        with books.writing() as session:
            for statement in _STATEMENTS:
                session.connection().exec_driver_sql(statement, parameters)


def _days(number: int) -> list[date]:
    """Return as many weekdays, the newest first."""
    days: list[date] = []
    day = LAST_DAY
    while len(days) < number:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days


def _json(texts: Iterable[str]) -> str:
    return json.dumps(list(texts))


def megabytes(trading_days: int) -> float:
    """Return the size of a database after so many days."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "years.db"
        fill(file, trading_days)
        return file.stat().st_size / 1e6
