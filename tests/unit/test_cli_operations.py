"""The commands for whoever looks after the installation: explained, and light until they are used."""

import subprocess
import sys

import pytest

from bot.cli import main as cli

HEAVY = ("alembic", "alpaca", "matplotlib", "pydantic", "requests", "sqlalchemy", "telegram", "vonage_http_client")


@pytest.mark.parametrize("command", ["check", "reconcile", "backup", "restore"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: allocator {command}")


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_copy_needs_a_path(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command])
    assert ended.value.code == 2
    assert "PATH" in capsys.readouterr().err


def test_the_command_line_itself_loads_nothing_heavy() -> None:
    program = f"import sys, bot.cli.main; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "[]\n"
