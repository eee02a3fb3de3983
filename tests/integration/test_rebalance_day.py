"""Rebalancing with real records, real worker processes and a sandbox's broker: sales, then purchases, on one day."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.records import now
from bot.routines.rebalancing import Proposal
from broker.gateway import Gateway
from core.allocation import Allocation, Sector
from core.ports import BrokerAway
from core.rebalancing.rules import OnBreach, OnCalendar, Period, Rules, Trigger
from core.routines.rebuying import purchases_of
from core.runs import Run, RunKey, RunState
from core.schedule import Routine
from sandbox.alpaca import Execution
from sandbox.alpaca.entries import EntryKind
from sandbox.faults.kinds import Answer
from tests.integration.installation import Installation, installed

SECTORS = (Sector("Stocks", "VOO", 7000), Sector("Bonds", "AGG", 3000))
TURNED = Allocation((Sector("Stocks", "VOO", 3000), Sector("Bonds", "AGG", 7000)))
WITH_COINS = Allocation((Sector("Stocks", "VOO", 3000), Sector("Bonds", "AGG", 4000), Sector("Coins", "BTC/USD", 3000)))
SALES = RunKey("main", Routine.REBALANCE, date(2026, 11, 24), 1)


@pytest.fixture
def one(tmp_path: Path, authority: trustme.CA) -> Iterator[Installation]:
    """Invest on Monday, and turn the allocation around before Tuesday's open: the next day begins far from it."""
    with installed(tmp_path, authority, sectors=SECTORS) as installation:
        turned_around(installation)
        yield installation


def turned_around(one: Installation) -> None:
    one.tick()
    one.at(9, 35)
    one.at(16, 30)
    aim_at(one, TURNED)
    one.set_clock(10, 0, day=24)
    one.said()


def aim_at(one: Installation, allocation: Allocation) -> None:
    one.records.allocations.set(allocation, "owner", "a test", now())


def proposed(one: Installation) -> Proposal:
    found = one.rebalancing.make()
    assert isinstance(found, Proposal), found
    return found


def go(one: Installation) -> Run:
    return one.rebalancing.carry_out(proposed(one))


def last_words(one: Installation) -> str:
    return next(alert.text for alert in reversed(one.said()) if "rebalanced" in alert.text)


def posted(one: Installation) -> list[dict[str, str]]:
    """Return the sales that left, as they were sent."""
    seen = one.sandbox.call(lambda world: list(world.brokerage.requests_seen))
    orders = [json.loads(request.body) for request in seen if request.method == "POST"]
    return [order for order in orders if order["side"] == "sell"]


def choose(one: Installation, trigger: Trigger) -> None:
    at = one.sandbox.call(lambda world: world.clock.now())
    assert one.records.replace_rebalancing(0, Rules(trigger=trigger), "owner", "a test", at)


def test_sales_and_purchases_happen_on_the_same_day_with_exact_quantities(one: Installation) -> None:
    planned = proposed(one).undertaking.plan
    assert go(one).state is RunState.DONE
    (sent,) = posted(one)
    assert sent["qty"] == f"{planned.sales[0].quantity:f}"
    assert "notional" not in sent
    buys = one.records.ledger.run(purchases_of(SALES))
    assert buys is not None
    assert [order.intent.symbol for order in buys.orders] == ["AGG"]
    sold = sum(order.filled for order in one.records.ledger.runs_on(Routine.REBALANCE, SALES.day)[0].orders)
    assert 0 <= sold - buys.orders[0].filled <= 1
    words = last_words(one)
    assert words.startswith("The account was rebalanced. Sold $")
    assert "Realised" in words


def test_a_coin_is_not_bought_with_cash_that_has_not_settled(one: Installation) -> None:
    aim_at(one, WITH_COINS)
    go(one)
    assert not any("BTCUSD" in order for order in one.orders())
    assert "waits until the sales' cash has settled" in last_words(one)


def test_a_halted_fund_sells_nothing_and_buys_nothing(one: Installation) -> None:
    one.sandbox.call(lambda world: world.brokerage.halt("VOO"))
    assert go(one).state is RunState.FAILED
    assert "nothing has been sold, and so nothing was bought" in last_words(one)
    assert one.records.ledger.run(purchases_of(SALES)) is None


def test_a_sale_filled_in_part_buys_for_that_part_and_its_rest_is_followed(one: Installation) -> None:
    slow = Execution(parts=2, every=timedelta(hours=1))
    one.sandbox.call(lambda world: world.brokerage.executions.update(VOO=slow))
    go(one)
    sales, buys = one.records.ledger.run(SALES), one.records.ledger.run(purchases_of(SALES))
    assert sales is not None
    assert buys is not None
    assert 0 <= sales.orders[0].filled - buys.orders[0].filled <= 1
    assert buys.orders[0].filled < sales.orders[0].intent.notional
    assert "is still open" in last_words(one)
    one.set_clock(11, 30, day=24)
    one.rounds.tick()
    assert any("filled now: sold $" in alert.text for alert in one.said())


def test_a_debt_is_paid_before_anything_is_bought(one: Installation) -> None:
    one.sandbox.call(lambda world: world.brokerage.enter(EntryKind.FEE, Decimal(-50)))
    go(one)
    buys = one.records.ledger.run(purchases_of(SALES))
    assert buys is not None
    sold = sum(order.filled for order in one.records.ledger.runs_on(Routine.REBALANCE, SALES.day)[0].orders)
    assert sold - buys.orders[0].intent.notional >= 50_00
    assert one.sandbox.call(lambda world: world.brokerage.account().cash) >= 0


