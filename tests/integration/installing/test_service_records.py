"""What `allocator run` has recorded in a folder, when the service is installed from there."""

import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.installing import places, service
from bot.installing.service import Here
from storage import binding, database
from storage.backup import back_up
from storage.lock import ServiceLock
from tests.integration.installing.machine import Recorded, everything, write


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the database that `allocator run` has left in the present folder, with a log that nobody has closed."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "allocator.db"
    with database.open(f"sqlite:///{file}") as books:
        binding.bind(books, "main", "of-this-folder", datetime(2026, 11, 27, tzinfo=UTC))
    return file


def account(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("SELECT broker_account_id FROM broker_account").fetchone()[0])


def test_records_of_the_present_folder_go_along_when_the_service_has_none_of_its_own(
    here: Here, programs: Recorded, settings: Path, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(here)
    assert service.install(here, settings, dry_run=True) == 0
    step = f"copy the records of {recorded} to /var/lib/private/allocator/allocator.db (600)"
    assert (step in capsys.readouterr().out, everything(here)) == (True, before)
    there = here.machine.at(places.PRIVATE_STATE)
    there.mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(there, 4711, 4712)
    assert service.install(here, settings, dry_run=False) == 0
    shown = capsys.readouterr().out
    assert shown.index("systemctl enable") < shown.index(step) < shown.index("systemctl restart")
    copy = there / "allocator.db"
    assert (account(copy), account(recorded)) == ("of-this-folder", "of-this-folder")
    # The service's own user, whoever that is, and nobody else.
    assert (copy.stat().st_uid, copy.stat().st_gid) == (there.stat().st_uid, there.stat().st_gid)
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (copy, there, there.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_records_that_the_service_has_are_never_replaced_and_it_is_said_which_it_does_not_read(
    here: Here, settings: Path, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = here.machine.at(places.STATE) / "allocator.db"
    own.parent.mkdir(parents=True)
    own.write_text("its own")
    assert service.install(here, settings, dry_run=False) == 0
    assert own.read_text() == "its own"
    assert f"has records of its own in /var/lib/allocator, and does not read {recorded}." in capsys.readouterr().out


def test_records_that_are_still_written_or_are_no_records_stop_the_installation_before_the_start(
    here: Here, programs: Recorded, settings: Path, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ServiceLock(recorded):
        assert service.install(here, settings, dry_run=False) == 1
    assert f"`allocator run` still works on {recorded}: end it first" in capsys.readouterr().err
    recorded.write_text("a shopping list, longer than the beginning of a database is, and of nobody's interest" * 9)
    assert service.install(here, settings, dry_run=False) == 1
    assert not programs.ran("systemctl restart")
    assert list(here.machine.at(places.PRIVATE_STATE).iterdir()) == []


def test_records_in_a_folder_of_the_present_one_keep_it(
    here: Here, settings: Path, recorded: Path, tmp_path: Path
) -> None:
    write(tmp_path, {"storage": {"url": "sqlite:///books/mine.db"}})
    (tmp_path / "books").mkdir()
    back_up(recorded, tmp_path / "books/mine.db")
    assert service.install(here, settings, dry_run=False) == 0
    assert account(here.machine.at(places.PRIVATE_STATE) / "books/mine.db") == "of-this-folder"
