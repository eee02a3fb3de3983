"""The books break: full, locked, read-only or damaged disks, a backup put back. No order without a ledger."""

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from core.account import Asset, Minimums
from core.allocation import Allocation, Sector
from core.orders import OrderState
from core.ports import Ports
from core.reserves import ReserveAmount
from core.routines.invest import Policy, Target, decide, invest
from core.runs import Run, RunKey, RunState
from core.schedule import Routine, Window
from storage import database, schema
from storage.allocations import Allocations
from storage.backup import back_up
from storage.database import Database
from storage.errors import Damaged
from storage.ledger import SqlLedger
from storage.posting import Recipient
from tests.integration.breaking_books import Break, full_disk, locked, read_only
from tests.unit.fakes import Events, FakeBroker, FakePace, Killed
from tests.unit.world import DAY, OPENS, TWO

KEY = RunKey("main", Routine.INVEST, DAY)
WINDOW = Window(OPENS, OPENS + timedelta(hours=3))
NEXT_MIGRATION = """
from alembic import op
import os
revision, down_revision, branch_labels, depends_on = "9999", "HEAD", None, None
def upgrade():
    op.execute("CREATE TABLE later (x)")
    op.execute("UPDATE run SET cash = 0")
    KILL
"""
PAGE = 4096
"""Bytes of a page of SQLite's, by its default."""

OTHER = Allocation((Sector("Stocks", "VOO", 1000), Sector("Bonds", "AGG", 9000)))


BROKEN: dict[str, Break] = {"a full disk": full_disk, "locked by another": locked, "read-only": read_only}


def lose(desk: "Desk", table: str) -> None:
    """Overwrite the first page of a table under the open database, which has read it by then."""
    with closing(sqlite3.connect(desk.file)) as other:
        (page,) = other.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with desk.file.open("r+b") as opened:
        opened.seek((page - 1) * PAGE)
        opened.write(b"\xff" * PAGE)
    # The next connection reads the page anew.
    desk.books._engine.dispose()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the books are; nobody waits 10 s for a lock here."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    return tmp_path / "books.db"


@dataclass
class Desk:
    """A broker that does what it is told, and a real ledger over a file that breaks."""

    file: Path
    books: Database
    events: Events = field(default_factory=Events)
    target: Target = field(default_factory=lambda: Target(1, TWO))

    def __post_init__(self) -> None:
        """Let a hundred dollars wait to be invested."""
        known = {one.symbol: Asset(one.symbol, tradable=True, fractionable=True) for one in TWO.sectors}
        self.broker = FakeBroker(self.events, OPENS, assets_by_symbol=known)
        self.ledger = SqlLedger(self.books, "main", [Recipient("sms", "15550100")])
        Allocations(self.books, "main").start_with(TWO, OPENS)

    def invest(self) -> Run:
        """Begin the day's run, or carry it on."""
        ports = Ports(self.broker, self.ledger, FakePace(self.broker))
        policy = Policy(ReserveAmount(0), Minimums(us_equity=1_00, crypto=1_00), None)
        return invest(KEY, WINDOW, partial(decide, KEY, self.target, policy, ports), policy, ports)

    def sent(self) -> list[str]:
        """Return the id of each order that left, as often as it did."""
        return [event.removeprefix("broker sent ") for event in self.events.of("broker sent ")]


@pytest.fixture
def desk(file: Path) -> Iterator[Desk]:
    """Open a desk."""
    with database.open(f"sqlite:///{file}") as opened:
        yield Desk(file, opened)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("step", ["broker account", "broker prepare", "broker clock"])
def test_no_order_leaves_while_the_ledger_cannot_be_written_and_all_do_once_it_can(
    desk: Desk, broken: Break, step: str
) -> None:
    with ExitStack() as while_broken:
        desk.events.turn(step, lambda: while_broken.enter_context(broken(desk.file)))
        with pytest.raises(DatabaseError):
            desk.invest()
        assert desk.broker.held == []
        with pytest.raises(DatabaseError):
            desk.invest()
        assert desk.sent() == []
    assert desk.invest().state is RunState.DONE
    assert desk.sent() == [KEY.client_order_id("VOO"), KEY.client_order_id("AGG")]


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_books_that_break_while_answers_are_stored_know_every_order_once_they_are_mended(
    desk: Desk, broken: Break
) -> None:
    with ExitStack() as while_broken:
        desk.events.turn("broker answered", lambda: while_broken.enter_context(broken(desk.file)))
        for _ in range(2):
            with pytest.raises(DatabaseError):
                desk.invest()
    run = desk.invest()
    assert [order.state for order in run.orders] == [OrderState.FILLED] * 2
    assert sorted(desk.sent()) == sorted(order.intent.client_order_id for order in run.orders)


