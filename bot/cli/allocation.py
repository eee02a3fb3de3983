"""`allocator allocation`. As `bot.cli.main`, this stays light: workers import it too."""

import argparse
import sys
from pathlib import Path

from bot.cli import examples as cli_examples

_ALLOCATION = """\
examples:
  allocator allocation show --json
  allocator allocation check plan.txt                lines such as: Domestic Large Cap, VOO, 35%
  allocator allocation set plan.toml --dry-run       shows what it changes, also beside the service
  allocator allocation set plan.toml                 [[sectors]] as in settings.example.toml
  echo "VOO 60 AGG 40" | allocator allocation set -
  allocator allocation presets

While the service runs, the chat changes the allocation (/allocation): `set` is refused. On a terminal `set` shows
what changes and asks; elsewhere it does it.

exit codes: 0 done; 1 it cannot be used or was declined (the reason is printed); 2 it was called wrongly, or the
settings or the database cannot be used as they are"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    allocation = commands.add_parser(
        "allocation",
        help="show, check or change the target in the shell",
        description="The allocation: which share of the money each sector is meant to hold.",
        epilog=_ALLOCATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = allocation.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser(
        "show",
        help="the active allocation; works beside the service",
        description="Print the active allocation, its version, who set it and when; before the service's first start, "
        "the sectors of the settings.",
    )
    show.set_defaults(run=_show)
    check = actions.add_parser(
        "check",
        help="would this one do? asks Alpaca, changes nothing",
        description="Read an allocation, ask Alpaca about each of its funds, and print what it would change and how "
        "much cash a run needs with it. Nothing is stored. It works beside the service.",
    )
    check.set_defaults(run=_check)
    change = actions.add_parser(
        "set",
        help="make it the active one; the service must not be running",
        description="Make an allocation the active one, after the checks of `check`. On a terminal it shows what "
        "changes and asks; elsewhere it does it. The service must not be running: beside it, the chat does this.",
    )
    change.set_defaults(run=_set, json=False)
    change.add_argument("--yes", action="store_true", help="do not ask")
    change.add_argument("--dry-run", action="store_true", help="show what it changes, as `check` does; change nothing")
    offered = actions.add_parser(
        "presets",
        help="allocations to start from",
        description="Print the allocations to start from, as `allocator init --preset NAME` takes them.",
    )
    offered.set_defaults(run=_presets)
    for one in (show, check, change):
        one.add_argument("--settings", type=Path, metavar="FILE", help="the settings file")
    for one in (check, change):
        one.add_argument("file", type=Path, metavar="FILE", help="a table or [[sectors]]; - for standard input")
    for one in (show, check, offered):
        one.add_argument("--json", action="store_true", help="print it as JSON")
    cli_examples.add(actions.choices, "allocation")


def _show(options: argparse.Namespace) -> int:
    from bot.shell import allocations as shell_allocations  # noqa: PLC0415  heavy: workers import this module too

    return shell_allocations.show(options.settings, as_json=options.json)


def _check(options: argparse.Namespace) -> int:
    _preload()
    from bot.shell import allocations as shell_allocations  # noqa: PLC0415  as above

    return shell_allocations.check(options.settings, str(options.file), as_json=options.json)


def _set(options: argparse.Namespace) -> int:
    if options.dry_run:
        return _check(options)
    _preload()
    from bot.shell import allocations as shell_allocations  # noqa: PLC0415  as above

    asks = sys.stdin.isatty() and not options.yes and str(options.file) != "-"
    return shell_allocations.set_to(options.settings, str(options.file), asks=asks)


def _presets(options: argparse.Namespace) -> int:
    from bot.shell import allocations as shell_allocations  # noqa: PLC0415  as above

    return shell_allocations.list_presets(as_json=options.json)


def _preload() -> None:
    # The broker's SDK takes most of a second to load: its process begins now, beside this one's own imports.
    from broker import pool  # noqa: PLC0415  as above

    pool.preload()
