"""A new version on an old database, and the way back: both programs are real, each in a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from storage import database, schema
from tests.e2e.trial import Trial

CHECKOUT = Path(__file__).parents[2]
NOW, BEFORE = schema.SHIPPED.revisions[-1], schema.SHIPPED.revisions[-2]


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


def _old_program(folder: Path) -> Path:
    """Return a copy of the program that does not know the newest migration."""
    for package in ("bot", "broker", "core", "storage"):
        shutil.copytree(CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (newest,) = _migrations(folder).folder.glob(f"versions/{NOW}_*.py")
    newest.unlink()
    return folder


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
