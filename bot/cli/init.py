"""`allocator init`. As `bot.cli.main`, this stays light: workers import it too."""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

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

_EPILOG = """\
examples:
  allocator init                                     asks for everything, tries each answer at once
  allocator init --preset moderate --max-per-day 500 asks for the rest
  ALLOCATOR_ALPACA__SECRET_KEY=... allocator init --yes --no-sms --telegram-owner-id 12345 --preset moderate

Secrets are not options, because every user of a machine sees the options of every program. They are read from
ALLOCATOR_ALPACA__SECRET_KEY, ALLOCATOR_TELEGRAM__TOKEN and ALLOCATOR_VONAGE__API_SECRET, from the first line of a
file, or from a line of standard input where the file is - ; each other answer can come from such a variable too.

exit codes: 0 written; 1 something is missing or was refused, and nothing was written; 2 it was called wrongly, or the
settings cannot be used: those in the file that is there, or those that the answers make, such as --storage-url foo"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    init = commands.add_parser(
        "init",
        help="set up or edit the settings: asks for keys, tries each at once",
        description="Ask for keys and choices, try each with a real call, send a test alert, and write the settings "
        "with rights 0600. Run again, it edits them: what is there is kept unless you answer otherwise.",
        epilog=_EPILOG,
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


def _init(options: argparse.Namespace) -> int:
    # The broker's SDK takes most of a second to load: its process begins now, beside this one's own imports.
    from broker import pool  # noqa: PLC0415  heavy: workers import this module too

    pool.preload()
    from bot.allocations import allocation_texts  # noqa: PLC0415  as above
    from bot.operations import logs  # noqa: PLC0415  as above
    from bot.setup import flow  # noqa: PLC0415  as above
    from bot.setup.interview import Given  # noqa: PLC0415  as above
    from bot.setup.questions import Nobody, Terminal  # noqa: PLC0415  as above

    read_from_input = [one for one in (*_SECRETS, "allocation") if getattr(options, one) == "-"]
    if len(read_from_input) > 1:
        sys.stderr.write("only one thing can be read from standard input: give the others as files or variables\n")
        return FAILED
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
