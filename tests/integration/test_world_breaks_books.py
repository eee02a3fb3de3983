"""The books break: full, locked, read-only or damaged disks, a backup put back. No order without a ledger."""

import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from core.account import Asset, Minimums
from core.allocation import Allocation, Sector
from core.orders import OrderState
from core.ports import Ports
from core.reserves import ReserveAmount
from core.routines.invest import Policy, Target, invest
from core.runs import Run, RunKey, RunState
from core.schedule import Routine, Window
from storage import database, schema
from storage.allocations import Allocations
from storage.backup import back_up
from storage.database import Database
from storage.errors import StorageError
from storage.ledger import SqlLedger
from storage.posting import Recipient
from tests.unit.fakes import FakeBroker, FakePace, Turning
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
OTHER = Allocation((Sector("Stocks", "VOO", 1000), Sector("Bonds", "AGG", 9000)))

Break = Callable[[Path], AbstractContextManager[object]]


@contextmanager
def full_disk(file: Path) -> Iterator[None]:
    """Let no file of this process grow any more: to SQLite that is a disk without room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = file.with_name(f"{file.name}-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let somebody else write, and never end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def read_only(file: Path) -> Iterator[None]:
    """Let every table refuse what is written, as a file system does that was mounted anew to be read."""
    tables = ("run", '"order"')
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        for number, table in enumerate(tables):
            for deed in ("INSERT", "UPDATE"):
                other.execute(
                    f"CREATE TRIGGER no_{deed}_{number} BEFORE {deed} ON {table} BEGIN "
                    "SELECT RAISE(ABORT, 'attempt to write a readonly database'); END"
                )
        yield
        for number in range(len(tables)):
            for deed in ("INSERT", "UPDATE"):
                other.execute(f"DROP TRIGGER no_{deed}_{number}")


BROKEN: dict[str, Break] = {"a full disk": full_disk, "locked by another": locked, "read-only": read_only}


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
    events: Turning = field(default_factory=Turning)
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
        return invest(KEY, WINDOW, self.target, policy, ports)

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


def test_nothing_is_ordered_over_damaged_books(file: Path) -> None:
    with database.open(f"sqlite:///{file}") as opened:
        Desk(file, opened)
    content = bytearray(file.read_bytes())
    # The first page says what the file is; everything behind it is lost.
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    broker = FakeBroker(Turning(), OPENS)
    with suppress(DatabaseError, StorageError), database.open(f"sqlite:///{file}") as opened:
        damaged = Desk(file, opened)
        broker = damaged.broker
        with pytest.raises(DatabaseError):
            damaged.invest()
    assert broker.held == []


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
