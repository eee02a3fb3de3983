"""The ledger: what is committed when, and what never changes."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Barrier as ThreadBarrier
from typing import get_args

import pytest
from sqlalchemy.exc import IntegrityError

from core.account import Limit
from core.alerts import Alert, AlertKind, Table
from core.allocation import Allocation, Sector
from core.investing import (
    AccountBlocked,
    CapTooLow,
    Declined,
    LimitReached,
    NoNewCash,
    NotEnoughCash,
    NotRebalanced,
    Paused,
    Plan,
    Skip,
    ValueUnknown,
)
from core.money import Cents
from core.orders import Order, OrderIntent, OrderState
from core.ports import Ledger
from core.runs import Run, RunKey, RunState
from core.schedule import Routine, Window
from storage import database
from storage.allocations import Allocations
from storage.database import Database
from storage.errors import NoSuchOrder, NoSuchRun, OrderEnded, OtherAccount, Overtaken, RunEnded, RunExists, WrongState
from storage.ledger import SqlLedger
from storage.outbox import Outbox, Recipient
from storage.outcomes import KINDS, Missed, Outcome

DAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
WINDOW = Window(NOW, NOW + timedelta(hours=3))
KEY = RunKey("main", Routine.INVEST, DAY)
ALERT = Alert(AlertKind.EXECUTED, "Orders have been executed.", "Done", Table(("Sector", "Bought"), (("US", "$7"),)))
PHONE = Recipient("telegram", "7")
PASSED, REFUSED = 10, 11


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/allocator.db"


@pytest.fixture
def opened(url: str) -> Iterator[Database]:
    with database.open(url) as found:
        Allocations(found, "main").start_with(Allocation((Sector("Domestic Large Cap", "VOO", 10_000),)), NOW)
        yield found


@pytest.fixture
def ledger(opened: Database) -> SqlLedger:
    return SqlLedger(opened, "main", [PHONE])


def plan_of(key: RunKey, cash: Cents = 10_000) -> Plan:
    parts = {"VOO": cash - cash // 2, "BTC/USD": cash // 2}
    intents = (OrderIntent(key.client_order_id(symbol), f"All of {symbol}", symbol, parts[symbol]) for symbol in parts)
    return Plan(tuple(intents), cash, cash)


def opened_run(ledger: Ledger, key: RunKey = KEY, cash: Cents = 10_000) -> Run:
    run = ledger.open_run(key, plan_of(key, cash), WINDOW, footing=None, allocation_version=1, limit=None, at=NOW)
    assert isinstance(run, Run)
    return run


def filled(order: Order, quantity: str = "0.123456789", price: str = "405.01") -> Order:
    return replace(
        order,
        state=OrderState.FILLED,
        broker_id="b-1",
        filled_quantity=Decimal(quantity),
        filled_price=Decimal(price),
    )


def said(database: Database) -> list[Alert]:
    return [delivery.alert for delivery in Outbox(database, "main", ()).due(NOW)]


def numbered(number: int) -> RunKey:
    return replace(KEY, number=number)


# What other processes do, at the top of the module so that they can be sent there.


def open_at_once(url: str, number: int, gate: Barrier) -> None:
    with database.open(url) as opened:
        key = numbered(number)
        plan = plan_of(key, 6_000)
        gate.wait()
        answer = SqlLedger(opened, "main", []).open_run(
            key, plan, WINDOW, footing=None, allocation_version=1, limit=10_000, at=NOW
        )
    sys.exit(PASSED if isinstance(answer, Run) else REFUSED)


def die_after_finishing(url: str) -> None:
    ledger = SqlLedger(database.open(url), "main", [PHONE])
    run = opened_run(ledger)
    for order in run.orders:
        ledger.record(KEY, filled(order))
    ledger.finish(KEY, RunState.DONE, ALERT, at=NOW)
    os.kill(os.getpid(), signal.SIGKILL)


def die_before_the_commit(url: str) -> None:
    with database.open(url).writing() as session:
        session.connection().exec_driver_sql("UPDATE run SET state = 'done'")
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_run_comes_back_as_it_was_planned(ledger: SqlLedger) -> None:
    run = opened_run(ledger)
    assert run == Run(KEY, RunState.PLANNED, 10_000, WINDOW, tuple(Order(one) for one in plan_of(KEY).intents))
    assert ledger.run(KEY) == run
    assert ledger.run(numbered(1)) is None


@pytest.mark.parametrize("state", OrderState)
def test_every_state_of_an_order_comes_back_to_the_ninth_decimal(ledger: SqlLedger, state: OrderState) -> None:
    voo, bitcoin = opened_run(ledger).orders
    became = replace(filled(bitcoin, "0.000000001", "97123.456789012"), state=state, reason="the broker said so")
    ledger.record(KEY, became)
    run = ledger.run(KEY)
    assert run is not None
    assert run.orders == (voo, became)


def test_a_tenth_and_two_tenths_of_a_dollar_are_thirty_cents(ledger: SqlLedger) -> None:
    voo, bitcoin = opened_run(ledger).orders
    ledger.record(KEY, filled(voo, "0.1", "1.00"))
    ledger.record(KEY, filled(bitcoin, "0.2", "1.00"))
    assert ledger.spent_on("main", DAY) == 30


SKIPS: Sequence[Skip] = (
    NotEnoughCash(4_999, 5_000, "Domestic Small Cap", 200, 100, Limit.SETTLED_CASH, 4_999, 0),
    Paused(25_000, date(2026, 12, 1)),
    Paused(25_000, None),
    AccountBlocked("account_blocked", 100),
    LimitReached(9_000, 10_000),
    NoNewCash(12),
    Declined(25_000),
    ValueUnknown(("IJH", "BTC/USD"), 25_000),
    CapTooLow(50, "Crypto", 10_00, 25_000),
    NotRebalanced("Every sector is within its band."),
)


@pytest.mark.parametrize("skip", SKIPS, ids=lambda skip: type(skip).__name__)
def test_a_skipped_run_keeps_its_reason_and_every_figure(ledger: SqlLedger, opened: Database, skip: Skip) -> None:
    ledger.skip(KEY, skip, ALERT, cash=4_999, at=NOW)
    assert ledger.run(KEY) == Run(KEY, RunState.SKIPPED, 4_999, None)
    assert ledger.outcome(KEY) == skip
    assert said(opened) == [ALERT]


def test_every_reason_to_skip_can_be_kept() -> None:
    assert set(KINDS.values()) == {kind for part in get_args(Outcome) for kind in (get_args(part) or [part])}
    assert {type(skip) for skip in SKIPS} == set(get_args(Skip))


def test_missed_days_are_said_in_one_alert(ledger: SqlLedger, opened: Database) -> None:
    keys = [KEY, replace(KEY, day=date(2026, 11, 30))]
    ledger.miss(keys, "the machine was off", ALERT, at=NOW)
    assert [ledger.outcome(key) for key in keys] == [Missed("the machine was off")] * 2
    assert ledger.ended(DAY) == {(Routine.INVEST, DAY), (Routine.INVEST, date(2026, 11, 30))}
    assert said(opened) == [ALERT]


def test_when_one_missed_day_is_there_already_none_is_written(ledger: SqlLedger, opened: Database) -> None:
    opened_run(ledger)
    with pytest.raises(RunExists):
        ledger.miss([replace(KEY, day=date(2026, 11, 25)), KEY], "the machine was off", ALERT, at=NOW)
    assert ledger.run(replace(KEY, day=date(2026, 11, 25))) is None
    assert said(opened) == []


def test_the_limit_counts_what_orders_took_or_may_still_take(ledger: SqlLedger) -> None:
    first, second = opened_run(ledger, cash=10_000).orders
    ledger.record(KEY, filled(first, "0.2", "100"))
    ledger.record(KEY, replace(second, state=OrderState.REJECTED, reason="not fractionable"))
    third, _ = opened_run(ledger, numbered(1), cash=6_000).orders
    ledger.record(numbered(1), replace(third, state=OrderState.ACCEPTED))
    assert ledger.spent_on("main", DAY) == 2_000 + 6_000

    key = numbered(2)
    plan = plan_of(key, 2_001)
    answer = ledger.open_run(key, plan, WINDOW, footing=None, allocation_version=1, limit=10_000, at=NOW)
    assert answer == LimitReached(used=8_000, limit=10_000)
    assert ledger.run(key) is None
    plan = plan_of(key, 2_000)
    assert isinstance(ledger.open_run(key, plan, WINDOW, footing=None, allocation_version=1, limit=10_000, at=NOW), Run)


def test_yesterdays_orders_and_another_accounts_do_not_count(ledger: SqlLedger, opened: Database) -> None:
    Allocations(opened, "other").start_with(Allocation((Sector("Domestic Large Cap", "VOO", 10_000),)), NOW)
    opened_run(ledger, replace(KEY, day=date(2026, 11, 25)))
    opened_run(SqlLedger(opened, "other", []), replace(KEY, account="other"))
    assert ledger.spent_on("main", DAY) == 0
    assert ledger.spent_on("other", DAY) == 10_000


def test_threads_that_race_for_the_limit_pass_once(ledger: SqlLedger) -> None:
    gate = ThreadBarrier(8)

    def race(number: int) -> Run | LimitReached:
        key = numbered(number)
        plan = plan_of(key, 6_000)
        gate.wait()
        return ledger.open_run(key, plan, WINDOW, footing=None, allocation_version=1, limit=10_000, at=NOW)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(race, range(8)))
    assert sum(isinstance(answer, Run) for answer in answers) == 1
    assert answers.count(LimitReached(6_000, 10_000)) == 7
    assert ledger.spent_on("main", DAY) == 6_000


def test_processes_that_race_for_the_limit_pass_once(ledger: SqlLedger, url: str) -> None:
    context = get_context("spawn")
    gate = context.Barrier(2)
    racing = [context.Process(target=open_at_once, args=(url, number, gate)) for number in range(2)]
    for process in racing:
        process.start()
    for process in racing:
        process.join()
    assert sorted(process.exitcode or 0 for process in racing) == [PASSED, REFUSED]
    assert ledger.spent_on("main", DAY) == 6_000


def test_threads_that_decided_on_the_same_cash_order_for_it_once(ledger: SqlLedger) -> None:
    gate, footing = ThreadBarrier(8), ledger.footing()

    def race(number: int) -> bool:
        key = numbered(number)
        gate.wait()
        try:
            ledger.open_run(key, plan_of(key), WINDOW, footing=footing, allocation_version=1, limit=None, at=NOW)
        except Overtaken:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(race, range(8))) == 1
    assert ledger.spent_on("main", DAY) == 10_000


@pytest.mark.parametrize("routine", [Routine.INVEST, Routine.REBALANCE])
def test_nothing_is_opened_beside_a_run_that_is_under_way(ledger: SqlLedger, routine: Routine) -> None:
    before, key = ledger.footing(), numbered(1)
    opened_run(ledger, replace(KEY, routine=routine))
    why = f"run invest 1 of 2026-11-27 cannot begin: run {routine} 0 of 2026-11-27 is under way"
    for footing in (before, ledger.footing()):
        with pytest.raises(Overtaken, match=why):
            ledger.open_run(key, plan_of(key), WINDOW, footing=footing, allocation_version=1, limit=None, at=NOW)
    assert ledger.run(key) is None


def test_nothing_is_opened_on_an_account_that_was_read_before_the_last_order(ledger: SqlLedger) -> None:
    old = ledger.footing()
    for order in opened_run(ledger).orders:
        ledger.record(KEY, filled(order))
    ledger.finish(KEY, RunState.DONE, ALERT, at=NOW)
    key, new = numbered(1), ledger.footing()
    with pytest.raises(Overtaken, match="something was ordered since the account was read"):
        ledger.open_run(key, plan_of(key), WINDOW, footing=old, allocation_version=1, limit=None, at=NOW)
    assert ledger.run(key) is None
    assert isinstance(
        ledger.open_run(key, plan_of(key), WINDOW, footing=new, allocation_version=1, limit=None, at=NOW), Run
    )


def test_another_accounts_run_and_orders_keep_nobody_back(ledger: SqlLedger, opened: Database) -> None:
    footing = ledger.footing()
    Allocations(opened, "other").start_with(Allocation((Sector("Domestic Large Cap", "VOO", 10_000),)), NOW)
    opened_run(SqlLedger(opened, "other", []), replace(KEY, account="other"))
    assert ledger.footing() == footing
    assert isinstance(
        ledger.open_run(KEY, plan_of(KEY), WINDOW, footing=footing, allocation_version=1, limit=None, at=NOW), Run
    )


def test_threads_that_open_the_same_run_open_it_once(ledger: SqlLedger) -> None:
    gate = ThreadBarrier(4)

    def race(_: int) -> bool:
        gate.wait()
        try:
            opened_run(ledger)
        except RunExists:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(race, range(4))) == [False, False, False, True]


def test_a_run_that_is_there_is_neither_opened_nor_skipped_again(ledger: SqlLedger, opened: Database) -> None:
    before = opened_run(ledger)
    with pytest.raises(RunExists, match=r"run invest 0 of 2026-11-27 exists already"):
        opened_run(ledger, cash=500)
    with pytest.raises(RunExists):
        ledger.skip(KEY, NoNewCash(1), ALERT, cash=1, at=NOW)
    assert ledger.run(KEY) == before
    assert said(opened) == []


def test_no_two_orders_ever_share_a_client_order_id(ledger: SqlLedger) -> None:
    opened_run(ledger)
    with pytest.raises(IntegrityError, match="client_order_id"):
        ledger.open_run(numbered(1), plan_of(KEY), WINDOW, footing=None, allocation_version=1, limit=None, at=NOW)
    assert ledger.run(numbered(1)) is None


def test_a_run_moves_on_and_ends_with_its_alert(ledger: SqlLedger, opened: Database) -> None:
    opened_run(ledger)
    for state in (RunState.SUBMITTING, RunState.SETTLING):
        ledger.mark(KEY, state)
        assert [run.state for run in ledger.unfinished()] == [state]
        assert ledger.ended(DAY) == frozenset()
    ledger.finish(KEY, RunState.DONE, ALERT, at=NOW)
    assert ledger.unfinished() == ()
    assert ledger.ended(DAY) == {(Routine.INVEST, DAY)}
    assert ledger.outcome(KEY) is None
    assert said(opened) == [ALERT]


@pytest.mark.parametrize("end", [state for state in RunState if state.is_final])
def test_an_ended_run_never_changes(ledger: SqlLedger, opened: Database, end: RunState) -> None:
    opened_run(ledger)
    ledger.finish(KEY, end, ALERT, at=NOW)
    with pytest.raises(RunEnded, match=f"ended as {end} and cannot become settling"):
        ledger.mark(KEY, RunState.SETTLING)
    with pytest.raises(RunEnded):
        ledger.finish(KEY, RunState.FAILED, ALERT, at=NOW)
    run = ledger.run(KEY)
    assert run is not None
    assert run.state is end
    assert said(opened) == [ALERT]


def test_a_run_cannot_end_without_its_alert(ledger: SqlLedger) -> None:
    opened_run(ledger)
    with pytest.raises(WrongState, match="end it with its alert"):
        ledger.mark(KEY, RunState.DONE)
    with pytest.raises(WrongState, match="only mark it"):
        ledger.finish(KEY, RunState.SETTLING, ALERT, at=NOW)
    assert [run.state for run in ledger.unfinished()] == [RunState.PLANNED]


def test_when_the_alert_cannot_be_written_the_run_has_not_ended(ledger: SqlLedger, opened: Database) -> None:
    opened_run(ledger)
    ledger.finish(KEY, RunState.DONE, ALERT, at=NOW)
    unlucky = SqlLedger(opened, "main", [PHONE, PHONE])  # the same delivery twice is refused by the database
    order = opened_run(unlucky, numbered(1)).orders[0]
    with pytest.raises(IntegrityError):
        unlucky.finish(numbered(1), RunState.DONE, ALERT, at=NOW)
    with pytest.raises(IntegrityError):
        unlucky.skip(numbered(2), NoNewCash(1), ALERT, cash=1, at=NOW)
    with pytest.raises(IntegrityError):
        unlucky.miss([numbered(3)], "the machine was off", ALERT, at=NOW)
    with pytest.raises(IntegrityError):
        unlucky.follow_up([(numbered(1), filled(order))], ALERT, at=NOW)
    assert [(run.key.number, run.state) for run in ledger.runs_on(Routine.INVEST, DAY)] == [
        (0, RunState.DONE),
        (1, RunState.PLANNED),
    ]
    assert ledger.unfinished()[0].orders[0] == order
    assert said(opened) == [ALERT]


def test_a_final_order_never_changes_but_may_be_said_again(ledger: SqlLedger) -> None:
    order = opened_run(ledger).orders[0]
    ledger.record(KEY, filled(order))
    ledger.record(KEY, filled(order))
    for otherwise in (replace(filled(order), state=OrderState.CANCELED), filled(order, quantity="0.2")):
        with pytest.raises(OrderEnded, match=f"{order.intent.client_order_id} ended as filled"):
            ledger.record(KEY, otherwise)
    run = ledger.run(KEY)
    assert run is not None
    assert run.orders[0] == filled(order)


def test_an_unknown_order_may_still_turn_out_to_be_filled(ledger: SqlLedger) -> None:
    order = opened_run(ledger).orders[0]
    ledger.record(KEY, replace(order, state=OrderState.UNKNOWN, reason="no answer"))
    ledger.record(KEY, filled(order))
    run = ledger.run(KEY)
    assert run is not None
    assert run.orders[0] == filled(order)


def test_only_what_was_planned_is_recorded(ledger: SqlLedger) -> None:
    order = opened_run(ledger).orders[0]
    with pytest.raises(NoSuchOrder):
        ledger.record(KEY, replace(order, intent=replace(order.intent, client_order_id="another")))
    with pytest.raises(NoSuchOrder):
        ledger.record(KEY, replace(order, intent=replace(order.intent, notional=1)))
    with pytest.raises(NoSuchRun, match="run invest 1 of 2026-11-27 is not in the ledger"):
        ledger.record(numbered(1), order)


def test_orders_left_open_by_ended_runs_are_followed_to_their_end(ledger: SqlLedger, opened: Database) -> None:
    first, second = opened_run(ledger).orders
    still_open = replace(first, state=OrderState.ACCEPTED, broker_id="b-1")
    ledger.record(KEY, still_open)
    ledger.record(KEY, filled(second))
    assert ledger.open_orders() == ()  # the run itself still waits for them
    ledger.finish(KEY, RunState.DONE, ALERT, at=NOW)
    assert ledger.open_orders() == ((KEY, still_open),)
    news = Alert(AlertKind.FOLLOW_UP, "Bought $50 of VOO.", notes=("Bought $50 of VOO.",))
    ledger.follow_up([(KEY, filled(first))], news, at=NOW)
    assert ledger.open_orders() == ()
    assert said(opened) == [ALERT]  # the news comes behind it
    Outbox(opened, "main", ()).delivered(1, None, NOW)
    assert said(opened) == [news]


def test_a_process_killed_after_it_said_so_leaves_everything_committed(
    ledger: SqlLedger, opened: Database, url: str
) -> None:
    killed = get_context("spawn").Process(target=die_after_finishing, args=(url,))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    run = ledger.run(KEY)
    assert run is not None
    assert (run.state, [order.state for order in run.orders]) == (RunState.DONE, [OrderState.FILLED] * 2)
    assert said(opened) == [ALERT]


def test_a_process_killed_before_the_commit_leaves_nothing_and_no_lock(ledger: SqlLedger, url: str) -> None:
    before = opened_run(ledger)
    killed = get_context("spawn").Process(target=die_before_the_commit, args=(url,))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    assert ledger.run(KEY) == before
    ledger.mark(KEY, RunState.SUBMITTING)


def test_the_runs_of_a_day_come_by_number_and_the_last_run_is_the_latest(ledger: SqlLedger) -> None:
    assert ledger.last_run() is None
    opened_run(ledger, numbered(1))
    opened_run(ledger)
    ledger.miss([replace(KEY, day=date(2026, 11, 25))], "the machine was off", ALERT, at=NOW)
    assert [run.key.number for run in ledger.runs_on(Routine.INVEST, DAY)] == [0, 1]
    last = ledger.last_run()
    assert last is not None
    assert last.key == numbered(1)


def test_only_scheduled_runs_from_that_day_on_count_as_done(ledger: SqlLedger) -> None:
    ledger.skip(numbered(1), NoNewCash(1), ALERT, cash=1, at=NOW)
    ledger.skip(replace(KEY, day=date(2026, 11, 25)), NoNewCash(1), ALERT, cash=1, at=NOW)
    assert ledger.ended(DAY) == frozenset()
    assert ledger.ended(date(2026, 11, 25)) == {(Routine.INVEST, date(2026, 11, 25))}


def test_only_orders_make_an_account_one_that_has_invested(ledger: SqlLedger) -> None:
    ledger.skip(KEY, NoNewCash(1), ALERT, cash=1, at=NOW)
    assert not ledger.has_invested()
    opened_run(ledger, numbered(1))
    assert ledger.has_invested()


def test_a_ledger_keeps_to_its_account(ledger: SqlLedger) -> None:
    with pytest.raises(OtherAccount, match="belongs to account other, this ledger to main"):
        ledger.run(replace(KEY, account="other"))
