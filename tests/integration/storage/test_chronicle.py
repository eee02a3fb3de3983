"""Looking back: runs and orders as a person asks for them, and as quickly after a hundred years as on the first day."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.records import Records
from core.alerts import Alert, AlertKind
from core.allocation import Allocation, Sector
from core.investing import NoNewCash, Plan
from core.orders import Order, OrderIntent, OrderState
from core.runs import Run, RunKey, RunState
from core.schedule import Routine, Window
from storage import chronicle, database
from storage.allocations import Allocations
from storage.audit import Audit
from storage.chronicle import OrderRecord, RunRecord
from storage.database import Database
from storage.ledger import SqlLedger
from storage.outbox import Recipient

DAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
LATER = NOW + timedelta(hours=4)
WINDOW = Window(NOW, LATER)
ALERT = Alert(AlertKind.EXECUTED, "Orders have been executed.")
INVEST, REPORT = RunKey("main", Routine.INVEST, DAY), RunKey("main", Routine.CLOSE_REPORT, DAY)
PHONE = Recipient("telegram", "7")

TRADING_DAYS = 25_000  # a hundred years
LAST_DAY = date(2126, 11, 27)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path}/allocator.db") as found:
        Allocations(found, "main").start_with(Allocation((Sector("Domestic Large Cap", "VOO", 10_000),)), NOW)
        yield found


@pytest.fixture
def ledger(opened: Database) -> SqlLedger:
    return SqlLedger(opened, "main", [PHONE])


def invested(ledger: SqlLedger, key: RunKey = INVEST) -> Run:
    intents = tuple(
        OrderIntent(key.client_order_id(symbol), f"All of {symbol}", symbol, 5_000) for symbol in ("VOO", "AGG")
    )
    run = ledger.open_run(
        key, Plan(intents, 10_000, 10_000), WINDOW, footing=None, allocation_version=1, limit=None, at=NOW
    )
    assert isinstance(run, Run)
    return run


def filled(order: Order) -> Order:
    return replace(order, state=OrderState.FILLED, filled_quantity=Decimal("0.1"), filled_price=Decimal(400))


def test_runs_of_every_routine_are_listed_newest_first_and_found_by_their_id(ledger: SqlLedger) -> None:
    run = invested(ledger)
    ledger.finish(INVEST, RunState.DONE, ALERT, at=LATER)
    ledger.report(REPORT, ALERT, (), at=LATER)
    ledger.skip(replace(INVEST, number=1), NoNewCash(12), ALERT, cash=12, at=LATER)
    first = RunRecord(1, replace(run, state=RunState.DONE), None, 1, NOW, LATER)
    second = RunRecord(2, Run(REPORT, RunState.DONE, 0, None), None, None, LATER, LATER)
    third = RunRecord(3, Run(replace(INVEST, number=1), RunState.SKIPPED, 12, None), NoNewCash(12), None, LATER, LATER)
    assert ledger.recent_runs(10) == (third, second, first)
    assert ledger.recent_runs(1) == (third,)
    assert ledger.recent_runs(1, before=3) == (second,)
    assert ledger.recent_runs(5, before=1) == ()
    assert [ledger.identified(number) for number in (1, 2, 3, 4)] == [first, second, third, None]


def test_orders_are_listed_newest_first_with_their_run(ledger: SqlLedger) -> None:
    voo, agg = invested(ledger).orders
    ledger.record(INVEST, filled(voo))
    first = OrderRecord(1, 1, INVEST, filled(voo), NOW)
    second = OrderRecord(2, 1, INVEST, agg, NOW)
    assert ledger.recent_orders(10) == (second, first)
    assert ledger.recent_orders(1) == (second,)
    assert ledger.recent_orders(10, before=2) == (first,)


def test_another_accounts_runs_are_not_listed(ledger: SqlLedger, opened: Database) -> None:
    Allocations(opened, "other").start_with(Allocation((Sector("Domestic Large Cap", "VOO", 10_000),)), NOW)
    invested(SqlLedger(opened, "other", []), replace(INVEST, account="other"))
    assert (ledger.recent_runs(9), ledger.recent_orders(9), ledger.identified(1)) == ((), (), None)
    assert (list(ledger.every_run()), list(ledger.every_order())) == ([], [])


def test_everything_can_be_taken_away_oldest_first_however_much_it_is(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chronicle, "PAGE", 2)
    for number in range(5):
        invested(ledger, replace(INVEST, number=number))
    assert list(ledger.every_run()) == list(reversed(ledger.recent_runs(9)))
    assert list(ledger.every_order()) == list(reversed(ledger.recent_orders(99)))
    assert len(list(ledger.every_order())) == 10


def test_only_what_was_filled_from_a_day_on_is_listed_oldest_first(ledger: SqlLedger) -> None:
    days = [DAY + timedelta(days=offset) for offset in (3, 0, -2)]
    for day in days:
        key = replace(INVEST, day=day)
        ledger.record(key, filled(invested(ledger, key).orders[0]))
    found = ledger.filled_since(DAY)
    assert [order.intent.client_order_id for order in found] == [
        "main-20261127-invest-0-VOO-buy",
        "main-20261130-invest-0-VOO-buy",
    ]
    assert all(order.filled_quantity == Decimal("0.1") for order in found)


def test_the_audit_is_paged(opened: Database) -> None:
    audit = Audit(opened, "main")
    for command in ("/pause", "/resume", "/status"):
        audit.note("7", command, "answered", NOW)
    (newest, second) = audit.recent(2)
    assert [entry.what for entry in (newest, second)] == ["/status", "/resume"]
    assert [entry.what for entry in audit.recent(2, before=second.id)] == ["/pause"]
    assert audit.recent(2, before=1) == ()


HUNDRED_YEARS = (
    """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :days)
    INSERT INTO run (id, account, routine, day, number, state, cash, allocation_version, opened_at, ended_at)
    SELECT i, 'main', 'invest', date(:last_day, (i - :days) || ' days'), 0, 'done', 10000, 1, :at, :at FROM n
    """,
    """
    INSERT INTO "order" (account, run_id, position, client_order_id, sector, symbol, side, notional, state,
        filled_quantity)
    SELECT 'main', run.id, p.value, run.id || '-' || p.value, 's', 'VOO', 'buy', 1000, 'filled', '0.1'
    FROM run, json_each('[0, 1, 2, 3, 4, 5, 6]') AS p
    """,
    """
    INSERT INTO alert (id, account, kind, text, title, notes, said_at)
    SELECT id, 'main', 'executed', 'bought', '', '[]', :at FROM run
    """,
    """
    INSERT INTO delivery (account, alert_id, channel, recipient, part, state, attempts, ended_at, segments)
    SELECT 'main', id, 'sms', '+15550100', 0, 'delivered', 1, :at, 1 FROM alert
    """,
    "INSERT INTO audit (account, at, who, what, outcome) SELECT 'main', :at, '7', '/status', 'answered' FROM run",
)


@pytest.fixture(scope="module")
def long_used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    parameters = {"days": TRADING_DAYS, "last_day": str(LAST_DAY), "at": "2026-11-27T14:35:00.000000+00:00"}
    with database.open(f"sqlite:///{tmp_path_factory.mktemp('long')}/allocator.db") as found:
        records = Records.over(found, [PHONE])
        records.allocations.start_with(Allocation((Sector("Domestic Large Cap", "VOO", 10_000),)), NOW)
        with found.writing() as session:
            for statement in HUNDRED_YEARS:
                session.connection().exec_driver_sql(statement, parameters)
        yield records


QUESTIONS: dict[str, Callable[[Records], object]] = {
    "run": lambda books: books.ledger.run(replace(INVEST, day=LAST_DAY)),
    "runs on": lambda books: books.ledger.runs_on(Routine.INVEST, LAST_DAY),
    "unfinished": lambda books: books.ledger.unfinished(),
    "ended": lambda books: books.ledger.ended(LAST_DAY - timedelta(days=30)),
    "last run": lambda books: books.ledger.last_run(),
    "has invested": lambda books: books.ledger.has_invested(),
    "open orders": lambda books: books.ledger.open_orders(),
    "spent on": lambda books: books.ledger.spent_on("main", LAST_DAY),
    "last day of a routine": lambda books: books.ledger.last_day(Routine.INVEST, ordering=True),
    "last day of another": lambda books: books.ledger.last_day(Routine.REBALANCE, number=0, ordering=True),
    "last day before": lambda books: books.ledger.last_day(Routine.INVEST, number=0, before=LAST_DAY),
    "filled since": lambda books: books.ledger.filled_since(LAST_DAY),
    "recent runs": lambda books: books.ledger.recent_runs(10),
    "recent runs before": lambda books: books.ledger.recent_runs(10, before=12_000),
    "identified": lambda books: books.ledger.identified(12_000),
    "recent orders": lambda books: books.ledger.recent_orders(10),
    "recent orders before": lambda books: books.ledger.recent_orders(10, before=12_000),
    "due": lambda books: books.outbox.due(NOW),
    "next due": lambda books: books.outbox.next_due(),
    "undelivered count": lambda books: books.outbox.undelivered_count(PHONE),
    "recent alerts": lambda books: books.outbox.recent(10),
    "said at": lambda books: books.outbox.at(NOW),
    "segments since": lambda books: books.outbox.segments_since(NOW + timedelta(days=1)),
    "release": lambda books: books.outbox.release(PHONE, NOW),
    "clear": lambda books: books.outbox.clear("broker"),
    "audit": lambda books: books.audit.recent(10),
    "waiting": lambda books: books.confirmations.waiting("invest", NOW),
    "paused": lambda books: books.control.paused(LAST_DAY),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_everyday_question_reads_a_hundred_years(long_used: Records, question: str) -> None:
    plans: list[str] = []
    thousands_of_steps: list[None] = []
    connections: set[sqlite3.Connection] = set()

    def watch(_connection: object, cursor: sqlite3.Cursor, statement: str, parameters: tuple[Any], *_: object) -> None:
        if statement.startswith("SELECT"):
            cursor.connection.set_progress_handler(None, 0)
            plans.extend(step for *_, step in cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            cursor.connection.set_progress_handler(lambda: thousands_of_steps.append(None), 1_000)
            connections.add(cursor.connection)

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        QUESTIONS[question](long_used)
    finally:
        event.remove(Engine, "before_cursor_execute", watch)
        for connection in connections:
            connection.set_progress_handler(None, 0)
    assert plans
    tables = ("run", "order", "alert", "delivery", "audit", "pending")
    assert [step for step in plans if step.startswith(tuple(f"SCAN {table}" for table in tables))] == []
    # An index can be read from end to end too, and is then searched in the plan's words. SQLite's virtual machine takes
    # several steps for each row: a hundred years of runs are more than 100,000.
    assert len(thousands_of_steps) < 5, plans
