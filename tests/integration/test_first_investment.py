"""Real money: the first run on a live account waits for one tap. Real records, real worker processes, real HTTPS.

Not the whole process: its settings let `live` be true for Alpaca's own address alone, as they must.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.market import Market
from bot.offers import FIRST_INVESTMENT, Changed, Offers, Refusal, Rules
from bot.pace import StoppablePace
from bot.records import Records, now
from bot.rounds import Rounds
from broker.access import Access
from broker.gateway import Gateway
from core.account import Minimums
from core.alerts import Alert, AlertKind
from core.allocation import Allocation, Sector
from core.calendar import NEW_YORK
from core.ports import Ports
from core.routines.invest import Policy
from core.runs import Run, RunState
from sandbox.server import Sandbox
from storage import database
from storage.confirmations import Taken, Waiting
from storage.outbox import Recipient

OWNER = 1001


@dataclass(frozen=True)
class Live:
    """A live installation without its chat."""

    sandbox: Sandbox
    records: Records
    rounds: Rounds
    offers: Offers

    def at(self, hour: int, minute: int, day: int = 23) -> None:
        """Move the market's clock, and let a tick see it."""
        instant = datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK)
        self.sandbox.call(lambda world: world.clock.set(instant))
        self.rounds.tick()

    def said(self) -> list[Alert]:
        """Return everything said so far, oldest first, and count it as delivered."""
        alerts: list[Alert] = []
        while due := self.records.outbox.due(now()):
            for delivery in due:
                alerts.append(delivery.alert)
                self.records.outbox.delivered(delivery.id, None, now())
        return alerts

    def question(self) -> Waiting:
        """Return the newest question that waits for its tap."""
        return self.records.confirmations.waiting(FIRST_INVESTMENT, now())[-1]

    def orders(self) -> int:
        """Return how many orders the broker has."""
        return len(self.sandbox.call(lambda world: world.brokerage.transcript_orders()))


@pytest.fixture
def live(tmp_path: Path, authority: trustme.CA) -> Iterator[Live]:
    """Set the installation up with $250 in the account, before the open."""
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with Sandbox(cash=Decimal(250), authority=authority) as sandbox, database.open(url) as books:
        records = Records.over(books, [Recipient("telegram", str(OWNER))])
        starting = Allocation((Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 4000)))
        keys, origin = sandbox.keys, sandbox.origin("alpaca")
        gateway = Gateway(Access(origin, origin, keys.alpaca_key_id, keys.alpaca_secret_key, 8), max_workers=2)
        ports = Ports(gateway, records.ledger, StoppablePace())
        market = Market(gateway, ports.pace)
        rules = Rules(Policy(reserve=0, minimums=Minimums(100, 1000), max_per_day=None), live=True)
        try:
            yield Live(
                sandbox, records, Rounds(records, market, ports, rules, starting), Offers(records, market, ports, rules)
            )
        finally:
            gateway.close()


def test_when_it_is_due_the_plan_is_shown_once_and_nothing_is_bought(live: Live) -> None:
    live.at(9, 35)
    live.at(9, 40)
    (alert,) = live.said()
    assert alert.kind is AlertKind.CONFIRM
    assert alert.text == (
        "This is the first investment on this live account: $150 of VOO, $100 of AGG. "
        "Nothing is bought until you confirm it in Telegram."
    )
    assert alert.confirmation == live.question().token
    assert live.orders() == 0


def test_the_tap_makes_it_the_days_run_and_later_days_ask_no_more(live: Live) -> None:
    live.at(9, 35)
    taken = live.records.confirmations.use(live.question().token, OWNER, now())
    assert isinstance(taken, Taken)
    run = live.offers.take(taken.payload)
    assert isinstance(run, Run)
    assert (run.key.number, run.state) == (0, RunState.DONE)
    live.sandbox.call(lambda world: world.brokerage.deposit(Decimal(100)))
    live.at(9, 35, day=24)
    assert live.orders() == 4
    assert [alert.kind for alert in live.said()] == [AlertKind.CONFIRM, AlertKind.EXECUTED, AlertKind.EXECUTED]


def test_declined_it_is_a_skipped_day_and_the_next_day_asks_again(live: Live) -> None:
    live.at(9, 35)
    live.offers.decline(live.question().payload)
    live.at(9, 45)
    assert [alert.kind for alert in live.said()] == [AlertKind.CONFIRM, AlertKind.SKIPPED]
    live.at(9, 35, day=24)
    assert live.said()[0].kind is AlertKind.CONFIRM
    assert live.orders() == 0


def test_without_a_tap_the_day_is_missed_and_says_why(live: Live) -> None:
    live.at(9, 35)
    live.said()
    live.at(15, 46)
    (alert,) = live.said()
    assert alert.text.startswith(
        "Investing was missed on 2026-11-23: nobody confirmed the first investment on this live account."
    )
    assert live.orders() == 0


def test_when_the_cash_has_changed_since_the_tap_shows_the_new_plan_instead(live: Live) -> None:
    live.at(9, 35)
    live.sandbox.call(lambda world: world.brokerage.deposit(Decimal(50)))
    changed = live.offers.take(live.question().payload)
    assert isinstance(changed, Changed)
    assert changed.offer.plan.cash == 300_00
    assert live.orders() == 0


def test_too_late_a_tap_is_refused(live: Live) -> None:
    live.at(9, 35)
    question = live.question()
    assert question.expires - now() < timedelta(hours=6, minutes=11)
    live.sandbox.call(lambda world: world.clock.set(datetime(2026, 11, 23, 15, 46, tzinfo=NEW_YORK)))
    assert isinstance(live.offers.take(question.payload), Refusal)
    assert live.orders() == 0


def test_too_little_cash_is_skipped_without_a_question(live: Live) -> None:
    live.sandbox.call(lambda world: world.brokerage.withdraw(Decimal("249.50")))
    live.at(9, 35)
    assert [alert.kind for alert in live.said()] == [AlertKind.SKIPPED]
