"""A rebalancing in the books: what it set out to do, its two runs, and the owner's rules come back as they were."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.account import Minimums
from core.alerts import Alert, AlertKind
from core.allocation import Allocation, Sector
from core.investing import Plan
from core.orders import OrderIntent, OrderState, Side
from core.positions import Position
from core.rebalancing.bands import Band
from core.rebalancing.lots import Realised
from core.rebalancing.plan import HeldBack, Purchase, RebalancePlan, Sale, Undertaking
from core.rebalancing.rules import Goal, OnBreach, OnCalendar, OnTap, Period, Rules, Scope, Trigger
from core.rebalancing.wash_sales import WashSale
from core.reserves import Reserve, ReserveAmount, ReserveShare
from core.routines.rebuying import purchases_of
from core.runs import Run, RunKey, RunState
from core.schedule import Routine, Window
from storage import database
from storage.allocations import Allocations
from storage.choices import Choices
from storage.database import Database
from storage.errors import RunEnded
from storage.ledger import SqlLedger
from storage.outbox import Outbox, Recipient

DAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
KEY = RunKey("main", Routine.REBALANCE, DAY, 1)
WINDOW = Window(NOW, NOW + timedelta(hours=3))
HALVES = Allocation((Sector("Stocks", "VOO", 5000), Sector("Bonds", "AGG", 5000)))
ALERT = Alert(AlertKind.EXECUTED, "The account was rebalanced.")


def undertaking(reserve: Reserve) -> Undertaking:
    realised = Realised(Decimal("1.23"), Decimal("-4.56"), Decimal("4.56"), Decimal("0.000000001"))
    plan = RebalancePlan(
        sales=(Sale("Stocks", "VOO", Decimal("0.123456789"), 50_00, realised),),
        purchases=(Purchase("Bonds", "AGG", 49_99),),
        cash=0,
        drift_before=Decimal("12.345678901234567890"),
        drift_after=Decimal("0.01"),
        held_back=(HeldBack("Bonds", "AGG", "skipped: $0.40 is below the $1 minimum"),),
        wash_sales=(WashSale("VOO", DAY, Decimal("4.56"), (DAY,), again=True),),
        untouched=(Position("GME", Decimal(1), None, Decimal("2.5"), None, None),),
        notes=("Nothing is certain.",),
    )
    return Undertaking(plan, HALVES, 1, Minimums(1_00, 10_00), reserve, 500_00, -12)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path}/allocator.db") as found:
        Allocations(found, "main").start_with(HALVES, NOW)
        yield found


@pytest.fixture
def ledger(opened: Database) -> SqlLedger:
    return SqlLedger(opened, "main", [Recipient("telegram", "7")])


def open_both(ledger: SqlLedger) -> tuple[Run, Run]:
    sale = OrderIntent(KEY.client_order_id("VOO", Side.SELL), "Stocks", "VOO", 50_00, Side.SELL, Decimal("0.123456789"))
    sales = ledger.open_run(
        KEY,
        Plan((sale,), 0, 0),
        WINDOW,
        footing=None,
        allocation_version=1,
        limit=None,
        at=NOW,
        undertaking=undertaking(ReserveAmount(0)),
    )
    second = purchases_of(KEY)
    purchase = OrderIntent(second.client_order_id("AGG"), "Bonds", "AGG", 49_99)
    buys = ledger.open_run(
        second, Plan((purchase,), 49_99, 50_00), WINDOW, footing=None, allocation_version=1, limit=None, at=NOW
    )
    assert isinstance(sales, Run)
    assert isinstance(buys, Run)
    return sales, buys


@pytest.mark.parametrize("reserve", [ReserveAmount(25_00), ReserveShare(250)])
def test_what_a_rebalancing_set_out_to_do_comes_back_to_the_last_digit(ledger: SqlLedger, reserve: Reserve) -> None:
    set_out = undertaking(reserve)
    ledger.open_run(
        KEY, Plan((), 0, 0), WINDOW, footing=None, allocation_version=1, limit=None, at=NOW, undertaking=set_out
    )
    assert ledger.undertaking(KEY) == set_out


def test_a_sale_comes_back_with_its_quantity_and_takes_nothing_from_the_days_limit(ledger: SqlLedger) -> None:
    open_both(ledger)
    run = ledger.run(KEY)
    assert run is not None
    assert run.orders[0].intent.quantity == Decimal("0.123456789")
    assert ledger.spent_on("main", DAY) == 0
    assert ledger.undertaking(purchases_of(KEY)) is None


def test_both_runs_end_with_one_alert_or_neither_does(ledger: SqlLedger, opened: Database) -> None:
    open_both(ledger)
    second = purchases_of(KEY)
    ledger.finish(KEY, RunState.DONE, ALERT, at=NOW, also=[(second, RunState.FAILED)])
    ends = [run.state for run in (ledger.run(KEY), ledger.run(second)) if run is not None]
    assert ends == [RunState.DONE, RunState.FAILED]
    assert [one.alert for one in Outbox(opened, "main", ()).due(NOW)] == [ALERT]


def test_where_one_of_them_has_ended_already_the_other_does_not_end(ledger: SqlLedger, opened: Database) -> None:
    open_both(ledger)
    second = purchases_of(KEY)
    ledger.finish(second, RunState.DONE, ALERT, at=NOW)
    with pytest.raises(RunEnded):
        ledger.finish(KEY, RunState.DONE, ALERT, at=NOW, also=[(second, RunState.DONE)])
    run = ledger.run(KEY)
    assert run is not None
    assert run.state is RunState.PLANNED
    assert len(Outbox(opened, "main", ()).due(NOW)) == 1


def test_the_last_day_is_told_by_number_and_by_orders(ledger: SqlLedger) -> None:
    open_both(ledger)
    assert ledger.last_day(Routine.REBALANCE) == DAY
    assert ledger.last_day(Routine.REBALANCE, ordering=True) == DAY
    assert ledger.last_day(Routine.REBALANCE, number=0) is None
    assert ledger.last_day(Routine.REBALANCE, before=DAY) is None


def test_a_fill_of_a_sale_is_told_with_its_day(ledger: SqlLedger) -> None:
    sales, _ = open_both(ledger)
    filled = replace(
        sales.orders[0],
        state=OrderState.FILLED,
        broker_id="b",
        filled_quantity=Decimal("0.123456789"),
        filled_price=Decimal(405),
    )
    ledger.record(KEY, filled)
    assert ledger.fills_since(DAY) == ((DAY, filled),)


@pytest.mark.parametrize("trigger", [OnTap(), OnBreach(), OnCalendar(Period.QUARTERLY, date(2026, 12, 1))])
def test_the_rules_come_back_whatever_their_trigger(opened: Database, trigger: Trigger) -> None:
    chosen = Rules(
        Band(points=300),
        {"BTC/USD": Band(share=2000)},
        Goal.HALF_BAND,
        Scope.ALL,
        trigger,
        cooldown_days=7,
        holding_days=30,
    )
    choices = Choices(opened, "main", "rebalance", Rules)
    choices.set(chosen, "telegram user 7", "a test", NOW)
    (kept,) = choices.history(1)
    assert kept.value == chosen
    assert type(kept.value.trigger) is type(trigger)
