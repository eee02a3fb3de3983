"""The way through `allocator init`: every answer tried, a test alert, and only then the file, whole or not at all."""

import os
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.exits import FAILED, MISCONFIGURED, OK
from bot.installing import places
from bot.settings.file import FILE_NAME, SETTINGS_VARIABLE, SettingsError, checked, usual_file
from bot.settings.model import Settings
from bot.setup import alerting, books, brokerage, chat, judging, limits, target, texting
from bot.setup.interview import Given, Interview, Stopped
from bot.setup.questions import Prompter, Unanswered
from bot.setup.settings_text import CannotEdit, Changes, Section, edited
from bot.setup.writing import write_private
from bot.shell import commands as shell
from core.allocation import Allocation, AllocationError, Sector, parse_weight

TEMPLATE = Path(__file__).parents[2] / "settings.example.toml"


def set_up(settings_file: Path | None, prompter: Prompter, given: Given) -> int:
    """Ask, try, and write the settings; return the exit code. Until the end nothing is written."""
    try:
        named = os.environ.get(SETTINGS_VARIABLE)
        path = settings_file or (Path(named) if named else usual_file()) or Path(FILE_NAME)
        _set_up(path, prompter, given)
    except (Stopped, Unanswered, SettingsError, CannotEdit) as error:
        shell.complain(f"{error}\nNothing was written.")
        return MISCONFIGURED if isinstance(error, SettingsError | CannotEdit) else FAILED
    except (EOFError, KeyboardInterrupt):
        shell.complain("\nEnded before the end: nothing was written.")
        return FAILED
    except OSError as error:
        shell.complain(f"{error.filename or path}: {error.strerror}. The settings are as they were.")
        return FAILED
    return OK


def _set_up(path: Path, prompter: Prompter, given: Given) -> None:
    new = not path.exists()
    text = _read(TEMPLATE if new else path)
    present = {} if new else _present(text, path)
    keys = " Enter keeps what is in brackets; Ctrl-C ends it, and nothing is written." if prompter.is_person else ""
    prompter.say(f"This {'writes' if new else 'edits'} {path}.{keys}\n")
    interview, standing = Interview(prompter, given, present), _standing(present)
    judging.judge(interview, standing)
    alpaca, access = brokerage.ask(interview)
    telegram = chat.ask(interview)
    vonage = texting.ask(interview)
    url = books.address(interview, live=alpaca["live"] is True)
    in_force = books.in_force(interview, url)
    allocation = target.ask(interview, access, standing, in_force)
    values: dict[str, Section] = {
        "alpaca": alpaca,
        "telegram": telegram,
        "investing": limits.ask(interview, allocation, in_force.allocation if in_force is not None else None),
        "storage": {"url": url},
    }
    if vonage is not None:
        values["vonage"] = vonage
    changes = Changes(
        values,
        without=() if vonage is not None else ("vonage",),
        sectors=None if allocation == standing else allocation.sectors,
    )
    while True:
        result = edited(text, changes)
        settings = checked(result, path)
        if not given.test or alerting.is_done(prompter, settings):
            break
        values["telegram"] = chat.change(interview)
        if vonage is not None:
            values["vonage"] = texting.change(interview)
    running = any(books.is_worked_on(one) for one in {url, interview.standing(books.STORAGE_URL.key) or url})
    write_private(path, result)
    prompter.say(_next(path, settings, running=running))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text: save it as UTF-8") from None


def _present(text: str, path: Path) -> dict[str, Any]:
    try:
        present = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}. Mend it, or put it aside to begin anew") from None
    for name in ("alpaca", "telegram", "vonage", "investing", "storage"):
        if not isinstance(present.get(name, {}), dict):
            raise SettingsError(f"{path}: {name} is no section: mend that, or put the file aside to begin anew")
    return present


def _standing(present: dict[str, Any]) -> Allocation | None:
    """Return the allocation of the file; None where there is none, or none that could be kept."""
    try:
        rows = present["sectors"]
        return Allocation(tuple(Sector(one["name"], one["symbol"], parse_weight(str(one["weight"]))) for one in rows))
    except (AllocationError, KeyError, TypeError, ValueError):
        return None


def _next(path: Path, settings: Settings, *, running: bool) -> str:
    money = "REAL MONEY" if settings.alpaca.live else "paper money"
    named = "" if path == Path(FILE_NAME) else f" --settings {path}"
    program = _program()
    written = f"\n{path} is written, with rights 0600. It is about {money}."
    if running:
        return f"""{written}
The service is running: restart the service so that it takes the new settings. Under systemd:
  sudo systemctl restart {places.NAME}
or, where it runs in a terminal, Ctrl-C there and then:
  {program} run{named}"""
    return f"""{written} What comes next:
  {program} check{named}
      tries everything once more
  {program} invest --dry-run{named}
      shows what it would buy, sends nothing
  sudo {program} service install{named}
      runs it from now on, and after every restart of the machine; or, here and until Ctrl-C:
  {program} run{named}
On a trading day it invests five minutes after the open; write /status to the bot at any time."""


def _program() -> str:
    """Return how this program is called from here, by sudo too, which looks for programs in fewer places."""
    called = Path(sys.argv[0])
    if called.name != "allocator" or called.parent == places.COMMAND.parent:
        return "allocator"
    absolute = called.absolute()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(absolute)
