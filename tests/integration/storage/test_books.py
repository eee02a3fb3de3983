"""The books: activities once each, a snapshot a day, and reports that are kept whole or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from core.activities import Activity, ActivityKind
from core.alerts import Alert, AlertKind
from core.reporting.snapshots import Holding, Snapshot
from core.runs import Run, RunKey, RunState
from core.schedule import Routine
from storage import bookkeeping, database
from storage.database import Database
from storage.errors import RunExists
from storage.ledger import SqlLedger
from storage.outbox import Outbox, Recipient

NOW = datetime(2026, 11, 27, 18, 6, tzinfo=UTC)
DAY = date(2026, 11, 27)
BEFORE, AFTER = date(2026, 11, 25), date(2026, 11, 30)
KEY = RunKey("main", Routine.CLOSE_REPORT, DAY)
ALERT = Alert(AlertKind.CLOSE_REPORT, "Domestic Large Cap is unchanged today.")
PHONE = Recipient("telegram", "7")

DEPOSIT = Activity("20261127::a", "CSD", ActivityKind.FLOW, DAY, Decimal("250.00"))
BUY = Activity(
    "20261127::b",
    "FILL",
    ActivityKind.TRADE,
    DAY,
    Decimal("-49.99"),
    "VOO",
    Decimal("0.123456789"),
    Decimal("404.92"),
    "b-1",
)
DIVIDEND = Activity("20261125::c", "DIV", ActivityKind.INCOME, BEFORE, Decimal("0.10"), "VOO")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path}/allocator.db") as found:
        yield found


@pytest.fixture
def ledger(opened: Database) -> SqlLedger:
    return SqlLedger(opened, "main", [PHONE])


def snapshot(day: date = DAY, cash: str = "12.50", *, reconstructed: bool = False) -> Snapshot:
    holdings = (
        Holding("VOO", Decimal("0.123456789"), Decimal("49.99"), Decimal("50.10")),
        Holding("BTC/USD", Decimal("0.000000001"), None, Decimal("0.00")),
        Holding("AGG", Decimal(1), Decimal(100), Decimal("99.5")),
    )
    return Snapshot(day, Decimal(cash), holdings, reconstructed)


def report(ledger: SqlLedger, *snapshots: Snapshot, day: date = DAY) -> None:
    ledger.report(replace(KEY, day=day), ALERT, snapshots, at=NOW)


def said(database: Database) -> list[Alert]:
    return [one.alert for one in Outbox(database, "main", ()).recent(10)]


def test_activities_come_back_exactly_by_day_and_id(ledger: SqlLedger) -> None:
    ledger.keep_activities([BUY, DEPOSIT, DIVIDEND])
    assert ledger.activities() == (DIVIDEND, DEPOSIT, BUY)
    assert [str(one.amount) for one in ledger.activities()] == ["0.10", "250.00", "-49.99"]


def test_an_activity_that_is_known_changes_nothing(ledger: SqlLedger) -> None:
    ledger.keep_activities([DEPOSIT, DEPOSIT])
    ledger.keep_activities([replace(DEPOSIT, amount=Decimal(1)), DIVIDEND])
    ledger.keep_activities([])
    assert ledger.activities() == (DIVIDEND, DEPOSIT)


def test_only_flows_are_listed_as_flows(ledger: SqlLedger) -> None:
    unknown = Activity("20261130::d", "NEW", ActivityKind.UNKNOWN, AFTER, Decimal(5))
    withdrawal = Activity("20261130::e", "CSW", ActivityKind.FLOW, AFTER, Decimal(-5))
    ledger.keep_activities([withdrawal, unknown, BUY, DEPOSIT, DIVIDEND])
    assert ledger.flows() == (DEPOSIT, withdrawal)


def test_the_same_activity_of_another_account_is_its_own(ledger: SqlLedger, opened: Database) -> None:
    other = SqlLedger(opened, "other", [])
    other.keep_activities([replace(DEPOSIT, amount=Decimal(1))])
    ledger.keep_activities([DEPOSIT])
    assert ledger.activities() == ledger.flows() == (DEPOSIT,)
    other.report(replace(KEY, account="other"), ALERT, [snapshot()], at=NOW)
    assert ledger.snapshots() == ()


def test_a_report_is_done_said_and_has_its_snapshot(ledger: SqlLedger, opened: Database) -> None:
    report(ledger, snapshot())
    assert ledger.run(KEY) == Run(KEY, RunState.DONE, 0, None)
    assert ledger.ended(DAY) == {(Routine.CLOSE_REPORT, DAY)}
    assert ledger.outcome(KEY) is None
    assert ledger.snapshots() == (snapshot(),)
    assert [str(one.quantity) for one in ledger.snapshots()[0].holdings] == ["0.123456789", "1E-9", "1"]
    assert said(opened) == [ALERT]
    with pytest.raises(RunExists):
        report(ledger, snapshot(AFTER))
    assert (len(ledger.snapshots()), len(said(opened))) == (1, 1)


def test_a_report_that_cannot_be_said_leaves_nothing(opened: Database) -> None:
    unlucky = SqlLedger(opened, "main", [PHONE, PHONE])  # the same delivery twice is refused by the database
    with pytest.raises(IntegrityError):
        report(unlucky, snapshot())
    assert (unlucky.run(KEY), unlucky.snapshots(), said(opened)) == (None, (), [])


def test_a_snapshot_takes_the_place_of_a_reconstructed_one_only(ledger: SqlLedger) -> None:
    report(ledger, snapshot(BEFORE, "1", reconstructed=True), snapshot(DAY, "2", reconstructed=True), day=BEFORE)
    real = replace(snapshot(DAY, "3"), holdings=snapshot().holdings[1:2])
    report(ledger, real)
    assert ledger.snapshots() == (snapshot(BEFORE, "1", reconstructed=True), real)
    report(ledger, snapshot(DAY, "4"), snapshot(DAY, "5", reconstructed=True), day=AFTER)
    assert ledger.snapshots(since=DAY) == (real,)


def test_a_snapshot_with_a_value_that_is_not_known_has_no_equity(ledger: SqlLedger, opened: Database) -> None:
    unknown = replace(snapshot(), holdings=(Holding("VOO", Decimal(1), None, None),))
    report(ledger, unknown, snapshot(AFTER))
    assert ledger.snapshots() == (unknown, snapshot(AFTER))
    with opened.reading() as session:
        kept = session.connection().exec_driver_sql("SELECT equity FROM snapshot ORDER BY day").scalars().all()
    assert kept == [None, "162.10"]


def test_snapshots_come_oldest_first_from_a_day_on(ledger: SqlLedger) -> None:
    days = [BEFORE, DAY, AFTER]
    for day in reversed(days):
        report(ledger, snapshot(day), day=day)
    assert [one.day for one in ledger.snapshots()] == days
    assert [one.day for one in ledger.snapshots(since=DAY)] == [DAY, AFTER]
    assert ledger.snapshots(since=AFTER + timedelta(days=1)) == ()


def test_a_history_of_several_pages_comes_whole_and_in_order(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookkeeping, "PAGE", 2)
    days = [BEFORE + timedelta(days=number) for number in range(4)]
    report(ledger, *map(snapshot, days))
    assert list(ledger.every_snapshot()) == [snapshot(day) for day in days]
