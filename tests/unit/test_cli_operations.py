"""The commands for whoever looks after the installation: explained, and light until they are used."""

import argparse
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot.cli import main as cli

HEAVY = ("alembic", "alpaca", "matplotlib", "pydantic", "requests", "sqlalchemy", "telegram", "vonage_http_client")


def every(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Walk the program and all its commands, each before its own."""
    yield parser
    # argparse has no public way down.
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from every(below)


COMMANDS = {parser.prog: parser for parser in every(cli.parser())}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does_how_it_is_called_and_what_its_exit_codes_mean(command: str) -> None:
    helped = COMMANDS[command].format_help()
    usage, description, *_ = helped.split("\n\n")
    assert usage.startswith(f"usage: {command} ")
    assert description[:1].isupper()
    assert not description.startswith(("Positional", "Options"))
    _, _, codes = helped.partition("\nexit codes: ")
    codes = " ".join(codes.split())
    # Wrong usage is argparse's 2, whatever the command.
    assert ("\nexamples:" in helped, codes[:2], "2 it was called wrongly" in codes) == (True, "0 ", True)


def test_the_walk_meets_commands_of_commands() -> None:
    assert {"allocator", "allocator run", "allocator service logs", "allocator allocation presets"} <= COMMANDS.keys()


@pytest.mark.parametrize(("words", "said"), [((), "init"), (("service",), "rollback"), (("allocation",), "presets")])
def test_nothing_after_a_group_shows_its_help(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*words])
    shown = capsys.readouterr()
    assert (ended.value.code, shown.out) == (2, "")
    assert shown.err.startswith(" ".join(("usage: allocator", *words)))
    assert ("exit codes:" in shown.err, said in shown.err) == (True, True)


@pytest.mark.parametrize("words", [("report",), ("service", "status"), ("allocation", "set", "plan.txt")])
def test_an_unknown_option_is_answered_with_the_usage_of_its_own_command(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--colour"])
    command = " ".join(("allocator", *words)).removesuffix(" plan.txt")
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith(f"usage: {command} [-h]")
    assert f"{command}: error: unrecognized arguments: --colour\n`{command} --help` explains it" in said


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