def test_books_whose_pages_are_lost_are_not_opened(file: Path) -> None:
    with database.open(f"sqlite:///{file}") as opened:
        Desk(file, opened)
    content = file.read_bytes()
    # The first page says what the file is; everything behind it is lost.
    file.write_bytes(content[:PAGE] + b"\xff" * (len(content) - PAGE))
    with pytest.raises(Damaged):
        database.open(f"sqlite:///{file}")


@pytest.mark.parametrize("table", ["run", "order"])
def test_nothing_is_ordered_where_a_table_of_the_ledger_is_lost_in_the_middle_of_a_run(desk: Desk, table: str) -> None:
    desk.events.turn("broker prepare", lambda: lose(desk, table))
    with pytest.raises(DatabaseError, match="malformed"):
        desk.invest()
    assert desk.broker.held == []


def test_a_ledger_put_back_from_before_the_run_buys_nothing_twice(desk: Desk, tmp_path: Path) -> None:
    back_up(desk.file, tmp_path / "copy.db")
    assert desk.invest().state is RunState.DONE
    with database.open(f"sqlite:///{tmp_path / 'copy.db'}") as older:
        again = Desk(tmp_path / "copy.db", older)
        # The worst case: the cash still shows as if nothing had been bought.
        again.broker.held = desk.broker.held
        run = again.invest()
    assert len(again.broker.held) == 2
    assert [(order.state, order.broker_id) for order in run.orders] == [
        (OrderState.FILLED, held.broker_id) for held in desk.broker.held
    ]


def test_a_ledger_put_back_that_plans_other_amounts_buys_nothing_and_says_what_the_broker_holds(
    desk: Desk, tmp_path: Path
) -> None:
    back_up(desk.file, tmp_path / "copy.db")
    desk.invest()
    with database.open(f"sqlite:///{tmp_path / 'copy.db'}") as older:
        again = Desk(tmp_path / "copy.db", older)
        again.broker.held, again.broker.cash = desk.broker.held, Decimal(500)
        run = again.invest()
    assert len(again.broker.held) == 2
    assert {order.state for order in run.orders} == {OrderState.REJECTED}
    assert all("the broker holds another order under its id" in (order.reason or "") for order in run.orders)


def test_a_run_keeps_the_allocation_that_it_was_planned_with(desk: Desk) -> None:
    allocations = Allocations(desk.books, "main")
    desk.events.turn("broker sent", lambda: allocations.set(OTHER, "telegram user 7", "meanwhile", OPENS))
    run = desk.invest()
    assert {order.intent.symbol: order.intent.notional for order in run.orders} == {"VOO": 60_00, "AGG": 40_00}
    with closing(sqlite3.connect(desk.file)) as books:
        assert books.execute("SELECT allocation_version FROM run").fetchall() == [(1,)]
    assert allocations.active() == (2, OTHER)


def test_a_run_that_is_carried_on_keeps_the_allocation_that_it_was_planned_with(desk: Desk) -> None:
    desk.events.turn("broker sent", lambda: setattr(desk.events, "kill_at", 0))
    with pytest.raises(Killed):
        desk.invest()
    Allocations(desk.books, "main").set(OTHER, "telegram user 7", "meanwhile", OPENS)
    desk.target = Target(2, OTHER)
    run = desk.invest()
    assert {order.intent.symbol: order.intent.notional for order in run.orders} == {"VOO": 60_00, "AGG": 40_00}
    assert [done.allocation_version for done in desk.ledger.recent_runs(5)] == [1]


def test_a_migration_that_is_killed_in_the_middle_begins_anew_and_loses_nothing(tmp_path: Path) -> None:
    file, folder = tmp_path / "books.db", tmp_path / "migrations"
    with database.open(f"sqlite:///{file}") as opened:
        Desk(file, opened).invest()
    shutil.copytree(schema.SHIPPED.folder, folder)
    next_one = folder / "versions" / "9999_next.py"
    text = NEXT_MIGRATION.replace("HEAD", schema.SHIPPED.head)
    next_one.write_text(text.replace("KILL", "os.kill(os.getpid(), 9)"))
    killed = get_context("spawn").Process(target=upgrade, args=(file, folder))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    with database.open(f"sqlite:///{file}") as opened:
        (told,) = SqlLedger(opened, "main", []).runs_on(Routine.INVEST, DAY)
    assert told.cash == 100_00
    next_one.write_text(text.replace("KILL", "pass"))
    upgrade(file, folder)
    with closing(sqlite3.connect(file)) as books:
        assert books.execute("SELECT cash FROM run").fetchall() == [(0,)]


def upgrade(file: Path, folder: Path) -> None:
    """Open a database by other migrations than the shipped ones."""
    database.open(f"sqlite:///{file}", migrations=schema.Migrations(folder)).close()
