"""The broker's, the phone's and the ledger's accounts of a day, held against each other."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlmodel import select

from bot.channels.sms import words_of
from bot.views import alerts as views
from core.alerts import AlertKind
from core.orders import OrderState
from core.runs import RunState
from sandbox.world import World
from storage import database
from storage.outbox_tables import AlertRow, DeliveryRow, DeliveryState
from storage.rows import alert_of
from tests.crash.person import Person

NEVER_THERE = (OrderState.NOT_SENT, OrderState.REJECTED)

OF_RUNS = {
    # The purchases of a rebalancing are a run of their own, which ends with the alert of its sales.
    ("invest", "rebalance"): {AlertKind.EXECUTED, AlertKind.SKIPPED, AlertKind.MISSED, AlertKind.FAILED},
    ("close_report",): {AlertKind.CLOSE_REPORT},
    ("variance",): {AlertKind.VARIANCE},
}


@dataclass(slots=True)
class Accounts:
    """What was counted; `faults` says each thing that must not be, in words."""

    kills: int = 0
    duplicate_orders: int = 0
    lost_orders: int = 0
    lost_alerts: int = 0
    lost_changes: int = 0
    duplicated_alerts: int = 0
    bad_stops: int = 0
    days: int = 0
    orders: int = 0
    sales: int = 0
    alerts: int = 0
    changes: int = 0
    lost_taps: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Accounts") -> None:
        """Count another day's in."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    @property
    def held(self) -> bool:
        """Whether nothing was lost, and nothing was ordered twice. An alert twice is better than none."""
        return not (
            self.duplicate_orders + self.lost_orders + self.lost_alerts + self.lost_changes + self.bad_stops
            or self.faults
        )

    def lines(self) -> list[str]:
        """Return the figures, one a line: a name and a value."""
        return [f"{one.name} {getattr(self, one.name)}" for one in fields(self) if one.name != "faults"]


def compare(world: World, books: Path, person: Person) -> Accounts:
    """Return what the three accounts of a day come to."""
    found = Accounts(days=1)
    with sqlite3.connect(books) as ledger:
        _orders(found, ledger, world)
        _runs(found, ledger)
        _rebalancings(found, ledger)
        _changes(found, ledger, person)
    ledger.close()
    _alerts(found, books, world)
    return found


def _orders(found: Accounts, ledger: sqlite3.Connection, world: World) -> None:
    at_broker = world.brokerage.transcript_orders()
    ids = Counter(str(order["client_order_id"]) for order in at_broker)
    intents = {
        identity: (state, filled)
        for identity, state, filled in ledger.execute('SELECT client_order_id, state, filled_quantity FROM "order"')
    }
    found.orders = len(at_broker)
    if (cash := world.brokerage.account().cash) < 0:
        found.faults.append(f"more was bought than there was: the cash is {cash}")
    for identity, times in ids.items():
        if times > 1 or identity not in intents:
            found.duplicate_orders += 1
            known = intents.get(identity)
            found.faults.append(f"the broker has the order {identity} {times} times; the ledger: {known}")
    bought: dict[str, Any] = {str(order["client_order_id"]): order for order in at_broker}
    for identity, (state, filled) in intents.items():
        order = bought.get(identity)
        agreed = order is None if state in NEVER_THERE else order is not None and filled == order["filled_qty"]
        if not agreed or not OrderState(state).is_final:
            found.lost_orders += 1
            found.faults.append(f"the ledger has the order {identity} as {state}, filled {filled}; the broker: {order}")


def _runs(found: Accounts, ledger: sqlite3.Connection) -> None:
    """Every run has ended, and was said."""
    runs = ledger.execute("SELECT routine, number, state FROM run").fetchall()
    said = Counter(kind for (kind,) in ledger.execute("SELECT kind FROM alert"))
    for routine, number, state in runs:
        if not RunState(state).is_final:
            found.lost_orders += 1
            found.faults.append(f"the run {routine} {number} never ended: it is {state}")
    for routines, kinds in OF_RUNS.items():
        lacking = sum(one in routines for one, _, _ in runs) - sum(said[kind] for kind in kinds)
        if lacking > 0:
            found.lost_alerts += lacking
            found.faults.append(f"{lacking} runs of {' and '.join(routines)} were never said")


def _rebalancings(found: Accounts, ledger: sqlite3.Connection) -> None:
    """Each symbol is sold once and bought once at most, and no more is bought than the sales and free cash pay for."""
    orders = ledger.execute(
        "SELECT run.routine, run.day, run.number, run.cash, symbol, side, notional, filled_quantity, filled_price "
        "FROM \"order\" JOIN run ON run.id = run_id WHERE run.routine IN ('rebalance', 'rebuy')"
    ).fetchall()
    for (*run, symbol), times in Counter((*one[:3], one[4]) for one in orders).items():
        if times > 1:
            found.duplicate_orders += 1
            found.faults.append(f"{symbol} has {times} orders in the run {run}")
    has, spent = dict[tuple[str, int], Decimal](), Counter[tuple[str, int]]()
    for routine, day, number, cash, symbol, side, cents, quantity, price in orders:
        if side != {"rebalance": "sell", "rebuy": "buy"}[routine]:
            found.faults.append(f"{routine} {number} has the order of {symbol} as a {side}")
        if routine == "rebuy":
            spent[day, number] += cents
        else:
            found.sales += 1
            brought = Decimal(quantity) * Decimal(price or 0) * 100
            has[day, number] = has.get((day, number), Decimal(cash)) + brought
    for key, cents in spent.items():
        if cents > has.get(key, 0):
            found.faults.append(f"the rebalancing {key} bought for {cents} cents, and had {has.get(key, 0)}")


