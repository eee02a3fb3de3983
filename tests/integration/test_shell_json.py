"""The shell's commands for programs, and the allocation in the shell, against the stand-ins."""

import io
import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trustme

from bot.cli import main as cli
from bot.operations import logs
from core.calendar import NEW_YORK
from sandbox.server import Sandbox
from storage.lock import ServiceLock

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    with Sandbox(authority=authority, cash=Decimal(250)) as running:
        running.call(lambda world: world.telegram.press_start(running.keys.owner_id))
        yield running


@pytest.fixture
def command(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Return what runs a command in this process, which spares it the start of one."""
    file = tmp_path / "settings.toml"
    file.write_text(sandbox.settings(storage={"url": f"sqlite:///{tmp_path / 'allocator.db'}"}), encoding="utf-8")
    file.chmod(0o600)
    monkeypatch.setenv("ALLOCATOR_SETTINGS", str(file))
    monkeypatch.chdir(tmp_path)
    # The process's log is pytest's here.
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)

    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        capsys.readouterr()
        code = cli.main(list(words))
        return (code, *capsys.readouterr())

    return run


def read(answer: tuple[int, str, str], code: int = 0) -> Any:
    assert answer[0] == code, answer
    return json.loads(answer[1])


def test_every_reading_command_prints_json_and_nothing_else(command: Command, tmp_path: Path) -> None:
    assert read(command("report", "--json"))["cash"] == "250"
    assert "reason" in read(command("variance", "--json"))
    assert read(command("performance", "--json"))["value"] == "250"
    assert command("performance", "--json", "figures.json")[0] == 0
    assert json.loads((tmp_path / "figures.json").read_text())["value"] == "250"
    compared = read(command("reconcile", "--json"))
    assert (compared["agree"], compared["orders"], compared["activities"]) == (True, 0, 1)
    # The deposit, which the next report keeps.
    assert [(one["kind"], one["passes_by_itself"]) for one in compared["differences"]] == [("ActivityUnkept", True)]
    assert [one["key"] for one in read(command("allocation", "presets", "--json"))]


def test_a_dry_run_while_the_market_is_closed_shows_what_the_next_run_would_buy(
    command: Command, sandbox: Sandbox
) -> None:
    evening = datetime(2026, 11, 23, 20, 0, tzinfo=NEW_YORK)
    sandbox.call(lambda world: world.clock.set(evening))
    code, shown, _ = command("invest", "--dry-run")
    closed, *rows = shown.splitlines()
    assert (code, closed) == (
        0,
        "The market is closed. It opens on Tue 24 Nov at 09:30 New York time. "
        "As things are now, the run of Tue 24 Nov would buy:",
    )
    assert (rows[0].split()[-2:], rows[-1].split()) == (["VOO", "87.50"], ["Total", "250.00"])
    told = read(command("invest", "--dry-run", "--json"))
    assert (told["plan"]["day"], told["plan"]["cents"]) == ("2026-11-24", 250_00)
    assert told["reason"].startswith("The market is closed.")
    sandbox.call(lambda world: world.brokerage.withdraw(Decimal(240)))
    code, shown, _ = command("invest", "--dry-run")
    assert (code, shown.splitlines()[0]) == (0, "The market is closed. It opens on Tue 24 Nov at 09:30 New York time.")
    assert "Not enough cash to invest today: $10 is available" in shown
    assert sandbox.call(lambda world: world.brokerage.transcript_orders()) == []


def test_files_of_figures_are_their_owner_s_alone_and_said_to_be_written(command: Command, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        for option, name in (("--csv", "value.csv"), ("--json", "figures.json")):
            code, _, said = command("performance", option, name)
            assert (code, said) == (0, f"{name} is written.\n")
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o077 for name in ("value.csv", "figures.json")] == [0, 0]
    for option in ("--csv", "--json"):
        code, _, said = command("performance", option, "/nowhere/at/all")
        assert (code, said) == (
            1,
            "/nowhere/at/all cannot be written (No such file or directory): name another one\n",
        )


def test_a_report_of_a_day_that_is_not_over_does_not_call_itself_a_close_report(command: Command) -> None:
    assert command("report")[1].startswith("As things are now, Mon 23 Nov\n")


def test_nothing_is_made_where_a_database_or_a_folder_is_missing(command: Command, tmp_path: Path) -> None:
    code, _, said = command("reconcile", "--fix")
    assert (code, f"there is no database at {tmp_path}/allocator.db yet" in said) == (2, True)
    assert command("report")[0] == 0
    code, _, said = command("backup", str(tmp_path / "away" / "copy.db"))
    assert (code, said) == (1, f"{tmp_path}/away is not there: make that folder, or name another one\n")
    assert sorted(one.name for one in tmp_path.iterdir() if one.suffix == ".db" or one.is_dir()) == ["allocator.db"]


def test_an_allocation_is_checked_set_and_shown(command: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('[[sectors]]\nname = "Stocks"\nsymbol = "VOOO"\nweight = "100%"\n')
    assert read(command("allocation", "show", "--json"))["version"] is None
    fine = read(command("allocation", "check", "-", "--json", typed="VOO 60 AGG 40"))
    assert (fine["ok"], fine["needs_cents"]) == (True, 250)
    bad = read(command("allocation", "check", "bad.toml", "--json"), code=1)
    assert bad == {"ok": False, "problems": ["Alpaca does not know VOOO: did you mean VOO?"]}
    assert command("allocation", "set", "bad.toml")[0] == 1
    assert command("allocation", "set", "absent.txt")[2].endswith(
        "absent.txt cannot be read: No such file or directory\n"
    )

    code, said, _ = command("allocation", "set", "-", typed="Stocks, VOO, 60%\nBonds, AGG, 40%")
    assert (code, said.startswith("Version 1 is active")) == (0, True)
    assert "The shell changed the allocation (version 1)" in sandbox.call(lambda world: world.sms.messages[-1].text)
    shown = read(command("allocation", "show", "--json"))
    assert (shown["version"], shown["set_by"]) == (1, "shell")
    assert [one["weight_basis_points"] for one in shown["sectors"]] == [6000, 4000]
    assert "There is nothing to change" in command("allocation", "set", "-", typed="VOO 60 AGG 40")[1]
    assert "VOO" in command("allocation", "check", "-", typed="VOO 100")[1]


def test_a_dry_run_of_set_shows_what_changes_and_changes_nothing(command: Command, tmp_path: Path) -> None:
    assert command("allocation", "set", "-", typed="Stocks, VOO, 60%\nBonds, AGG, 40%")[0] == 0
    with ServiceLock(tmp_path / "allocator.db"):
        code, said, _ = command("allocation", "set", "-", "--dry-run", typed="VOO 70 AGG 30")
        assert (code, "60.00" in said, "70.00" in said, "A run needs " in said) == (0, True, True, True)
        told = read(command("allocation", "check", "-", "--json", typed="VOO 70 AGG 30"))
        assert (told["ok"], [one["weight_basis_points"] for one in told["sectors"]]) == (True, [7000, 3000])
    assert command("allocation", "set", "-", "--dry-run", typed="VOO 70")[0] == 1
    assert read(command("allocation", "show", "--json"))["version"] == 1


def test_beside_the_running_service_the_allocation_is_shown_and_checked_but_not_set(
    command: Command, tmp_path: Path
) -> None:
    with ServiceLock(tmp_path / "allocator.db"):
        refused = command("allocation", "set", "-", typed="VOO 60 AGG 40")
        assert (refused[0], refused[2]) == (1, "the service is running: use the chat\n")
        assert read(command("allocation", "show", "--json"))["version"] is None


def test_a_text_that_is_no_allocation_is_refused_with_the_reason(command: Command) -> None:
    for text, problem in (
        ("VOO 60", "sums to 60.00%"),
        ("", "there is no sector in it"),
        ("[[sectors]]\nname=", "it is not valid TOML"),
        ('[[sectors]]\nname = "A"\nsymbol = "VOO"\nweight = 100\n', "all in quotes"),
        ('[[sectors]]\nname = "A"\nsymbol = "VOO"\nweight = "all"\n', "is not a percentage"),
    ):
        answer = read(command("allocation", "check", "-", "--json", typed=text), code=1)
        assert problem in "; ".join(answer["problems"])
