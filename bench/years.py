"""A hundred years of daily use, written into a database at once."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.records import ACCOUNT, Records
from core.allocation import Allocation, Sector
from storage import database

TRADING_DAYS = 25_200
LAST_DAY = date(2026, 11, 20)
SYMBOLS = ("VOO", "IJH", "IJR", "IXUS", "ISTB", "AGG", "BTC/USD")
WEIGHTS = (3_500, 500, 200, 1_800, 1_200, 2_300, 500)

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
    SELECT :account, run.id, s.key, run.id || '-' || s.key, s.value, s.value, 'buy', 3571, 'filled', run.id || s.value,
        '0.0714', '500'
    FROM run, json_each(:symbols) AS s WHERE routine = 'invest'
    """,
    """
    INSERT INTO alert (id, account, kind, text, title, summary, notes, pictures, tables, said_at)
    SELECT id, :account, iif(routine = 'invest', 'executed', routine), 'Orders have been executed.', 'Executed', '',
        '[]', '[]', '[]', ended_at FROM run
    """,
    """
    INSERT INTO delivery (account, alert_id, channel, recipient, part, state, silent, attempts, ended_at, segments)
    SELECT :account, alert.id, c.key, c.value, 0, 'delivered', 0, 1, said_at, 1
    FROM alert, json_each('{"telegram": "1001", "sms": "12015550123"}') AS c
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


def fill(file: Path) -> None:
    """Make a database in which the service has invested, reported and been asked every trading day of a century."""
    parameters = {
        "account": ACCOUNT,
        "days": _json(reversed([str(day) for day in _days()])),
        "symbols": _json(SYMBOLS),
        "morning": "T14:35:00.000000+00:00",
        "evening": "T21:06:00.000000+00:00",
    }
    sectors = tuple(Sector(symbol, symbol, weight) for symbol, weight in zip(SYMBOLS, WEIGHTS, strict=True))
    with database.open(f"sqlite:///{file}") as books:
        Records.over(books, []).allocations.start_with(Allocation(sectors), datetime(1926, 1, 1, tzinfo=UTC))
        with books.writing() as session:
            for statement in _STATEMENTS:
                session.connection().exec_driver_sql(statement, parameters)


def _days() -> list[date]:
    """Return as many weekdays as there are trading days, the newest first."""
    days: list[date] = []
    day = LAST_DAY
    while len(days) < TRADING_DAYS:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return days


def _json(texts: Iterable[str]) -> str:
    return json.dumps(list(texts))
