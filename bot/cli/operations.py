"""The commands for whoever looks after the installation. As `bot.cli.main`, this stays light: workers import it too."""

import argparse
from collections.abc import Callable
from pathlib import Path


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    check = _command(
        commands,
        "check",
        _check,
        "examine the installation; works beside the service",
        "Examine settings, keys, clock, database, disk, channels and ledger, with a real call wherever there is one. "
        "Exit code 0: all pass or warn; 1: something fails; 2: the settings cannot be used.",
    )
    check.add_argument("--json", action="store_true", help="print the findings as JSON")

    reconcile = _command(
        commands,
        "reconcile",
        _reconcile,
        "compare the ledger with the broker; works beside the service",
        "Compare orders, holdings and activities, and explain each difference. Exit code 1: something differs that "
        "does not pass by itself.",
    )
    reconcile.add_argument("--json", action="store_true", help="print the differences as JSON")
    reconcile.add_argument(
        "--fix",
        action="store_true",
        help="write what the broker says of our orders, and new activities, into the books; orders nothing. "
        "The service must not be running",
    )

    backup = _command(
        commands,
        "backup",
        _backup,
        "copy the database, also while the service runs",
        "Copy the database as it is at one moment, and read the copy through before it counts.",
    )
    backup.add_argument("path", type=Path, metavar="PATH", help="the file to write; one of that name is replaced")

    restore = _command(
        commands,
        "restore",
        _restore,
        "put a copy of the database back; the service must not be running",
        "Put a copy in the place of the database, which is put aside first. A damaged, newer or foreign file is "
        "refused, and the database then stays as it is.",
    )
    restore.add_argument("path", type=Path, metavar="PATH", help="the copy")


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    description: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=description)
    parser.set_defaults(run=run)
    parser.add_argument("--settings", type=Path, metavar="FILE", help="the settings file")
    return parser


def _check(options: argparse.Namespace) -> int:
    _preload()
    from bot.operations import checking  # noqa: PLC0415  heavy: workers import this module too

    return checking.check(options.settings, as_json=options.json)


def _reconcile(options: argparse.Namespace) -> int:
    _preload()
    from bot.operations import reconciling  # noqa: PLC0415  as above

    return reconciling.reconcile(options.settings, fix=options.fix, as_json=options.json)


def _backup(options: argparse.Namespace) -> int:
    from bot.shell import backups as shell_backups  # noqa: PLC0415  as above

    return shell_backups.backup(options.settings, options.path)


def _restore(options: argparse.Namespace) -> int:
    from bot.shell import backups as shell_backups  # noqa: PLC0415  as above

    return shell_backups.restore(options.settings, options.path)


def _preload() -> None:
    # As for the service: the broker's process begins to load beside this one's own imports.
    from broker import pool  # noqa: PLC0415  as above

    pool.preload()