def _changes(found: Accounts, ledger: sqlite3.Connection, person: Person) -> None:
    """Every tap that counted has its version, its line in the audit and its alert, and every answer tells the truth."""
    tokens = Counter(kind for (kind,) in ledger.execute("SELECT kind FROM pending WHERE used_at IS NOT NULL"))
    versions = {
        "limits": _count(ledger, "choice_version WHERE subject = 'limits' AND set_by LIKE 'telegram user %'"),
        "allocation": _count(ledger, "allocation_version WHERE set_by LIKE 'telegram user %'"),
    }
    noted = {
        "limits": _count(ledger, "audit WHERE what LIKE 'limits %' AND outcome NOT LIKE 'refused: %'"),
        "allocation": _count(ledger, "audit WHERE what LIKE 'allocation: %' AND outcome LIKE 'done: %'"),
    }
    # A second question, asked because no answer came to the first, is answered so once the first was acted on.
    moved_on = {
        "limits": _count(ledger, "audit WHERE what LIKE 'limits %' AND outcome LIKE 'refused: %'"),
        "allocation": _count(ledger, "audit WHERE what LIKE 'allocation: %' AND outcome LIKE 'refused: version %'"),
    }
    found.changes = sum(versions.values())
    for kind, made in versions.items():
        lost = tokens[kind] - made - moved_on[kind]
        if lost > 0:
            found.lost_changes += lost
            found.faults.append(f"{lost} confirmed changes of {kind} were used up and never made")
        if made != noted[kind]:
            found.lost_changes += 1
            found.faults.append(f"{made} changes of {kind} were made, {noted[kind]} are in the audit")
    said = _count(ledger, f"alert WHERE kind = '{AlertKind.CHANGED}'")
    if said < found.changes:
        found.lost_changes += 1
        found.faults.append(f"{found.changes} changes were made, and {said} were said")
    runs = _count(ledger, "run WHERE routine = 'invest'")
    # What a tap on /invest was used for is a run, or a refusal that the chat has said.
    found.lost_taps = max(0, tokens["invest"] - runs)
    for deed in person.deeds:
        found.lost_changes += 1
        found.faults.append(f"the owner never got an answer to {deed.words!r}")


def _alerts(found: Accounts, books: Path, world: World) -> None:
    """What the ledger says was said is what the phone shows, at least as often."""
    telegram, sms, pictures = _said(found, books)
    calls = [seen for seen in world.telegram.requests_seen if seen.status == 200]
    shown = Counter(seen.parameters.get("text", "") for seen in calls if seen.method.lower() == "sendmessage")
    texted = Counter(message.text for message in world.sms.messages)
    drawn = Counter({"a picture": sum(seen.method.lower() == "sendphoto" for seen in calls)})
    for name, said, heard in (("Telegram", telegram, shown), ("SMS", sms, texted), ("Telegram", pictures, drawn)):
        for text, times in said.items():
            found.alerts += times
            if heard[text] < times:
                found.lost_alerts += times - heard[text]
                found.faults.append(f"{name} shows {heard[text]} times what was said {times} times: {text[:90]!r}")
            found.duplicated_alerts += max(0, heard[text] - times)


def _said(found: Accounts, books: Path) -> tuple[Counter[str], Counter[str], Counter[str]]:
    by: dict[str, Counter[str]] = {"telegram": Counter(), "sms": Counter(), "picture": Counter()}
    with database.open_to_read(f"sqlite:///{books}") as opened, opened.reading() as session:
        alerts = {row.id: alert_of(row) for row in session.exec(select(AlertRow))}
        for row in session.exec(select(DeliveryRow)):
            alert = alerts[row.alert_id]
            if row.state != DeliveryState.DELIVERED:
                found.lost_alerts += 1
                found.faults.append(f"{row.channel} part {row.part} is {row.state}, not delivered: {alert.text[:90]!r}")
            elif row.part:
                by["picture"]["a picture"] += 1
            else:
                by[row.channel].update(_words(row.channel, alert))
    return by["telegram"], by["sms"], by["picture"]


def _words(channel: str, alert: Any) -> Iterable[str]:
    return views.alert(alert) if channel == "telegram" else (words_of(alert),)


def _count(ledger: sqlite3.Connection, what: str) -> int:
    (count,) = ledger.execute(f"SELECT count(*) FROM {what}").fetchone()  # noqa: S608  our own words
    return int(count)
