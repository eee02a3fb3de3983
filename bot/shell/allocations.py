"""`allocator allocation`: the target in the shell, shown, checked, and changed under the same checks as in the chat."""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from bot import app
from bot.allocations import allocation_texts, presets
from bot.allocations.allocation_texts import Unusable
from bot.app import Core
from bot.exits import FAILED, MISCONFIGURED, OK
from bot.records import ACCOUNT, now
from bot.settings.model import Settings
from bot.shell import commands as shell
from core import investing, money
from core.account import Asset, Minimums
from core.alerts import Table
from core.allocation import Allocation, hundredths
from core.drafting import change as allocation_change
from core.messages import allocation_messages
from core.money import Cents
from storage import database
from storage.allocations import Allocations, Version
from storage.errors import NoDatabase

WHO = "shell"


def show(settings_file: Path | None, *, as_json: bool) -> int:
    """Print the active allocation; before the first start, the one that the settings start with."""

    def work(settings: Settings) -> int:
        version = _stored(settings)
        allocation = version.allocation if version is not None else settings.allocation
        if as_json:
            shell.say(json.dumps({**_of_version(version), "sectors": _sectors(allocation)}, indent=2))
            return OK
        if version is None:
            shell.say("Not stored yet: the service starts with these sectors of the settings.")
        else:
            shell.say(f"Version {version.number}, set by {version.by} on {version.at:%Y-%m-%d %H:%M} UTC.")
        _print(_table(allocation))
        return OK

    return shell.with_settings(settings_file, work)


def check(settings_file: Path | None, name: str, *, as_json: bool) -> int:
    """Read an allocation, ask the broker about every fund, and print what it would change; nothing is stored."""

    def work(settings: Settings) -> int:
        version = _stored(settings)
        active = version.allocation if version is not None else settings.allocation
        wanted = _fetched(name, active)
        with closing(app.gateway(settings)) as gateway:
            assets = wanted if isinstance(wanted, Unusable) else allocation_texts.check_funds(gateway, wanted)
        if isinstance(wanted, Unusable):
            return _refused(wanted, as_json=as_json)
        if isinstance(assets, Unusable):
            return _refused(assets, as_json=as_json)
        if as_json:
            needed = investing.need(wanted, settings.investing.minimums, assets)
            told = {"ok": True, "problems": [], "sectors": _sectors(wanted), "needs_cents": needed.cash}
            shell.say(json.dumps(told, indent=2))
            return OK
        rules = settings.investing
        _explain(active, wanted, assets, minimums=rules.minimums, limit=rules.max_per_day)
        return OK

    return shell.with_settings(settings_file, work)


def set_to(settings_file: Path | None, name: str, *, asks: bool) -> int:
    """Make an allocation the active one, under the service's lock: beside the running service the chat does it."""

    def work(settings: Settings) -> int:
        # The lock first: whoever has typed a confirmation should not hear only then that it cannot be.
        with app.opened(settings) as books, app.core_over(settings, books) as core:
            active = core.records.allocations.active()
            wanted = _fetched(name, active[1] if active is not None else settings.allocation)
            if isinstance(wanted, Unusable):
                return _refused(wanted)
            return _set(settings, core, wanted, asks=asks)

    return shell.with_settings(settings_file, work)


def list_presets(*, as_json: bool) -> int:
    """Print the allocations to start from."""
    try:
        every = presets.load(presets.shipped())
    except presets.BadPresets as error:
        shell.complain(str(error))
        return MISCONFIGURED
    if as_json:
        listed = [
            {"key": one.key, "name": one.name, "description": one.description, "sectors": _sectors(one.allocation)}
            for one in every
        ]
        shell.say(json.dumps(listed, indent=2))
        return OK
    for one in every:
        shell.say(f"{one.key}: {one.description}")
        _print(_table(one.allocation))
        shell.say("")
    return OK