def test_a_breach_starts_it_once_a_day_and_never_beside_the_days_investing(one: Installation) -> None:
    choose(one, OnBreach())
    one.rounds.tick()
    one.set_clock(12, 0, day=24)
    aim_at(one, Allocation(SECTORS))
    one.rounds.tick()
    (run,) = one.records.ledger.runs_on(Routine.REBALANCE, SALES.day)
    assert (run.key.number, run.state) == (0, RunState.DONE)


def test_a_pause_and_the_last_minutes_hold_it_back(one: Installation) -> None:
    choose(one, OnBreach())
    one.records.control.pause("owner", now(), None)
    one.rounds.tick()
    one.records.control.resume("owner", now())
    one.set_clock(15, 50, day=24)
    one.rounds.tick()
    assert one.records.ledger.runs_on(Routine.REBALANCE, SALES.day) == ()


class Unready(Gateway):
    """A gateway whose senders reach nobody, as often as that is left."""

    failures_left = 0

    def prepare(self, orders: int) -> None:
        """Fail, or start the senders."""
        if self.failures_left:
            self.failures_left -= 1
            raise BrokerAway("no answer in time")
        super().prepare(orders)


def test_a_rebalancing_by_its_rules_that_could_not_begin_begins_at_the_next_tick(
    tmp_path: Path, authority: trustme.CA
) -> None:
    unready: list[Unready] = []

    def make_unready(gateway: Gateway) -> Gateway:
        gateway.__class__ = Unready
        assert isinstance(gateway, Unready)
        unready.append(gateway)
        return gateway

    with installed(tmp_path, authority, sectors=SECTORS, broker=make_unready) as one:
        turned_around(one)
        choose(one, OnBreach())
        unready[0].failures_left = 1
        with pytest.raises(BrokerAway):
            one.rounds.tick()
        assert one.records.ledger.runs_on(Routine.REBALANCE, SALES.day) == ()
        one.rounds.tick()
        (run,) = one.records.ledger.runs_on(Routine.REBALANCE, SALES.day)
        assert run.state is RunState.DONE


def test_a_calendars_day_that_passed_while_away_is_said_as_missed(one: Installation) -> None:
    choose(one, OnCalendar(Period.WEEKLY, date(2026, 11, 25)))
    one.set_clock(10, 0, day=27)
    one.rounds.tick()
    assert any(alert.text.startswith("Rebalancing was missed on 2026-11-25") for alert in one.said())
    one.rounds.tick()
    assert not any("Rebalancing was missed" in alert.text for alert in one.said())


@pytest.mark.parametrize(
    "fault", [Answer(503, "", "text/plain"), Answer(503, "", "text/plain", after_acting=True)], ids=["lost", "landed"]
)
def test_a_sale_and_a_purchase_whose_answers_are_lost_are_looked_up_and_exist_once(
    one: Installation, fault: Answer
) -> None:
    one.sandbox.call(lambda world: world.faults.set("alpaca", fault, method="POST", path="/v2/orders", times=1))
    assert go(one).state is RunState.DONE
    ours = [order for order in one.orders() if "-rebalance-" in order or "-rebuy-" in order]
    assert sorted(ours) == ["main-20261124-rebalance-1-VOO-sell", "main-20261124-rebuy-1-AGG-buy"]


def test_with_the_broker_away_between_sales_and_purchases_the_next_tick_buys(one: Installation) -> None:
    proposal = proposed(one)
    away = Answer(503, "", "text/plain")
    one.sandbox.call(lambda world: world.faults.set("alpaca", away, method="GET", path="/v2/assets/*"))
    with pytest.raises(BrokerAway):
        one.rebalancing.carry_out(proposal)
    assert [run.key.routine for run in one.records.ledger.unfinished()] == [Routine.REBALANCE]
    one.sandbox.call(lambda world: world.faults.clear())
    one.rounds.tick()
    assert one.records.ledger.unfinished() == ()
    assert last_words(one).startswith("The account was rebalanced. Sold $")
    assert len([order for order in one.orders() if "-rebuy-" in order]) == 1


def test_within_its_cooldown_a_breach_starts_nothing(one: Installation) -> None:
    at = one.sandbox.call(lambda world: world.clock.now())
    assert one.records.replace_rebalancing(0, Rules(trigger=OnBreach(), cooldown_days=30), "owner", "a test", at)
    one.rounds.tick()
    assert len(one.records.ledger.runs_on(Routine.REBALANCE, SALES.day)) == 1
    aim_at(one, Allocation(SECTORS))
    one.set_clock(12, 0, day=25)
    one.rounds.tick()
    assert one.records.ledger.runs_on(Routine.REBALANCE, date(2026, 11, 25)) == ()


def test_a_calendars_day_within_every_band_says_so_once(one: Installation) -> None:
    aim_at(one, Allocation(SECTORS))
    choose(one, OnCalendar(Period.WEEKLY, date(2026, 11, 24)))
    one.rounds.tick()
    one.rounds.tick()
    said = [alert.text for alert in one.said() if "rebalanced" in alert.text]
    assert said == ["Nothing was rebalanced today. Every sector is within its band, so there is nothing to rebalance."]
