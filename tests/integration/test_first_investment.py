"""Real money: the first run on a live account waits for one tap. Real records, real worker processes, real HTTPS.

Not the whole process: its settings let `live` be true for Alpaca's own address alone, as they must.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.records import now
from bot.routines.offers import FIRST_INVESTMENT, Changed, Refusal
from broker.gateway import Gateway
from core.account import Account
from core.alerts import AlertKind
from core.allocation import Sector
from core.ports import Broker
from core.rebalancing.rules import OnCalendar, Period
from core.rebalancing.rules import Rules as RebalancingRules
from core.runs import Run, RunState
from sandbox.server import Sandbox
from storage.confirmations import Taken, Waiting
from tests.integration.installation import OWNER, Installation, installed

SECTORS = (Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 4000))


@pytest.fixture
def live(tmp_path: Path, authority: trustme.CA) -> Iterator[Installation]:
    """Set a live installation up."""
    with installed(tmp_path, authority, sectors=SECTORS, live=True) as installation:
        yield installation


def question(live: Installation) -> Waiting:
    """Return the newest question that waits for its tap."""
    return live.records.confirmations.waiting(FIRST_INVESTMENT, now())[-1]


def test_when_it_is_due_the_plan_is_shown_once_and_nothing_is_bought(live: Installation) -> None:
    live.at(9, 35)
    live.at(9, 40)
    (alert,) = live.said()
    assert alert.kind is AlertKind.CONFIRM
    assert alert.text == (
        "This is the first investment on this live account: $150 of VOO, $100 of AGG. "
        "Nothing is bought until you confirm it in Telegram."
    )
    assert alert.confirmation == question(live).token
    assert live.orders() == []


def test_the_tap_makes_it_the_days_run_and_later_days_ask_no_more(live: Installation) -> None:
    live.at(9, 35)
    taken = live.records.confirmations.use(question(live).token, OWNER, now())
    assert isinstance(taken, Taken)
    run = live.offers.take(taken.payload)
    assert isinstance(run, Run)
    assert (run.key.number, run.state) == (0, RunState.DONE)
    live.sandbox.call(lambda world: world.brokerage.deposit(Decimal(100)))
    live.at(16, 6)
    live.at(9, 35, day=24)
    assert len(live.orders()) == 4
    assert [alert.kind for alert in live.said()] == [
        AlertKind.CONFIRM,
        AlertKind.EXECUTED,
        AlertKind.CLOSE_REPORT,
        AlertKind.EXECUTED,
    ]


def test_declined_it_is_a_skipped_day_and_the_next_day_asks_again(live: Installation) -> None:
    live.at(9, 35)
    live.offers.decline(question(live).payload)
    live.at(9, 45)
    assert [alert.kind for alert in live.said()] == [AlertKind.CONFIRM, AlertKind.SKIPPED]
    live.at(16, 6)
    live.at(9, 35, day=24)
    assert [alert.kind for alert in live.said()] == [AlertKind.CLOSE_REPORT, AlertKind.CONFIRM]
    assert live.orders() == []


class Receiving(Gateway):
    """A gateway whose account receives a deposit right after a tick read it for the run."""

    sandbox: Sandbox
    reads_left = 0

    def account(self) -> Account:
        """Return what the account held until now."""
        seen = super().account()
        self.reads_left -= 1
        if self.reads_left == 0:
            self.sandbox.call(lambda world: world.brokerage.deposit(Decimal(250)))
        return seen


def test_a_deposit_between_two_looks_of_one_tick_moves_no_real_money_without_a_tap(
    tmp_path: Path, authority: trustme.CA
) -> None:
    receiving: list[Receiving] = []

    def receive(gateway: Gateway) -> Broker:
        gateway.__class__ = Receiving
        assert isinstance(gateway, Receiving)
        receiving.append(gateway)
        return gateway

    with installed(tmp_path, authority, sectors=SECTORS, live=True, broker=receive) as live:
        live.tick()
        live.sandbox.call(lambda world: world.brokerage.withdraw(Decimal(250)))
        # A tick reads it first to see whose it is.
        receiving[0].sandbox, receiving[0].reads_left = live.sandbox, 2
        live.at(9, 35)
        assert [alert.kind for alert in live.said()] == [AlertKind.SKIPPED]
        assert live.orders() == []


def test_a_rebalancing_that_waits_for_the_first_tap_is_not_told_as_an_outage(live: Installation) -> None:
    at = live.sandbox.call(lambda world: world.clock.now())
    live.tick()
    weekly = RebalancingRules(trigger=OnCalendar(Period.WEEKLY, date(2026, 11, 23)))
    assert live.records.replace_rebalancing(0, weekly, "owner", "a test", at)
    for hour, minute in ((9, 35), (12, 0), (15, 46)):
        live.at(hour, minute)
    missed = [alert.text for alert in live.said() if alert.text.startswith("Rebalancing was missed")]
    assert missed == [
        "Rebalancing was missed on 2026-11-23: nothing was ever ordered on this live account, and its first order "
        "needs your tap. Nothing was sold. /rebalance can do it now."
    ]
    assert live.orders() == []


def test_without_a_tap_the_day_is_missed_and_says_why(live: Installation) -> None:
    live.at(9, 35)
    live.said()
    live.at(15, 46)
    (alert,) = live.said()
    assert alert.text.startswith(
        "Investing was missed on 2026-11-23: nobody confirmed the first investment on this live account."
    )
    assert live.orders() == []


def test_when_the_cash_has_changed_since_the_tap_shows_the_new_plan_instead(live: Installation) -> None:
    live.at(9, 35)
    live.sandbox.call(lambda world: world.brokerage.deposit(Decimal(50)))
    changed = live.offers.take(question(live).payload)
    assert isinstance(changed, Changed)
    assert changed.offer.plan.cash == 300_00
    assert live.orders() == []


def test_too_late_a_tap_is_refused(live: Installation) -> None:
    live.at(9, 35)
    asked = question(live)
    assert asked.expires - now() < timedelta(hours=6, minutes=11)
    live.set_clock(15, 46)
    assert isinstance(live.offers.take(asked.payload), Refusal)
    assert live.orders() == []


def test_too_little_cash_is_skipped_without_a_question(live: Installation) -> None:
    live.sandbox.call(lambda world: world.brokerage.withdraw(Decimal("249.50")))
    live.at(9, 35)
    assert [alert.kind for alert in live.said()] == [AlertKind.SKIPPED]
