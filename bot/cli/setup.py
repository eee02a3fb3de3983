"""The commands from the demo to real money. As `bot.cli.main`, this stays light: workers import it too."""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.cli import examples as cli_examples
from bot.exits import FAILED

_VALUES = {
    "alpaca_key_id": "alpaca.key_id",
    "alpaca_url": "alpaca.trading_url",
    "alpaca_data_url": "alpaca.data_url",
    "telegram_owner_id": "telegram.owner_ids",
    "telegram_url": "telegram.api_url",
    "vonage_api_key": "vonage.api_key",
    "vonage_host": "vonage.rest_host",
    "sms_sender": "vonage.sender",
    "sms_recipient": "vonage.recipient",
    "storage_url": "storage.url",
    "reserve": "investing.reserve",
    "max_per_day": "investing.max_per_day",
}
"""Which option gives which key of the settings."""

_SECRETS = {
    "alpaca_secret_key_file": "alpaca.secret_key",
    "telegram_token_file": "telegram.token",
    "vonage_api_secret_file": "vonage.api_secret",
}

_INIT = """\
examples:
  allocator init                                     asks for everything, tries each answer at once
  allocator init --preset moderate --max-per-day 500 asks for the rest
  ALLOCATOR_ALPACA__SECRET_KEY=... allocator init --yes --no-sms --telegram-owner-id 12345 --preset moderate

Secrets are not options, because every user of a machine sees the options of every program. They are read from
ALLOCATOR_ALPACA__SECRET_KEY, ALLOCATOR_TELEGRAM__TOKEN and ALLOCATOR_VONAGE__API_SECRET, from the first line of a
file, or from a line of standard input where the file is - ; each other answer can come from such a variable too.

exit codes: 0 written; 1 something is missing or was refused, and nothing was written; 2 it was called wrongly, or the
settings cannot be used: those in the file that is there, or those that the answers make, such as --storage-url foo"""

