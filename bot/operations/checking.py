"""`allocator check`: every part of the installation, examined beside the running service."""

import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from bot import app
from bot.exits import FAILED, OK
from bot.operations import check_machine, check_world
from bot.operations.findings import Finding, Verdict
from bot.settings.file import load
from bot.settings.model import Settings
from bot.shell import commands as shell
from storage import database
from storage.errors import StorageError

log = logging.getLogger(__name__)


def check(settings_file: Path | None, *, as_json: bool) -> int:
    """Print what was found, a line each, and return the exit code: 1 when anything fails."""

    def work(settings: Settings) -> int:
        found: list[Finding] = []
        for finding in examine(settings, settings_file):
            found.append(finding)
            if not as_json:
                shell.say(f"{finding.verdict:<4}  {finding.name:<13}  {finding.text}")
                sys.stdout.flush()
        if as_json:
            lines = [{"name": one.name, "verdict": one.verdict, "text": one.text} for one in found]
            shell.say(json.dumps({"ok": _is_well(found), "findings": lines}, indent=2))
        return OK if _is_well(found) else FAILED

    return shell.with_settings(settings_file, work)


def examine(settings: Settings, settings_file: Path | None) -> Iterator[Finding]:
    """Give each finding as it comes. Nothing is written anywhere, and nothing is sent that anybody would read."""
    yield from _tried("settings", lambda: check_machine.settings(load(settings_file)))
    yield from _tried("database", partial(check_machine.books, settings))
    yield from _tried("disk space", partial(check_machine.disk, settings))
    with closing(app.gateway(settings)) as gateway:
        yield from _tried("Alpaca", partial(check_world.alpaca, gateway))
    yield from _tried("Telegram", partial(check_world.telegram, settings))
    if settings.vonage is not None:
        yield from _tried("Vonage", partial(check_world.vonage, settings.vonage))
    yield from _tried("ledger", partial(_books_and_broker, settings))


def _books_and_broker(settings: Settings) -> Iterator[Finding]:
    try:
        opened = database.open_to_read(settings.storage.url)
    except StorageError:
        # Said above, with the way out.
        yield Finding("ledger", Verdict.WARN, "there is nothing to compare with Alpaca before the database is there")
        return
    with opened as books, app.core_over(settings, books, looking=True) as core:
        yield from check_world.alerts(core)
        yield from check_world.ledger(core)


def _tried(name: str, examination: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Give an examination's findings; one that breaks fails, and does not keep the others back."""
    try:
        yield from examination()
    except Exception as error:
        # Through the log, because that strikes the secrets out of the error's text.
        log.exception("%s could not be examined", name)
        yield Finding(name, Verdict.FAIL, f"it could not be examined ({type(error).__name__}): the log says more")


def _is_well(found: Iterable[Finding]) -> bool:
    return all(finding.verdict is not Verdict.FAIL for finding in found)
