"""`allocator service`. As `bot.cli.main`, this stays light: workers import it too."""

import argparse
import sys
from pathlib import Path

from bot.cli import examples as cli_examples
from bot.exits import FAILED

_EPILOG = """\
examples:
  sudo allocator service install             with the settings that `allocator init` has written
  allocator service install --dry-run        every step and every file, and nothing is touched
  sudo allocator service rollback            the release before, at once and without a download
  allocator service status
  sudo allocator service logs -f

exit codes: 0 done; 1 a step failed (its output is printed), or it needs root; 2 it was called wrongly, or it cannot be
installed, or go back, like this (the way out is printed). `status` has systemd's: 0 running, 3 not running, 4 not
installed; `logs` has that 4 too"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its actions."""
    service = commands.add_parser(
        "service",
        help="install the service under systemd, look at it, or remove it",
        description="Run Allocator as a hardened service of systemd: the program in /opt/allocator, the settings in "
        "/etc/allocator (encrypted for this machine where systemd can), the records in /var/lib/allocator.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = service.add_subparsers(required=True, metavar="ACTION")
    install = actions.add_parser(
        "install",
        help="install or upgrade, and start; needs root",
        description="Bring the program, the settings and the unit into their places, and start the service; again, it "
        "installs what has changed. Records that `allocator run` has made in this folder go along the first time.",
    )
    install.set_defaults(run=_install)
    # Not `settings`: that is what is handed over to an installed service.
    install.add_argument("--settings", dest="target", type=Path, metavar="FILE", help="the settings to install")
    install.add_argument("--dry-run", action="store_true", help="show every step and every file, touch nothing")
    rollback = actions.add_parser(
        "rollback",
        help="let the release before come into force again; needs root",
        description="Let the release before come into force again, once it has said that it can use the settings and "
        "the records. The same command again is the way forward.",
    )
    rollback.set_defaults(run=_rollback)
    rollback.add_argument("--no-start", action="store_true", help="leave the service stopped, to reconcile first")
    rollback.add_argument("--dry-run", action="store_true", help="show every step, touch nothing")
    uninstall = actions.add_parser(
        "uninstall",
        help="stop and remove it, and keep settings and records; needs root",
        description="Stop the service and remove the program. The settings in /etc/allocator and the records in "
        "/var/lib/allocator stay, unless --purge removes them too.",
    )
    uninstall.set_defaults(run=_uninstall)
    uninstall.add_argument("--purge", action="store_true", help="remove settings and records too")
    uninstall.add_argument("--dry-run", action="store_true", help="show every step, touch nothing")
    uninstall.add_argument("--yes", action="store_true", help="do not ask before --purge")
    status = actions.add_parser(
        "status",
        help="what systemd knows of it",
        description="Print what systemd knows of the service: whether it runs, whose money it is, the end of its log.",
    )
    status.set_defaults(run=_status)
    status.add_argument("--json", action="store_true", help="print it as JSON, under keys that stay the same")
    logs = actions.add_parser(
        "logs",
        help="the end of its log",
        description="Print the end of the service's log, which systemd's journal keeps.",
    )
    logs.set_defaults(run=_logs)
    logs.add_argument("-f", "--follow", action="store_true", help="go on as it is written")
    logs.add_argument("-n", "--lines", type=int, default=100, help="how many lines (100)")
    cli_examples.add(actions.choices, "service")


def _install(options: argparse.Namespace) -> int:
    # Root would leave folders in somebody's checkout that its owner could not remove.
    sys.dont_write_bytecode = True
    from bot.installing import service  # noqa: PLC0415  heavy: workers import this module too

    return service.install(service.Here.real(), options.target, dry_run=options.dry_run)


def _rollback(options: argparse.Namespace) -> int:
    from bot.installing import rolling_back, service  # noqa: PLC0415  as above

    return rolling_back.roll_back(service.Here.real(), start=not options.no_start, dry_run=options.dry_run)


def _uninstall(options: argparse.Namespace) -> int:
    from bot.installing import service  # noqa: PLC0415  as above

    if options.purge and not options.yes and not options.dry_run and not _agrees_to_purge():
        sys.stderr.write("nothing was removed: without a terminal, --purge needs --yes\n")
        return FAILED
    return service.uninstall(service.Here.real(), purge=options.purge, dry_run=options.dry_run)


def _agrees_to_purge() -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write("This removes the settings and every record of what was bought. Type purge to do it: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == "purge"


def _status(options: argparse.Namespace) -> int:
    from bot.installing import looking, service  # noqa: PLC0415  as above

    return looking.status(service.Here.real(), as_json=options.json)


def _logs(options: argparse.Namespace) -> int:
    from bot.installing import looking, service  # noqa: PLC0415  as above

    return looking.logs(service.Here.real(), follow=options.follow, lines=options.lines)
