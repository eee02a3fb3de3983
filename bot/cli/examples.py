"""What `--help` of each command ends with: how it is called, and what its exit code says. Light, as `bot.cli.main`."""

import argparse
import textwrap
from collections.abc import Mapping

WIDTH = 110
"""Characters of a line of prose."""

_WRONG = "2 it was called wrongly"

_BROKEN = f"{_WRONG}, or the settings, the database or the account cannot be used as they are"

_EXAMPLES = {
    "run": (
        ("allocator run", "allocator run --settings paper.toml"),
        f"0 it was asked to end; 1 it works already on this database, or ended by an error (the log has it); {_BROKEN}",
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
        f"0 everything passes or warns; 1 something fails; {_WRONG}, or the settings cannot be used",
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
        "0 it ran to its end, or you ended it; 1 an alert did not come, the product ended by itself, the port is taken "
        f"or FILE cannot be written; {_WRONG}; 130 its --days were cut short",
    ),
    "sandbox": (("allocator sandbox", "allocator sandbox --seed 7 > sandbox.toml"), f"0 you ended it; {_WRONG}"),
    "service install": (
        (
            "sudo allocator service install",
            "allocator service install --dry-run",
            "sudo .venv/bin/allocator service install --settings paper.toml",
        ),
        "0 it runs, or the steps were shown; 1 a step failed (its output is printed), or it needs root; "
        f"{_WRONG}, or it cannot be installed like this (the way out is printed)",
    ),
    "service rollback": (
        ("allocator service rollback --dry-run", "sudo allocator service rollback --no-start"),
        "0 the release before is in force, or the steps were shown; 1 a step failed, or it needs root; "
        f"{_WRONG}, or there is no way back (nothing has changed)",
    ),
    "service uninstall": (
        ("allocator service uninstall --dry-run", "sudo allocator service uninstall --purge"),
        "0 it is not there any more, or the steps were shown; 1 a step failed, it needs root, or --purge was not "
        f"agreed to; {_WRONG}",
    ),
    "service status": (
        ("allocator service status", "allocator service status --json"),
        f"0 it runs; 3 it does not run; 4 it is not installed; {_WRONG}",
    ),
    "service logs": (
        ("sudo allocator service logs -f", "sudo allocator service logs -n 1000"),
        f"0 printed; 1 the journal cannot be read; 4 the service is not installed; {_WRONG}",
    ),
    "allocation show": (
        ("allocator allocation show", "allocator allocation show --json"),
        f"0 printed; 1 it could not be read (beside an installed service it needs root); {_BROKEN}",
    ),
    "allocation check": (
        ("allocator allocation check plan.txt", 'echo "VOO 60 AGG 40" | allocator allocation check - --json'),
        f"0 it can be used; 1 it cannot, or Alpaca is away; {_BROKEN}",
    ),
    "allocation set": (
        (
            "allocator allocation set plan.toml --dry-run",
            "allocator allocation set plan.toml",
            'echo "VOO 60 AGG 40" | allocator allocation set -',
        ),
        "0 it is the active one, or what it changes was shown; 1 it cannot be used, was declined, the service is "
        f"running or Alpaca is away; {_BROKEN}",
    ),
    "allocation presets": (
        ("allocator allocation presets", "allocator allocation presets --json"),
        f"0 printed; {_WRONG}, or the program's own file of them is damaged",
    ),
}
"""Each command's examples and exit codes, by its words."""


def add(parsers: Mapping[str, argparse.ArgumentParser], group: str = "") -> None:
    """Let the help of each command of a group end with its examples and exit codes; one that has an ending keeps it."""
    for own, parser in parsers.items():
        name = f"{group} {own}".strip()
        if parser.epilog is None and name in _EXAMPLES:
            examples, codes = _EXAMPLES[name]
            lines = ["examples:", *(f"  {one}" for one in examples), "", textwrap.fill(f"exit codes: {codes}", WIDTH)]
            parser.epilog = "\n".join(lines)
            parser.formatter_class = argparse.RawDescriptionHelpFormatter
        # Examples keep their lines; what is prose is laid out here.
        parser.description = textwrap.fill(parser.description or "", WIDTH) or None
