"""A new version on an old database, and the way back: both programs are real, each in a process of its own."""

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from storage import database, schema
from tests.e2e.trial import Trial

CHECKOUT = Path(__file__).parents[2]
NOW, BEFORE = schema.SHIPPED.revisions[-1], schema.SHIPPED.revisions[-2]

NEXT = f"{int(NOW) + 1:04}"

NEXT_MIGRATION = f'''"""The next version's: every run has one thing more, which rebuilds the table."""

import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{NOW}"


def upgrade() -> None:
    with op.batch_alter_table("run", recreate="always") as table:
        table.add_column(sa.Column("next", sa.Integer(), nullable=False, server_default="0"))
'''


def test_an_old_database_is_upgraded_and_the_way_back_is_the_copy_that_was_made_before(
    trial: Trial, tmp_path: Path
) -> None:
    program = _old_program(tmp_path / "old")
    settings = trial.configure()
    database.open(f"sqlite:///{trial.folder}/allocator.db", migrations=_migrations(program)).close()
    trial.start()
    trial.first_tick()
    assert trial.stop()[0] == 0
    refused = _run(program, trial.folder, "run", "--settings", str(settings))
    assert refused.returncode == 2
    assert f"newer Allocator (schema {NOW}, this version knows {BEFORE})" in refused.stderr
    assert f"put back the copy allocator.db.before-{NOW}" in refused.stderr
    # `allocator service rollback` asks so whether the way back is open.
    assert _run(program, trial.folder, "allocation", "show", "--settings", str(settings)).returncode == 2
    assert trial.command("restore", str(trial.folder / f"allocator.db.before-{NOW}")).returncode == 0
    shown = _run(program, trial.folder, "allocation", "show", "--settings", str(settings))
    assert (shown.returncode, shown.stderr) == (0, "")


def test_upgraded_between_submission_and_alert_the_day_ends_as_if_nothing_had_been(
    cold_trial: Trial, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trial = cold_trial
    trial.deposit("250")
    trial.fill_after(timedelta(hours=1))
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.sandbox.wait_for(lambda world: len(world.brokerage.orders()) == 7, 25, "seven orders")
    assert (trial.stop()[0], trial.texts()) == (0, [])
    trial.program = _next_program(tmp_path_factory.mktemp("next"))
    trial.at(10, 40)
    trial.start()
    said = trial.texted("Orders have been executed")
    assert _revision(trial) == NEXT
    trial.at(16, 30)
    trial.told("Close report")
    assert (len(trial.orders()), [text for text in trial.texts() if "executed" in text]) == (7, [said])
    assert trial.command("reconcile").returncode == 0


def _old_program(folder: Path) -> Path:
    """Return a copy of the program that does not know the newest migration."""
    (newest,) = _migrations(_copy(folder)).folder.glob(f"versions/{NOW}_*.py")
    newest.unlink()
    return folder


def _next_program(folder: Path) -> Path:
    """Return a copy of the program that has one migration more."""
    (_migrations(_copy(folder)).folder / "versions" / f"{NEXT}_next.py").write_text(NEXT_MIGRATION, encoding="utf-8")
    return folder


def _copy(folder: Path) -> Path:
    for package in ("bot", "broker", "core", "storage"):
        shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _revision(trial: Trial) -> str | None:
    migrations = schema.Migrations((trial.program or CHECKOUT) / "storage" / "migrations")
    return schema.found(trial.folder / "allocator.db", migrations)


def _migrations(program: Path) -> schema.Migrations:
    return schema.Migrations(program / "storage" / "migrations")


def _run(program: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603
        (sys.executable, "-m", "bot.cli.main", *arguments),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(program)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
