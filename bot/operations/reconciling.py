"""`allocator reconcile`: the ledger beside the broker, and what the broker says of our orders written down."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from bot import app
from bot.app import Core
from bot.exits import FAILED, OK
from bot.records import now
from bot.settings.model import Settings
from bot.shell import commands as shell
from core.activities import Activity
from core.calendar import NEW_YORK
from core.messages.reconciliation_messages import explain
from core.orders import Order
from core.reconciling import differences as reconciliation
from core.reconciling.differences import ActivityUnkept, Difference, HoldingDiffers, OrderDiffers, OrderUnrecorded
from core.runs import RunKey
from storage import database, mending
from storage.errors import AlreadyRunning, NoDatabase

RECENT = timedelta(days=30)
"""How far back `allocator check` compares."""

PAUSES = (2.0, 3.0)
"""Seconds between looks at holdings that differ."""

_WHO = "shell"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared, and every difference in it."""

    orders: int
    activities: int
    differences: tuple[Difference, ...]

    @property
    def grave(self) -> tuple[Difference, ...]:
        """The differences that stay unless somebody acts."""
        return tuple(one for one in self.differences if reconciliation.is_grave(one))


def compare(core: Core, *, since: date | None = None) -> Comparison:
    """Compare the ledger with the broker, from a New York day on; None: from the account's first contact on.

    Changes nothing. Raises BrokerAway, and storage.errors.WrongAccount when the keys open another account.
    """
    records, broker = core.records, core.gateway
    records.check(broker.account().account_id)
    first = _first_day(core, since)
    before = {(one.key, one.order) for one in records.ledger.every_order()}
    at_broker = broker.orders(f"{records.account}-", datetime.combine(first, time(), NEW_YORK))
    every = [(one.key, one.order) for one in records.ledger.every_order()]
    # Orders that the running service sends or follows at this moment are neither here nor there: not judged.
    moving = {order.intent.client_order_id for key, order in every if (key, order) not in before}
    recent = [(key, one) for key, one in every if key.day >= first and one.intent.client_order_id not in moving]
    at_broker = tuple(order for order in at_broker if order.client_order_id not in moving)
    kept = records.ledger.activities()
    listed = broker.activities(since)
    return Comparison(
        len(recent),
        len(listed),
        (
            *reconciliation.orders(recent, at_broker, records.account),
            *_holdings(core, since),
            *reconciliation.activities(kept, listed, since=since),
        ),
    )


def _holdings(core: Core, since: date | None) -> tuple[HoldingDiffers, ...]:
    """Compare what is held, again after a pause while something differs: a fill between two readings is in one only."""
    records, broker = core.records, core.gateway
    pauses = iter(PAUSES)
    while True:
        known = {one.id: one for one in (*records.ledger.activities(), *broker.activities(since))}
        orders = [one.order for one in records.ledger.every_order()]
        differences = reconciliation.holdings(known.values(), orders, broker.positions())
        pause = next(pauses, None)
        if pause is None or not any(map(reconciliation.is_grave, differences)) or core.pace.wait(pause):
            return differences


def reconcile(settings_file: Path | None, *, fix: bool, as_json: bool = False) -> int:
    """Print how ledger and broker differ; with `fix` write the broker's word on our orders down, and compare anew."""

    def work(settings: Settings) -> int:
        if not fix:
            with (
                database.open_to_read(settings.storage.url) as books,
                app.core_over(settings, books, looking=True) as core,
            ):
                return _print(compare(core), as_json=as_json)
        file = database.file_of(settings.storage.url)
        if not file.exists():
            # To make one here would hide that it lies elsewhere: a relative path is one of the present folder.
            raise NoDatabase(file)
        try:
            with app.opened(settings) as books, app.core_over(settings, books) as core:
                _write_down(core, compare(core).differences, quiet=as_json)
                return _print(compare(core), as_json=as_json)
        except AlreadyRunning:
            shell.complain("the service is running: stop it first, then --fix may write into the ledger")
            return FAILED

    return shell.with_settings(settings_file, work)


def _first_day(core: Core, since: date | None) -> date:
    """Return from which day on orders are compared: what came before these books is not theirs."""
    met = core.records.first_start()
    first = met.astimezone(NEW_YORK).date() if met is not None else core.gateway.clock().today
    return max(first, since) if since is not None else first


def _write_down(core: Core, differences: Sequence[Difference], *, quiet: bool) -> None:
    changed: list[tuple[RunKey, Order]] = []
    late: list[tuple[RunKey, Order]] = []
    unkept: list[Activity] = []
    sectors = _sectors(core)
    for difference in differences:
        match difference:
            case OrderDiffers(key, _, becomes):
                changed.append((key, becomes))
            case OrderUnrecorded(found, key) if key is not None:
                sector = sectors.get(found.symbol, found.symbol)
                late.append((key, reconciliation.recorded_late(found, sector)))
            case ActivityUnkept(activity, _):
                unkept.append(activity)
            case _:
                pass  # Nothing of it is ours to write: a person has to look.
    records = core.records
    mending.write_down(records.database, changed, late, account=records.account, who=_WHO, at=now())
    records.ledger.keep_activities(unkept)
    say = shell.complain if quiet else shell.say
    say(f"Written down: {len(changed)} changed orders, {len(late)} orders, {len(unkept)} activities.")


def _sectors(core: Core) -> dict[str, str]:
    """Return how the sector of each symbol is called, or was called last."""
    named = {record.order.intent.symbol: record.order.intent.sector for record in core.records.ledger.every_order()}
    active = core.records.allocations.active()
    if active is not None:
        named |= {sector.symbol: sector.name for sector in active[1].sectors}
    return named


def _print(compared: Comparison, *, as_json: bool) -> int:
    if as_json:
        told = {
            "agree": not compared.grave,
            "orders": compared.orders,
            "activities": compared.activities,
            "differences": [
                {"kind": type(one).__name__, "passes_by_itself": not reconciliation.is_grave(one), "text": explain(one)}
                for one in compared.differences
            ],
        }
        shell.say(json.dumps(told, indent=2))
        return FAILED if compared.grave else OK
    for difference in compared.differences:
        shell.say(f"{'differs' if reconciliation.is_grave(difference) else 'pending'}  {explain(difference)}")
    grave = len(compared.grave)
    looked = f"{compared.orders} orders, the holdings and {compared.activities} activities were compared"
    if grave:
        shell.say(f"{looked}: {grave} difference{'s' if grave != 1 else ''} to look after.")
        return FAILED
    shell.say(f"{looked}: the ledger and Alpaca agree.")
    return OK
