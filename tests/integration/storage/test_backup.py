"""Copies of the database: whole while others write, refused when they are not, and put back without losing anything."""

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from bot.operations.backups import Rotation
from bot.records import Records, now
from bot.routines.market import Market
from core.alerts import Alert, AlertKind
from core.calendar import MarketClock
from core.runs import RunKey
from core.schedule import Routine
from storage import backup, database, schema
from storage.audit import Audit
from storage.backup import BackupFailed
from storage.database import Database
from storage.errors import NewerDatabase
from storage.outbox import Recipient

AT = datetime(2026, 11, 23, 21, 6, tzinfo=UTC)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path / 'allocator.db'}") as opened:
        yield opened


def note(books: Database, *what: str) -> None:
    for one in what:
        Audit(books, "main").note("shell", one, "done", AT)


def noted(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as opened:
        return [what for (what,) in opened.execute("SELECT what FROM audit ORDER BY id")]


def test_a_copy_holds_what_the_log_of_an_open_database_holds_and_needs_none_itself(
    books: Database, tmp_path: Path
) -> None:
    note(books, "first")
    made = backup.back_up(books.file, tmp_path / "deep" / "copy.db")
    note(books, "later")
    assert noted(made.file) == ["first"]
    assert made.revision == schema.SHIPPED.head
    assert sorted(file.name for file in made.file.parent.iterdir()) == ["copy.db"]
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600


def test_a_copy_made_while_another_writes_is_one_moment_of_it(books: Database, tmp_path: Path) -> None:
    enough, stop = Event(), Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            # Two rows at a time, or none.
            with books.writing() as session:
                for side in ("left", "right"):
                    statement = "INSERT INTO audit (account, at, who, what, outcome) VALUES ('main', ?, 'x', ?, 'y')"
                    session.connection().exec_driver_sql(statement, (AT.isoformat(), f"{side} {number}"))
            number += 1
            if number == 20:
                enough.set()

    writer = Thread(target=write)
    writer.start()
    try:
        assert enough.wait(20)
        copies = [backup.back_up(books.file, tmp_path / f"{number}.db").file for number in range(5)]
    finally:
        stop.set()
        writer.join()
    counts = [len(noted(copy)) for copy in copies]
    assert all(count % 2 == 0 and count >= 40 for count in counts)
    assert counts == sorted(counts)


def test_a_copy_that_fails_leaves_the_one_before_it(books: Database, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup.back_up(books.file, copy)
    before = copy.read_bytes()
    books.file.write_bytes(b"no database any more" * 1000)
    with pytest.raises(BackupFailed, match="could not be made"):
        backup.back_up(books.file, copy)
    assert copy.read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("content", [b'[alpaca]\nkey_id = "..."\n', b"", None])
def test_a_copy_takes_the_place_of_no_other_file(books: Database, tmp_path: Path, content: bytes | None) -> None:
    place = tmp_path / "settings.toml"
    if content is None:
        place.mkdir()
    else:
        place.write_bytes(content)
    with pytest.raises(BackupFailed, match=r"already: name another one|that is a folder"):
        backup.back_up(books.file, place)
    assert place.is_dir() if content is None else place.read_bytes() == content


@pytest.mark.parametrize("spoiled", ["damaged", "newer"])
def test_a_copy_takes_the_place_of_an_older_copy_whatever_has_become_of_it(
    books: Database, tmp_path: Path, spoiled: str
) -> None:
    copy = backup.back_up(books.file, tmp_path / "copy.db").file
    if spoiled == "newer":
        with closing(sqlite3.connect(copy)) as opened, opened:
            opened.execute("UPDATE alembic_version SET version_num = '9999'")
    else:
        copy.write_bytes(copy.read_bytes()[:4096] + b"\xff" * 40960)
    assert backup.damage(backup.back_up(books.file, copy).file) is None


def test_the_database_is_not_copied_onto_itself(books: Database) -> None:
    with pytest.raises(BackupFailed, match="the database itself"):
        backup.back_up(books.file, books.file)


def test_putting_back_loses_nothing_of_either(books: Database, tmp_path: Path) -> None:
    note(books, "before")
    copy = backup.back_up(books.file, tmp_path / "copy.db").file
    note(books, "after")
    # What a killed service leaves: a log that is not in the file yet.
    left = tmp_path / "left"
    left.mkdir()
    for part in tmp_path.glob("allocator.db*"):
        shutil.copy(part, left / part.name)
    assert (left / "allocator.db-wal").stat().st_size > 0
    made, aside = backup.restore(copy, left / "allocator.db", AT)
    assert made.file.read_bytes() == copy.read_bytes()
    assert aside == left / "allocator.db.before-restore-20261123T210600"
    assert (noted(made.file), noted(aside)) == (["before"], ["before", "after"])


def test_a_damaged_database_gives_way_and_is_put_aside_as_it_is(books: Database, tmp_path: Path) -> None:
    copy = backup.back_up(books.file, tmp_path / "copy.db").file
    database_file = tmp_path / "damaged" / "allocator.db"
    database_file.parent.mkdir()
    database_file.write_bytes(b"torn" * 5000)
    made, aside = backup.restore(copy, database_file, AT)
    assert backup.damage(made.file) is None
    assert aside is not None
    assert aside.read_bytes() == b"torn" * 5000


def test_a_newer_a_foreign_a_torn_and_an_unfinished_file_are_refused(books: Database, tmp_path: Path) -> None:
    note(books, *("row" * 500 for _ in range(50)))
    copy = backup.back_up(books.file, tmp_path / "copy.db").file
    content = copy.read_bytes()
    newer, foreign, torn, unfinished = (tmp_path / f"{name}.db" for name in ("newer", "foreign", "torn", "unfinished"))
    for file in (newer, torn, unfinished):
        file.write_bytes(content)
    with closing(sqlite3.connect(newer)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")
    with closing(sqlite3.connect(foreign)) as opened:
        opened.execute("CREATE TABLE recipes (x)")
    torn.write_bytes(content[: len(content) // 2] + b"\xff" * (len(content) // 2))
    unfinished.with_name("unfinished.db-wal").write_bytes(b"x")
    before = books.file.read_bytes()
    for file, refusal in (
        (newer, NewerDatabase),
        (foreign, BackupFailed),
        (tmp_path, BackupFailed),
        (torn, BackupFailed),
        (unfinished, BackupFailed),
        (tmp_path / "nothing.db", BackupFailed),
        (books.file, BackupFailed),
    ):
        with pytest.raises(refusal):
            backup.restore(file, books.file, AT)
    assert books.file.read_bytes() == before
    assert not list(tmp_path.glob("*.before-restore*"))


# The daily rotation.


class Clocked(Market):
    """A market that was last seen on a day."""

    def __init__(self, today: date) -> None:
        self.see(today)

    def see(self, today: date) -> None:
        noon = datetime(today.year, today.month, today.day, 17, tzinfo=UTC)
        self.last = MarketClock(noon, is_open=True, next_open=noon, next_close=noon)


def reported(records: Records, day: date) -> None:
    key = RunKey("main", Routine.CLOSE_REPORT, day)
    records.ledger.report(key, Alert(AlertKind.CLOSE_REPORT, "Close"), [], at=AT)


@pytest.fixture
def records(books: Database) -> Records:
    return Records.over(books, [Recipient("telegram", "7")])


def test_each_day_is_copied_once_its_report_is_given_and_the_oldest_copies_go(records: Records, tmp_path: Path) -> None:
    folder, market = tmp_path / "backups", Clocked(date(2026, 11, 23))
    rotation = Rotation(records, market, folder, keep=2)
    assert rotation.look() is None
    for number in (23, 24, 25):
        market.see(date(2026, 11, number))
        assert rotation.look() is None
        reported(records, date(2026, 11, number))
        assert rotation.look() == folder / f"allocator-2026-11-{number}.db"
        assert rotation.look() is None
    (folder / "my own.db").touch()
    # A restart knows by the files what is done.
    made = (folder / "allocator-2026-11-25.db").stat().st_mtime_ns
    Rotation(records, market, folder, keep=2).look()
    assert (folder / "allocator-2026-11-25.db").stat().st_mtime_ns == made
    assert sorted(file.name for file in folder.iterdir()) == [
        "allocator-2026-11-24.db",
        "allocator-2026-11-25.db",
        "my own.db",
    ]


def test_a_backup_that_fails_is_said_once_and_tried_again_within_the_hour(records: Records, tmp_path: Path) -> None:
    in_the_way, seconds = tmp_path / "backups", [0.0]
    in_the_way.write_text("a file where the folder should be")
    reported(records, date(2026, 11, 23))
    rotation = Rotation(records, Clocked(date(2026, 11, 23)), in_the_way, keep=2, clock=lambda: seconds[0])

    def said() -> int:
        return sum("The daily backup" in delivery.alert.text for delivery in records.outbox.due(now()))

    records.outbox.delivered(records.outbox.due(now())[0].id, None, now())
    for _ in range(3):
        seconds[0] += 3600
        assert rotation.look() is None
    assert (said(), records.outbox.undelivered_count()) == (1, 1)
    in_the_way.unlink()
    assert rotation.look() is None
    seconds[0] += 3600
    assert rotation.look() is not None


def test_no_backup_is_made_where_none_is_wanted(records: Records, tmp_path: Path) -> None:
    reported(records, date(2026, 11, 23))
    assert Rotation(records, Clocked(date(2026, 11, 23)), tmp_path / "backups", keep=0).look() is None
    assert not (tmp_path / "backups").exists()
