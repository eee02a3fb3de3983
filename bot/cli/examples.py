"""What `--help` of each command ends with: how it is called, and what its exit code says. Light, as `bot.cli.main`."""

import argparse
import textwrap
from collections.abc import Mapping

WIDTH = 110
"""Characters of a line of prose."""

_BROKEN = "2 the settings, the database or the account cannot be used as they are"

_EXAMPLES = {
    "run": (
        ("allocator run", "allocator run --settings paper.toml"),
        f"0 it was asked to end; {_BROKEN}",
    ),
    "invest": (
        ("allocator invest --dry-run", "allocator invest", "allocator invest --yes --json"),
        f"0 invested, or the plan was shown; 1 nothing was bought, or not all of it; {_BROKEN}",
    ),
    "report": (
        ("allocator report", "allocator report --day 2026-11-27 --json"),
        f"0 printed; 1 the day has no report, or Alpaca is away; {_BROKEN}",
    ),
    "variance": (("allocator variance", "allocator variance --json"), f"0 printed; 1 Alpaca is away; {_BROKEN}"),
    "performance": (
        (
            "allocator performance --since 2026-01-02",
            "allocator performance --csv value.csv",
            "allocator performance --json",
        ),
        f"0 printed or written; 1 it cannot be measured or written, or Alpaca is away; {_BROKEN}",
    ),
    "check": (
        ("allocator check", "allocator check --json"),
        "0 everything passes or warns; 1 something fails; 2 the settings cannot be used",
    ),
    "reconcile": (
        ("allocator reconcile", "allocator reconcile --json", "allocator reconcile --fix"),
        f"0 ledger and Alpaca agree; 1 something differs that does not pass by itself; {_BROKEN}",
    ),
    "backup": (
        ("allocator backup before-upgrade.db", "allocator backup /mnt/usb/"),
        f"0 written, and read through; 1 it could not be; {_BROKEN}",
    ),
    "restore": (
        ("allocator restore backups/allocator-2026-11-27.db",),
        f"0 restored; 1 refused, and nothing was changed; {_BROKEN}",
    ),
    "demo": (
        ("allocator demo", "allocator demo --days 10 --json seen.json"),
        "0 it ran to its end, or you ended it; 1 an alert did not come, or the product ended by itself",
    ),
    "sandbox": (("allocator sandbox", "allocator sandbox --seed 7 > sandbox.toml"), "0 you ended it"),
}


def add(parsers: Mapping[str, argparse.ArgumentParser]) -> None:
    """Let the help of each command end with its examples and exit codes; one that has an ending keeps it."""
    for name, parser in parsers.items():
        if parser.epilog is None and name in _EXAMPLES:
            examples, codes = _EXAMPLES[name]
            lines = ["examples:", *(f"  {one}" for one in examples), "", textwrap.fill(f"exit codes: {codes}", WIDTH)]
            parser.epilog = "\n".join(lines)
            parser.formatter_class = argparse.RawDescriptionHelpFormatter
        # Examples keep their lines; what is prose is laid out here.
        parser.description = textwrap.fill(parser.description or "", WIDTH) or None
