"""The database file: made, upgraded, refused, shared."""

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from typing import Any, get_args

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlmodel import Session, SQLModel, col, select

from storage import book_tables, database, outbox_tables, schema, tables
from storage.audit import Audit
from storage.database import Database
from storage.errors import BadUrl, CannotOpen, Damaged, NewerDatabase, NoDatabase, NotMigrated, NotOurs
from storage.tables import AuditRow, OrderRow, Row, RunRow
from storage.types import Exact, Instant

NOW = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
TABLES = (tables, outbox_tables, book_tables)  # together they are what a migrated database holds

HEAD = schema.SHIPPED.head
AFTER = f"{int(HEAD) + 1:04}"
"""The revision that this version has, and the one that comes next."""

NEXT = f"""
from alembic import op

revision = "{AFTER}"
down_revision = "{HEAD}"


def upgrade() -> None:
    op.execute("CREATE TABLE later (x)")
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "allocator.db"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture
def next_version(tmp_path: Path) -> schema.Migrations:
    folder = tmp_path / "next version"
    shutil.copytree(schema.SHIPPED.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"{AFTER}_next.py").write_text(NEXT)
    return schema.Migrations(folder)


@pytest.fixture
def opened(url: str) -> Iterator[Database]:
    with database.open(url) as found:
        yield found


def everything_in(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    return {
        path.name: (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in folder.iterdir()
        if path.is_file()
    }


def pragma(session: Session, name: str) -> object:
    return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()


def run_row(state: str = "planned", number: int = 0, allocation_version: int | None = None) -> RunRow:
    return RunRow(
        account="main",
        routine="invest",
        day=NOW.date(),
        number=number,
        state=state,
        cash=10_000,
        allocation_version=allocation_version,
        opened_at=NOW,
    )


def order_row(
    run_id: int = 1, place: int = 0, state: str = "filled", notional: int = 3500, filled: Any = Decimal(0)
) -> OrderRow:
    return OrderRow(
        account="main",
        run_id=run_id,
        position=place,
        client_order_id=f"order {place}",
        sector="Domestic Large Cap",
        symbol="VOO",
        notional=notional,
        state=state,
        filled_quantity=filled,
        filled_price=filled,
    )


def note_and_die(url: str) -> None:
    Audit(database.open(url), "main").note("owner", "/pause", "paused", NOW)
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_first_opening_makes_the_folder_and_a_file_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "a new" / "folder" / "allocator.db"
    with database.open(f"sqlite:///{file}") as opened, opened.writing() as session:
        session.add(run_row())
        session.flush()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert modes == {"allocator.db": 0o600, "allocator.db-wal": 0o600, "allocator.db-shm": 0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_file_that_others_can_read_is_closed_to_them(url: str, file: Path) -> None:
    database.open(url).close()
    file.chmod(0o644)
    database.open(url).close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_every_connection_is_durable_and_strict(opened: Database) -> None:
    for transaction in (opened.writing, opened.reading):
        with transaction() as session:
            assert pragma(session, "journal_mode") == "wal"
            assert pragma(session, "synchronous") == 2  # FULL
            assert pragma(session, "foreign_keys") == 1
            assert pragma(session, "busy_timeout") == 10_000


def test_the_migrations_make_what_the_models_say(opened: Database) -> None:
    with opened.reading() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Row.metadata) == []


def test_the_migrations_make_the_checks_that_the_models_say(opened: Database) -> None:
    modelled = create_engine("sqlite://")
    Row.metadata.create_all(modelled)
    with opened.reading() as session:
        migrated_schema, modelled_schema = inspect(session.connection()), inspect(modelled)
        for table in Row.metadata.tables:
            migrated = {check["name"]: check["sqltext"] for check in migrated_schema.get_check_constraints(table)}
            assert migrated == {
                check["name"]: check["sqltext"] for check in modelled_schema.get_check_constraints(table)
            }
    modelled.dispose()


def test_every_migration_is_named_by_its_revision_and_one_is_the_newest() -> None:
    script = ScriptDirectory(str(schema.SHIPPED.folder))
    revisions = tuple(sorted(step.revision for step in script.walk_revisions()))
    assert schema.SHIPPED.revisions == revisions
    assert script.get_heads() == [schema.SHIPPED.head]


def test_threads_that_open_a_new_database_at_once_all_get_it(url: str) -> None:
    # Where a file gets its log nobody waits by himself, which shows only now and then.
    for number in range(5):
        with ThreadPoolExecutor(4) as threads:
            for opened in threads.map(database.open, [f"{url}{number}"] * 4):
                Audit(opened, "main").note("owner", "/status", "answered", NOW)
                opened.close()
        with database.open(f"{url}{number}") as opened:
            assert len(Audit(opened, "main").recent(10)) == 4


def test_a_database_with_rows_is_copied_aside_before_it_is_upgraded(
    url: str, file: Path, next_version: schema.Migrations
) -> None:
    with database.open(url) as before:
        Audit(before, "main").note("owner", "/pause", "paused", NOW)
    with database.open(url, migrations=next_version) as after:
        assert [entry.what for entry in Audit(after, "main").recent(10)] == ["/pause"]
    copy = file.with_name(f"allocator.db.before-{AFTER}")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as old:
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        assert old.execute("SELECT what FROM audit").fetchall() == [("/pause",)]
        assert old.execute("SELECT name FROM sqlite_master WHERE name = 'later'").fetchall() == []


def test_the_copy_holds_what_a_killed_process_left_in_the_log(
    url: str, file: Path, next_version: schema.Migrations
) -> None:
    killed = get_context("spawn").Process(target=note_and_die, args=(url,))
    killed.start()
    killed.join()
    assert file.with_name("allocator.db-wal").stat().st_size > 0
    database.open(url, migrations=next_version).close()
    with closing(sqlite3.connect(file.with_name(f"allocator.db.before-{AFTER}"))) as old:
        assert old.execute("SELECT what FROM audit").fetchall() == [("/pause",)]


def test_nothing_is_copied_when_nothing_is_upgraded(url: str, file: Path) -> None:
    database.open(url).close()
    database.open(url).close()
    assert [path.name for path in file.parent.iterdir()] == ["allocator.db"]


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    url: str, file: Path, next_version: schema.Migrations
) -> None:
    database.open(url).close()
    broken = next_version.folder / "versions" / f"{AFTER}_next.py"
    broken.write_text(NEXT + '    op.execute("CREATE TABLE run (x)")\n')
    with pytest.raises(OperationalError, match="already exists"):
        database.open(url, migrations=next_version)
    with closing(sqlite3.connect(file)) as left:
        assert left.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        assert left.execute("SELECT name FROM sqlite_master WHERE name = 'later'").fetchall() == []
    database.open(url).close()


def test_an_upgrade_that_breaks_a_reference_leaves_the_database_as_it_was(
    url: str, file: Path, next_version: schema.Migrations
) -> None:
    with database.open(url) as before, before.writing() as session:
        session.add(run_row())
        session.flush()
        session.add(order_row())
    broken = next_version.folder / "versions" / f"{AFTER}_next.py"
    broken.write_text(NEXT.replace("CREATE TABLE later (x)", "DELETE FROM run"))
    with pytest.raises(sqlite3.IntegrityError, match="would break 1 references"):
        database.open(url, migrations=next_version)
    with database.open(url) as left, left.reading() as session:
        assert len(session.exec(select(RunRow)).all()) == 1


@pytest.mark.parametrize("opening", [database.open, database.open_to_read])
def test_a_newer_database_is_refused_and_not_touched(
    opening: Callable[[str], Database], url: str, file: Path, next_version: schema.Migrations
) -> None:
    database.open(url, migrations=next_version).close()
    file.chmod(0o640)
    before = everything_in(file.parent)
    with pytest.raises(
        NewerDatabase, match=rf"newer Allocator \(schema {AFTER}, this version knows {HEAD}\).*install that"
    ):
        opening(url)
    assert everything_in(file.parent) == before


def test_a_newer_database_with_an_open_log_keeps_every_byte(
    url: str, file: Path, next_version: schema.Migrations
) -> None:
    with database.open(url, migrations=next_version) as newer:
        Audit(newer, "main").note("owner", "/pause", "paused", NOW)
        log = file.with_name("allocator.db-wal")
        before = file.read_bytes(), log.read_bytes()
        with pytest.raises(NewerDatabase):
            database.open(url)
        assert (file.read_bytes(), log.read_bytes()) == before


@pytest.mark.parametrize("content", [b"these are notes, not a database" * 100, b"SQLite format 3\x00 but cut off"])
def test_a_file_of_something_else_is_refused_and_not_touched(content: bytes, url: str, file: Path) -> None:
    file.write_bytes(content)
    before = everything_in(file.parent)
    with pytest.raises(NotOurs, match="is not a database of Allocator"):
        database.open(url)
    assert everything_in(file.parent) == before


def test_a_database_of_ours_that_is_damaged_is_said_to_be_with_the_way_back(url: str, file: Path) -> None:
    database.open(url).close()
    content = file.read_bytes()
    # The first page says what the file is; everything behind it is lost.
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(Damaged, match=r"is damaged \(database disk image is malformed\): .* `allocator restore`"):
        database.open(url)


def test_another_programs_database_is_refused(url: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE recipes (name)")
    with pytest.raises(NotOurs, match="other tables"):
        database.open(url)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    with pytest.raises(CannotOpen, match=r"notes/allocator\.db cannot be made or written"):
        database.open(f"sqlite:///{tmp_path}/notes/allocator.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql://u:hidden@host/db", "hidden"])
def test_what_names_no_file_is_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(BadUrl, match="does not name a database file") as refused:
        database.open(url)
    assert "hidden" not in str(refused.value)


def test_reading_beside_the_running_service_sees_what_it_committed(opened: Database, url: str) -> None:
    with database.open_to_read(url) as reader, opened.writing() as writing:
        writing.add(AuditRow(account="main", at=NOW, who="owner", what="/pause", outcome="paused"))
        writing.flush()
        assert Audit(reader, "main").recent(1) == ()
        writing.commit()
        assert len(Audit(reader, "main").recent(1)) == 1


def test_reading_can_change_nothing(opened: Database, url: str) -> None:
    with database.open_to_read(url) as reader, pytest.raises(OperationalError, match="readonly"):
        Audit(reader, "main").note("owner", "/pause", "paused", NOW)
    assert Audit(opened, "main").recent(1) == ()


def test_reading_makes_no_database_and_upgrades_none(url: str, file: Path, next_version: schema.Migrations) -> None:
    with pytest.raises(NoDatabase, match="there is no database at"):
        database.open_to_read(url)
    assert not file.exists()
    database.open(url).close()
    before = everything_in(file.parent)
    with pytest.raises(NotMigrated, match=f"schema {HEAD}, {AFTER} is needed"):
        database.open_to_read(url, migrations=next_version)
    assert everything_in(file.parent) == before


def test_a_tenth_and_two_tenths_are_three_tenths_and_nine_decimals_come_back(opened: Database) -> None:
    bought = [Decimal("0.1"), Decimal("0.2"), Decimal("123456789.123456789"), Decimal("0.000000001"), Decimal("1.50")]
    with opened.writing() as session:
        session.add(run_row())
        session.flush()
        session.add_all(order_row(place=place, filled=value) for place, value in enumerate(bought))
    with opened.reading() as session:
        rows = session.exec(select(OrderRow).order_by(col(OrderRow.position))).all()
        assert [str(row.filled_quantity) for row in rows] == [str(value) for value in bought]
        assert [row.filled_price for row in rows] == bought
        assert rows[0].filled_quantity + rows[1].filled_quantity == Decimal("0.3")


@pytest.mark.parametrize("wrong", [0.1, Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_exact_amount_is_refused(opened: Database, wrong: object) -> None:
    with opened.writing() as session:
        session.add(run_row())
    with pytest.raises(StatementError, match=r"never pass through a float|must be finite"), opened.writing() as session:
        session.add(order_row(filled=wrong))


def test_times_come_back_aware_and_a_naive_one_is_refused(opened: Database) -> None:
    new_york = NOW.astimezone(timezone(timedelta(hours=-5)))
    Audit(opened, "main").note("owner", "/pause", "paused", new_york)
    (entry,) = Audit(opened, "main").recent(1)
    assert entry.at == NOW
    assert entry.at.tzinfo is UTC
    with pytest.raises(StatementError, match="no time zone"):
        Audit(opened, "main").note("owner", "/pause", "paused", NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    "wrong",
    [
        run_row(state="lost"),
        run_row(number=-1),
        run_row(allocation_version=7),
        order_row(run_id=99),
        order_row(notional=0),
        order_row(state="lost"),
    ],
    ids=["run state", "run number", "no such allocation", "no such run", "nothing ordered", "order state"],
)
def test_the_database_itself_refuses_what_cannot_be(opened: Database, wrong: SQLModel) -> None:
    with opened.writing() as session:
        session.add(run_row(number=5))
    with pytest.raises(IntegrityError), opened.writing() as session:
        session.add(wrong)


def test_no_column_is_of_a_type_that_loses_digits_or_time_zones() -> None:
    keeps = {Decimal: Exact, datetime: Instant}
    for model in Row.__subclasses__():
        for name, field in model.model_fields.items():
            for held in get_args(field.annotation) or [field.annotation]:
                assert held is not float
                if held in keeps:
                    assert isinstance(Row.metadata.tables[str(model.__tablename__)].c[name].type, keeps[held])


def test_a_service_that_is_up_to_date_never_loads_alembic(url: str) -> None:
    database.open(url).close()
    script = (
        "import sys; import storage.ledger; from storage import database\n"
        "database.open(sys.argv[1]).close(); sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script, url], check=True)  # noqa: S603 - the script above