_SERVICE = """\
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
    """Add the commands."""
    _register_init(commands)
    _register_service(commands)


def _register_init(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    init = commands.add_parser(
        "init",
        help="set up or edit the settings: asks for keys, tries each at once",
        description="Ask for keys and choices, try each with a real call, send a test alert, and write the settings "
        "with rights 0600. Run again, it edits them: what is there is kept unless you answer otherwise.",
        epilog=_INIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    init.set_defaults(run=_init)
    init.add_argument("--settings", dest="target", type=Path, metavar="FILE", help="the file to write (the one in use)")
    init.add_argument("--yes", action="store_true", help="ask nothing: keep what is there, fail on what is missing")
    init.add_argument("--no-test", action="store_true", help="send no test alert")
    init.add_argument("--alpaca-key-id", metavar="ID")
    init.add_argument("--alpaca-secret-key-file", metavar="FILE")
    init.add_argument("--live", action="store_true", help="agree to keys that move real money")
    init.add_argument("--alpaca-url", metavar="URL", help="default: wherever the keys are accepted, paper or live")
    init.add_argument("--alpaca-data-url", metavar="URL")
    init.add_argument("--telegram-token-file", metavar="FILE")
    init.add_argument("--telegram-owner-id", metavar="ID", help="your Telegram user id, several with commas")
    init.add_argument("--telegram-url", metavar="URL")
    sms = init.add_mutually_exclusive_group()
    sms.add_argument("--sms", action="store_true", default=None, help="alerts by SMS too")
    sms.add_argument("--no-sms", dest="sms", action="store_false", help="no alerts by SMS")
    init.add_argument("--vonage-api-key", metavar="KEY")
    init.add_argument("--vonage-api-secret-file", metavar="FILE")
    init.add_argument("--sms-sender", metavar="SENDER", help="a number of your Vonage account, or a name")
    init.add_argument("--sms-recipient", metavar="PHONE", help="your phone, with its country code")
    init.add_argument("--vonage-host", metavar="HOST")
    target = init.add_mutually_exclusive_group()
    target.add_argument("--preset", metavar="NAME", help="as `allocator allocation presets` lists them")
    target.add_argument("--allocation", metavar="FILE", help="a table or [[sectors]]; - for standard input")
    init.add_argument("--reserve", metavar="DOLLARS", help="cash that is never invested (0)")
    init.add_argument("--max-per-day", metavar="DOLLARS", help="the most to invest on one day, or none")
    init.add_argument("--storage-url", metavar="URL", help="the database, such as sqlite:///allocator.db")


def _register_service(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    service = commands.add_parser(
        "service",
        help="install the service under systemd, look at it, or remove it",
        description="Run Allocator as a hardened service of systemd: the program in /opt/allocator, the settings in "
        "/etc/allocator (encrypted for this machine where systemd can), the records in /var/lib/allocator.",
        epilog=_SERVICE,
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
        return _cannot("nothing was removed: without a terminal, --purge needs --yes")
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


def _preload() -> None:
    # The broker's SDK takes most of a second to load: its process begins now, beside this one's own imports.
    from broker import pool  # noqa: PLC0415  as above

    pool.preload()


def _init(options: argparse.Namespace) -> int:
    _preload()
    from bot.allocations import allocation_texts  # noqa: PLC0415  as above
    from bot.operations import logs  # noqa: PLC0415  as above
    from bot.setup import flow  # noqa: PLC0415  as above
    from bot.setup.interview import Given  # noqa: PLC0415  as above
    from bot.setup.questions import Nobody, Terminal  # noqa: PLC0415  as above

    read_from_input = [one for one in (*_SECRETS, "allocation") if getattr(options, one) == "-"]
    if len(read_from_input) > 1:
        return _cannot("only one thing can be read from standard input: give the others as files or variables")
    unreadable: list[str] = []
    values, variables = _values(options, unreadable)
    allocation = _read("--allocation", options.allocation, allocation_texts.fetch, unreadable)
    # What goes wrong is said by the wizard itself; the log knows nothing of keys that are only just typed.
    logs.configure((), level=logging.CRITICAL)
    given = Given(
        values,
        allocation,
        options.preset,
        live=options.live,
        sms=options.sms,
        test=not options.no_test,
        variables=variables,
        unreadable=tuple(unreadable),
    )
    asks = sys.stdin.isatty() and not options.yes and not read_from_input
    return flow.set_up(options.target, Terminal() if asks else Nobody(), given)


def _values(options: argparse.Namespace, unreadable: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what was given for each key, by its option, otherwise by its environment variable; and these variables."""
    given: dict[str, str] = {}
    variables: dict[str, str] = {}
    for option, key in {**_VALUES, **_SECRETS}.items():
        value: Any = getattr(options, option)
        if value is not None and option in _SECRETS:
            value = _read(f"--{option.replace('_', '-')}", value, _first_line, unreadable)
        elif value is None:
            variable = "ALLOCATOR_" + key.replace(".", "__").upper()
            value = os.environ.get(variable)
            if value:
                variables[key] = variable
        if value:
            given[key] = value.strip()
    return given, variables


def _read(option: str, name: str | None, reading: Callable[[str], str], unreadable: list[str]) -> str | None:
    """Return what an option's file says, None for no file; one that cannot be read is added to `unreadable`."""
    if name is None:
        return None
    try:
        return reading(name)
    except OSError as error:
        unreadable.append(f"{option}: {name} cannot be read: {error.strerror}")
    except ValueError as error:
        unreadable.append(f"{option}: {error}")
    return None


def _first_line(name: str) -> str:
    """Return the secret that a file holds. Raises OSError, and ValueError where there is none."""
    try:
        if name == "-":
            line = sys.stdin.readline().strip()
        else:
            with Path(name).open(encoding="utf-8") as file:
                line = file.readline().strip()
    except UnicodeDecodeError:
        raise ValueError(f"{name} is not UTF-8 text: save it as UTF-8") from None
    if not line:
        raise ValueError(f"the first line of {name} is empty: put the secret there")
    return line


def _cannot(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return FAILED
