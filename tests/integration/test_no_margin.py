"""No margin, ever: whatever an account could borrow, nothing is bought but with cash that is there."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.records import now
from bot.routines.offers import Offer, Refusal
from bot.routines.rebalancing import Proposal
from core.allocation import Allocation, Sector
from core.rebalancing.rules import OnBreach, Rules
from core.schedule import Routine
from sandbox.alpaca.account import Account
from sandbox.alpaca.entries import EntryKind
from sandbox.alpaca.orders import Side
from sandbox.world import World
from tests.integration.installation import Installation, installed

STOCKS, BONDS = Sector("Stocks", "VOO", 7000), Sector("Bonds", "AGG", 3000)
TURNED = Allocation((Sector("Stocks", "VOO", 3000), Sector("Bonds", "AGG", 7000)))
RESERVE = Decimal(50)


@pytest.fixture
def one(tmp_path: Path, authority: trustme.CA) -> Iterator[Installation]:
    """Set up $250 of cash with a reserve of $50, at a broker that would lend three times as much on top."""
    with installed(tmp_path, authority, sectors=(STOCKS, BONDS), reserve=50_00) as installation:
        installation.sandbox.call(_lend)
        installation.tick()
        yield installation


def _lend(world: World) -> None:
    world.brokerage.multiplier = 4


def account(one: Installation) -> Account:
    return one.sandbox.call(lambda world: world.brokerage.account())


def owe(one: Installation, dollars: int) -> None:
    """Let the broker book a fee, which is paid whatever cash there is."""
    one.sandbox.call(lambda world: world.brokerage.enter(EntryKind.FEE, Decimal(-dollars)))


def invested(one: Installation) -> None:
    """Let Monday's investing spend all but the reserve, and stand on Tuesday after the open, far from the target."""
    one.at(9, 35)
    one.at(16, 30)
    one.set_clock(9, 32, day=24)
    one.said()


def rebalanced(one: Installation) -> str:
    """Turn the allocation around, rebalance at the owner's word, and return what is said of it."""
    one.records.allocations.set(TURNED, "owner", "a test", now())
    proposal = one.rebalancing.make()
    assert isinstance(proposal, Proposal), proposal
    one.rebalancing.carry_out(proposal)
    return next(alert.text for alert in reversed(one.said()) if "rebalanced" in alert.text)


def moved(one: Installation) -> tuple[Decimal, Decimal]:
    """Return the dollars that the rebalancing's sales brought, and those that it ordered for."""
    orders = one.sandbox.call(lambda world: list(world.brokerage.orders()))
    ours = [order for order in orders if "-re" in order.request.client_order_id]
    sold = sum((order.spent for order in ours if order.request.side is Side.SELL), Decimal(0))
    bought = [order.request.notional for order in ours if order.request.side is Side.BUY]
    return sold, sum((dollars or Decimal(0) for dollars in bought), Decimal(0))


def test_the_broker_of_these_tests_would_lend(one: Installation) -> None:
    there = account(one)
    assert (there.cash, there.means.buying_power) == (Decimal(250), Decimal(1000))


def test_the_days_investing_spends_the_cash_less_the_reserve_and_no_credit(one: Installation) -> None:
    one.at(9, 35)
    (run,) = one.records.ledger.runs_on(Routine.INVEST, date(2026, 11, 23))
    assert sum(order.intent.notional for order in run.orders) == 200_00
    assert account(one).cash >= RESERVE


def test_an_offer_to_invest_is_of_the_cash_less_the_reserve(one: Installation) -> None:
    one.set_clock(9, 32)
    offer = one.offers.make()
    assert isinstance(offer, Offer), offer
    assert offer.plan.cash == 200_00
    one.offers.carry_out(offer)
    assert account(one).cash >= RESERVE
    assert isinstance(one.offers.make(), Refusal)


def test_a_rebalancing_buys_for_what_its_sales_brought_and_leaves_the_reserve(one: Installation) -> None:
    invested(one)
    assert account(one).means.buying_power > 400
    rebalanced(one)
    sold, bought = moved(one)
    assert 0 < bought <= sold
    assert account(one).cash >= RESERVE


def test_a_rebalancing_fills_the_reserve_up_first_and_says_so(one: Installation) -> None:
    invested(one)
    owe(one, 30)
    words = rebalanced(one)
    sold, bought = moved(one)
    assert 0 < bought <= sold - 30
    assert account(one).cash >= RESERVE
    assert "of what is sold fills the reserve up" in words
    assert "reserve and debts go first" in words


def test_with_negative_cash_the_days_investing_buys_nothing_and_says_why(one: Installation) -> None:
    invested(one)
    owe(one, 90)
    there = account(one)
    assert there.cash < 0 < there.means.buying_power
    before = one.orders()
    one.at(9, 35, day=24)
    assert one.orders() == before
    (words,) = (alert.text for alert in one.said())
    assert words.startswith("Not enough cash to invest today: $0 is available")
    assert re.search(r"The account owes Alpaca \$4\d(\.\d\d)?, which new cash pays first\.$", words)


def test_with_negative_cash_no_offer_to_invest_is_made_and_it_says_why(one: Installation) -> None:
    invested(one)
    owe(one, 90)
    refusal = one.offers.make()
    assert isinstance(refusal, Refusal)
    assert "$0 is available" in refusal.text
    assert "The account owes Alpaca $" in refusal.text


def test_sales_that_do_not_pay_a_debt_buy_nothing_and_say_so(one: Installation) -> None:
    invested(one)
    owe(one, 150)
    words = rebalanced(one)
    sold, bought = moved(one)
    assert 0 < sold < 100
    assert bought == 0
    assert account(one).means.buying_power > 0
    assert "Nothing was bought." in words
    assert "$0 could be spent: reserve and debts go first." in words


def test_a_rebalancing_by_the_owners_rules_pays_the_debt_first_too(one: Installation) -> None:
    invested(one)
    owe(one, 150)
    one.records.allocations.set(TURNED, "owner", "a test", now())
    at = one.sandbox.call(lambda world: world.clock.now())
    assert one.records.replace_rebalancing(0, Rules(trigger=OnBreach()), "owner", "a test", at)
    one.at(9, 36, day=24)
    sold, bought = moved(one)
    assert bought == 0 < sold
    assert any("Nothing was bought." in alert.text for alert in one.said())