def _set(settings: Settings, core: Core, wanted: Allocation, *, asks: bool) -> int:
    records = core.records
    active = records.allocations.active()
    number, old = active if active is not None else (0, None)
    if allocation_change.is_the_same(old, wanted):
        shell.say(allocation_messages.same_as_active(number))
        return OK
    changes = allocation_change.compare(old, wanted)
    what = f"allocation: {allocation_change.in_words(changes)}"
    assets = allocation_texts.check_funds(core.gateway, wanted)
    if isinstance(assets, Unusable):
        records.audit.note(WHO, what, f"refused: {'; '.join(assets.problems)}", now())
        return _refused(assets)
    policy = core.rules.policy
    if asks:
        _explain(old, wanted, assets, minimums=policy.minimums, limit=policy.max_per_day, to=shell.complain)
        live = "on the LIVE account " if core.rules.live else ""
        shell.complain(f"Make it {live}active? [y/N] ", end="")
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            records.audit.note(WHO, what, "declined", now())
            shell.complain("The allocation stays as it is.")
            return FAILED
    under_way = bool(records.ledger.unfinished())
    stored = records.allocations.set(wanted, WHO, "set in the shell", now())
    records.audit.note(WHO, what, f"done: version {stored}", now())
    records.outbox.say(allocation_messages.changed("the shell", stored, changes), now())
    asyncio.run(shell.tell(settings, core))
    shell.say(allocation_messages.takes_effect(stored, run_under_way=under_way))
    return OK


def _stored(settings: Settings) -> Version | None:
    """Return the active version without changing anything, None where none is stored yet."""
    try:
        with database.open_to_read(settings.storage.url) as books:
            newest = Allocations(books, ACCOUNT).history(1)
            return newest[0] if newest else None
    except NoDatabase:
        return None


def _fetched(name: str, known: Allocation) -> Allocation | Unusable:
    try:
        return allocation_texts.read(allocation_texts.fetch(name), known)
    except OSError as error:
        return Unusable((f"{name} cannot be read: {error.strerror}",))
    except ValueError as error:
        return Unusable((str(error),))


def _refused(unusable: Unusable, *, as_json: bool = False) -> int:
    if as_json:
        shell.say(json.dumps({"ok": False, "problems": list(unusable.problems)}, indent=2))
    else:
        shell.complain("\n  ".join(("this allocation cannot be used:", *unusable.problems)))
    return FAILED


def _explain(
    old: Allocation | None,
    wanted: Allocation,
    assets: Mapping[str, Asset],
    *,
    minimums: Minimums,
    limit: Cents | None,
    to: Callable[[str], None] = shell.say,
) -> None:
    """Say what an allocation changes, and from how much cash on it is invested."""
    changes = allocation_change.compare(old, wanted)
    needed = investing.need(wanted, minimums, assets)
    to(_laid_out(allocation_change.table(changes)))
    for note in allocation_change.notes(changes):
        to(note)
    to(f"A run needs {money.as_text(needed.cash)} of cash with it.")
    if limit is not None and limit < needed.cash:
        to(allocation_messages.beyond_limit(needed, limit))


def _of_version(version: Version | None) -> dict[str, Any]:
    if version is None:
        return {"version": None, "set_by": "settings", "set_at": None}
    return {"version": version.number, "set_by": version.by, "set_at": version.at.isoformat()}


def _sectors(allocation: Allocation) -> list[dict[str, Any]]:
    return [{"name": one.name, "symbol": one.symbol, "weight_basis_points": one.weight} for one in allocation.sectors]


def _table(allocation: Allocation) -> Table:
    rows = tuple((one.name, one.symbol, hundredths(one.weight)) for one in allocation.sectors)
    return Table(("Sector", "Symbol", "Weight"), rows)


def _print(table: Table) -> None:
    shell.say(_laid_out(table))


def _laid_out(table: Table) -> str:
    rows = [table.columns, *table.rows, *table.totals]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.columns))]
    lines = [
        "  ".join(f"{cell:>{widths[place]}}" if place else f"{cell:<{widths[place]}}" for place, cell in enumerate(row))
        for row in rows
    ]
    return "\n".join(lines)
