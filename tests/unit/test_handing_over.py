"""Commands beside an installed service."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.cli import handing_over


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    file = tmp_path / "allocator.service"
    file.write_text("[Service]\nLoadCredentialEncrypted=settings.toml:/etc/allocator/settings.cred\nUMask=0077\n")
    return file


def test_only_an_installed_service_is_meant_and_only_where_nothing_else_is_named(unit: Path, tmp_path: Path) -> None:
    assert handing_over.is_wanted(None, {}, unit)
    assert not handing_over.is_wanted(None, {}, tmp_path / "absent")
    assert not handing_over.is_wanted(Path("mine.toml"), {}, unit)
    assert not handing_over.is_wanted(None, {"ALLOCATOR_SETTINGS": "mine.toml"}, unit)
    # The service itself, and what was handed over already.
    assert not handing_over.is_wanted(None, {"CREDENTIALS_DIRECTORY": "/run/credentials/x"}, unit)


def test_whoever_is_not_root_is_told_to_use_sudo(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert handing_over.hand_over(["report", "--json"], None, is_root=False, unit=unit) == 1
    assert "sudo allocator report --json" in capsys.readouterr().err


def test_root_runs_the_command_as_the_service_with_its_keys_and_a_file_goes_in_as_input(unit: Path) -> None:
    ran: list[tuple[list[str], str | None]] = []

    def run(command: Sequence[str], file: str | None) -> int:
        ran.append((list(command), file))
        return 7

    words = ["allocation", "set", "plan.txt"]
    assert handing_over.hand_over(words, Path("plan.txt"), is_root=True, run=run, unit=unit) == 7
    assert handing_over.hand_over(["allocation", "set", "-"], Path("-"), is_root=True, run=run, unit=unit) == 7
    (command, file), (_, no_file) = ran
    assert "--property=LoadCredentialEncrypted=settings.toml:/etc/allocator/settings.cred" in command
    assert "--property=DynamicUser=yes" in command
    assert command[-4:] == ["/opt/allocator/current/venv/bin/allocator", "allocation", "set", "-"]
    assert (file, no_file) == ("plan.txt", None)
