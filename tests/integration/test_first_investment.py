"""Real money: the first run on a live account waits for one tap. Real records, real worker processes, real HTTPS.

Not the whole process: its settings let `live` be true for Alpaca's own address alone, as they must.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.records import now
from bot.routines.offers import FIRST_INVESTMENT, Changed, Refusal
from core.alerts import AlertKind
from core.allocation import Sector
from core.runs import Run, RunState
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
