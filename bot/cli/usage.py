"""The parser of the command line: what is called wrongly is answered with the help of the command it was meant for."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any


class Parser(argparse.ArgumentParser):
    """A parser whose parts complain for themselves, with 2; a group without a word after it shows its help."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, and refuse here what is not known: argparse would leave it to the outermost parser."""
        if self._subparsers is not None and args is not None and not args:
            self.print_help(sys.stderr)
            self.exit(2)
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, []

    def error(self, message: str) -> Any:
        """Print how it is called, what was wrong, and where more is said; end with 2."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: error: {message}\n`{self.prog} --help` explains it\n")
