"""What `allocator --help` says of itself and of each command, all the way down."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache
from io import StringIO

from bot.cli import main as cli

_COLUMNS = "80"
_CHOICES = re.compile(r"^  (?:\{[^}]*\}|[A-Z][A-Z-]*)$\n((?:^ {4}.*$\n?)+)", re.MULTILINE)
_CHOICE = re.compile(r"^ {4}([a-z][a-z-]*)(?: |$)", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])(--?[a-zA-Z][a-z-]*)")


@dataclass(frozen=True, slots=True)
class ShellCommand:
    """A command by its words, `allocator service install`, and its --help."""

    name: str
    help: str
    children: tuple[str, ...]

    @property
    def options(self) -> frozenset[str]:
        """Every option that the help names."""
        return frozenset(_OPTION.findall(self.help))


@cache
def shell_commands() -> tuple[ShellCommand, ...]:
    """Return the program and all its commands, each before its own."""
    return tuple(_below(()))


def _below(words: tuple[str, ...]) -> Iterator[ShellCommand]:
    text = _help(words)
    block = _CHOICES.search(text)
    children = tuple(_CHOICE.findall(block[1])) if block else ()
    yield ShellCommand(" ".join(("allocator", *words)), text, children)
    for child in children:
        yield from _below((*words, child))


def _help(words: tuple[str, ...]) -> str:
    said = StringIO()
    with _columns(), redirect_stdout(said), suppress(SystemExit):
        cli.main([*words, "--help"])
    return said.getvalue().rstrip()


@contextmanager
def _columns() -> Iterator[None]:
    """Have argparse break its lines as for this width, whatever terminal there is."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = _COLUMNS
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
