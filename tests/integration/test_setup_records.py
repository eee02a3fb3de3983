"""`allocator init` beside records that are there: the allocation in force counts, and a running service is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.records import ACCOUNT
from bot.settings.file import load
from bot.setup import flow
from bot.setup.interview import Given
from bot.setup.questions import Nobody
from core.allocation import Allocation, Sector
from sandbox.server import Sandbox
from storage import database
from storage.allocations import Allocations
from storage.lock import ServiceLock
from tests.integration.wizard import Script, everything

IN_FORCE = Allocation((Sector("Stocks", "VTI", 7000), Sector("Bonds", "BND", 3000)))
AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
QUESTION = "Start from which?"


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    with Sandbox(authority=authority, cash=Decimal(250)) as running:
        yield running


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Return a database whose owner has chosen an allocation in the chat."""
    file = tmp_path / "records.db"
    with database.open(f"sqlite:///{file}") as books:
        versions = Allocations(books, ACCOUNT)
        versions.start_with(Allocation((Sector("Stocks", "VOO", 10000),)), AT)
        versions.set(IN_FORCE, "Telegram user 1001", "", AT)
    return file


@pytest.fixture
def written(sandbox: Sandbox, tmp_path: Path, records: Path) -> Path:
    """Return the settings that name this database, and start with another allocation."""
    file, given = tmp_path / "settings.toml", everything(sandbox)
    values = {**given.values, "storage.url": f"sqlite:///{records}"}
    assert flow.set_up(file, Nobody(), replace(given, values=values, test=False)) == 0
    return file


def test_somebody_who_edits_is_shown_the_allocation_in_force_and_not_asked_for_another(
    sandbox: Sandbox, written: Path
) -> None:
    before, person = written.read_text(), Script({}, sandbox)
    assert flow.set_up(written, person, Given(test=False)) == 0
    assert "in force is version 2, set by Telegram user 1001 on 2026-11-24: VTI 70%, BND 30%" in person.told
    assert "/allocation in the chat changes it, or `allocator allocation set FILE`" in person.told
    assert QUESTION not in person.told
    assert written.read_text() == before


@pytest.mark.parametrize(
    ("given", "option"), [(Given(preset="aggressive"), "--preset"), (Given(allocation="VOO 100"), "--allocation")]
)
def test_whoever_gives_an_allocation_hears_that_it_is_only_for_a_new_database(
    written: Path, records: Path, capsys: pytest.CaptureFixture[str], given: Given, option: str
) -> None:
    before = load(written).settings.allocation
    assert flow.set_up(written, Nobody(), replace(given, test=False)) == 0
    said = capsys.readouterr().out
    assert "in force is version 2" in said
    assert f"{option} changes only what a new database would start with" in said
    assert load(written).settings.allocation != before
    with database.open_to_read(f"sqlite:///{records}") as books:
        assert Allocations(books, ACCOUNT).active() == (2, IN_FORCE)


def test_settings_that_are_begun_anew_beside_their_records_start_with_what_is_in_force(
    sandbox: Sandbox, tmp_path: Path, records: Path
) -> None:
    file, given = tmp_path / "anew.toml", everything(sandbox)
    values = {**given.values, "storage.url": f"sqlite:///{records}"}
    assert flow.set_up(file, Nobody(), Given(values, test=False)) == 0
    assert load(file).settings.allocation == IN_FORCE


def test_a_limit_that_is_too_low_for_what_is_in_force_is_said(sandbox: Sandbox, written: Path, records: Path) -> None:
    with database.open(f"sqlite:///{records}") as books:
        Allocations(books, ACCOUNT).set(
            Allocation((Sector("Stocks", "VTI", 9999), Sector("Gold", "GLD", 1))), "shell", "", AT
        )
    person = Script({}, sandbox)
    assert flow.set_up(written, person, Given(test=False)) == 0
    assert "Warning: for the allocation in force $500 a day is too little: Gold" in person.told


def test_records_that_cannot_be_read_are_said_and_stop_nothing(
    written: Path, records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records.write_text("something else")
    assert flow.set_up(written, Nobody(), Given(test=False)) == 0
    assert "The allocation in force cannot be read: " in capsys.readouterr().out


def test_beside_a_running_service_the_last_words_are_to_restart_it(
    written: Path, records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ServiceLock(records):
        assert flow.set_up(written, Nobody(), Given(test=False)) == 0
        said = capsys.readouterr().out
        assert "restart the service so that it takes the new settings" in said
        assert "What comes next" not in said
        # The service works on the records that the settings named before.
        elsewhere = Given({"storage.url": f"sqlite:///{tmp_path / 'other.db'}"}, test=False)
        assert flow.set_up(written, Nobody(), elsewhere) == 0
        assert "restart the service" in capsys.readouterr().out
    assert flow.set_up(written, Nobody(), Given(test=False)) == 0
    assert "What comes next" in capsys.readouterr().out
    assert not (tmp_path / "other.db.lock").exists()
