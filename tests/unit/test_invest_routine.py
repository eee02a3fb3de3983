"""The invest routine from cash to alert: what is written before what is sent, and what a day can end as."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.account import Asset
from core.investing import AccountBlocked, LimitReached, NoNewCash, NotEnoughCash, Paused, Plan
from core.orders import OrderState
from core.ports import BrokerAway
from core.routines.invest import Target, decide
from core.runs import RunKey, RunState
from core.schedule import Routine
from tests.unit.fake_ledger import IllegalTransition
from tests.unit.fakes import Fate, Killed
from tests.unit.world import DAY, EVERYTHING, KEY, SEVEN, WINDOW, World

SECOND = RunKey("main", Routine.INVEST, DAY, number=1)


@pytest.fixture
def world() -> World:
    return World()


def test_a_hundred_dollars_become_seven_orders_and_one_alert(world: World) -> None:
    run = world.invest()
    assert run.state is RunState.DONE
    assert [order.state for order in run.orders] == [OrderState.FILLED] * 7
    assert world.texts == [EVERYTHING]
    assert (run.cash, run.cash_left) == (100_00, 0)


def test_the_run_and_every_intent_are_in_the_ledger_before_the_first_order_is_sent(world: World) -> None:
    world.invest()
    happened = world.events.seen
    first_sent = next(place for place, event in enumerate(happened) if event.startswith("broker sent"))
    assert happened.index("broker prepare") < happened.index("ledger opened") < first_sent
    assert happened.index("ledger submitting") < first_sent


def test_every_answer_is_written_down_before_the_next_is_taken(world: World) -> None:
    world.invest()
    happened = [event for event in world.events.seen if "answered" in event or event.endswith(" accepted")]
    assert len(happened) == 14
    for answered, written in zip(happened[::2], happened[1::2], strict=True):
        assert written == f"ledger has {answered.removeprefix('broker answered ')} accepted"


def test_the_alert_is_the_last_thing_and_comes_with_the_end(world: World) -> None:
    world.invest()
    assert world.events.of("ledger")[-1] == "ledger done"


def test_a_run_that_ended_is_returned_without_touching_the_broker_again(world: World) -> None:
    done = world.invest()
    before = list(world.events.seen)
    assert world.invest() == done
    assert world.events.seen == before
    assert len(world.texts) == 1


def test_too_little_cash_is_said_and_nothing_is_sent(world: World) -> None:
    world.broker.cash = Decimal("49.99")
    assert world.invest().state is RunState.SKIPPED
    assert isinstance(world.ledger.skips[KEY], NotEnoughCash)
    assert world.texts == [
        "Not enough cash to invest today: $49.99 is available, and $50 is needed so that Domestic Small Cap (2%) "
        "gets at least $1."
    ]
    assert world.broker.held == []


def test_a_pause_is_said_with_its_day_and_the_cash_that_waits(world: World) -> None:
    world.broker.cash = Decimal(250)
    world.target = Target(1, SEVEN, paused=True, paused_until=date(2026, 12, 1))
    assert world.invest().state is RunState.SKIPPED
    assert world.ledger.skips[KEY] == Paused(250_00, date(2026, 12, 1))
    assert world.texts == ["Investing is paused until 2026-12-01, so nothing was bought today. $250 is waiting."]


def test_a_blocked_account_is_said_with_the_broker_s_reason(world: World) -> None:
    world.broker.trouble = "trading is blocked for the account"
    assert world.invest().state is RunState.SKIPPED
    assert world.ledger.skips[KEY] == AccountBlocked("trading is blocked for the account", 100_00)
    assert world.broker.held == []


@pytest.mark.parametrize(
    ("asset", "reason"),
    [
        (Asset("AGG", tradable=False, fractionable=True), "AGG cannot be traded at the moment"),
        (Asset("AGG", tradable=True, fractionable=False), "AGG cannot be bought in fractions"),
        (None, "Alpaca does not know AGG"),
    ],
)
def test_a_fund_that_cannot_be_bought_fails_alone_and_is_named(world: World, asset: Asset | None, reason: str) -> None:
    del world.broker.assets_by_symbol["AGG"]
    if asset is not None:
        world.broker.assets_by_symbol["AGG"] = asset
    run = world.invest()
    assert run.state is RunState.DONE
    assert [order.intent.symbol for order in run.of(OrderState.REJECTED)] == ["AGG"]
    assert world.texts[0].endswith(f"$5 of BTCUSD. The order for $23 of AGG was rejected: {reason}.")
    assert world.sent("AGG") == 0


def test_crypto_trouble_fails_the_coin_alone(world: World) -> None:
    world.broker.crypto_trouble = "the account's crypto status is INACTIVE"
    run = world.invest()
    assert [order.intent.symbol for order in run.of(OrderState.REJECTED)] == ["BTC/USD"]
    assert len(run.of(OrderState.FILLED)) == 6


def test_a_run_whose_orders_are_all_rejected_failed(world: World) -> None:
    for sector in SEVEN.sectors:
        world.fate(sector.symbol, Fate.REFUSED)
    assert world.invest().state is RunState.FAILED
    assert world.texts[0].startswith("No order has been executed. The orders for $35 of VOO, ")
    assert world.texts[0].endswith(
        "were rejected: insufficient buying power. "
        "The cash stays in the account, and the next try is the next trading day's."
    )


def test_a_window_that_closes_before_the_first_order_misses_the_day(world: World) -> None:
    world.jump(WINDOW.closes)
    run = world.invest()
    assert run.state is RunState.MISSED
    assert {order.state for order in run.orders} == {OrderState.NOT_SENT}
    assert world.texts == [
        "Investing was missed on 2026-11-27: it was too late. Nothing was bought; the cash waits for the next "
        "trading day."
    ]


def test_a_window_that_closes_between_two_orders_names_those_not_sent(world: World) -> None:
    world.jump(WINDOW.closes - timedelta(seconds=5))
    world.broker.seconds_per_order = 2
    run = world.invest()
    assert run.state is RunState.DONE
    assert [order.intent.symbol for order in run.of(OrderState.FILLED)] == ["VOO", "IJH"]
    assert "were not sent: it was too late." in world.texts[0]


def test_a_broker_that_is_away_leaves_no_trace_and_the_next_call_starts_over(world: World) -> None:
    world.broker.away = True
    with pytest.raises(BrokerAway):
        world.invest()
    assert (world.ledger.runs, world.texts) == ({}, [])
    world.broker.away = False
    assert world.invest().state is RunState.DONE


def test_a_broker_that_goes_away_after_the_account_was_read_commits_nothing(world: World) -> None:
    decision = decide(KEY, world.target, world.policy, world.ports)
    world.broker.away = True
    with pytest.raises(BrokerAway):
        world.invest(decided=decision)
    assert world.ledger.runs == {}


def test_deciding_changes_nothing(world: World) -> None:
    decision = decide(KEY, world.target, world.policy, world.ports)
    assert isinstance(decision.answer, Plan)
    assert world.events.of("ledger") == []
    assert world.events.of("broker sent") == []


def test_a_decision_that_was_confirmed_is_carried_out_as_it_was_shown(world: World) -> None:
    decision = decide(KEY, world.target, world.policy, world.ports)
    world.broker.cash = Decimal(500)
    assert world.invest(decided=decision).cash == 100_00


def test_the_daily_limit_bounds_a_run(world: World) -> None:
    world.max_per_day = 60_00
    assert sum(order.committed for order in world.invest().orders) == 60_00


def test_what_the_day_spent_already_counts_against_the_limit(world: World) -> None:
    world.max_per_day, world.ledger.spent_elsewhere = 160_00, 90_00
    assert sum(order.committed for order in world.invest().orders) == 70_00


def test_a_limit_that_another_run_uses_up_meanwhile_stops_this_one_in_the_ledger(world: World) -> None:
    world.max_per_day = 100_00
    decision = decide(KEY, world.target, world.policy, world.ports)
    world.ledger.spent_elsewhere = 1
    assert world.invest(decided=decision).state is RunState.SKIPPED
    assert world.ledger.skips[KEY] == LimitReached(used=1, limit=100_00)
    assert world.broker.held == []


def test_what_is_decided_beside_a_run_under_way_can_be_shown_but_not_done(world: World) -> None:
    world.events.turn("broker sent", lambda: setattr(world.events, "kill_at", 0))
    with pytest.raises(Killed):
        world.invest()
    decision = decide(SECOND, world.target, world.policy, world.ports)
    assert isinstance(decision.answer, Plan)
    with pytest.raises(IllegalTransition):
        world.invest(SECOND, decided=decision)
    assert SECOND not in world.ledger.runs


def test_a_second_run_needs_new_cash(world: World) -> None:
    first = world.invest()
    world.broker.cash = Decimal(0)
    decision = decide(SECOND, world.target, world.policy, world.ports, before=first)
    assert decision.answer == NoNewCash(0)


def test_new_cash_makes_a_second_run_with_ids_of_its_own(world: World) -> None:
    first = world.invest()
    decision = decide(SECOND, world.target, world.policy, world.ports, before=first)
    second = world.invest(SECOND, decided=decision)
    assert second.state is RunState.DONE
    assert not {order.intent.client_order_id for order in first.orders} & {
        order.intent.client_order_id for order in second.orders
    }


def test_a_coin_s_own_minimum_is_respected(world: World) -> None:
    coin = world.broker.assets_by_symbol["BTC/USD"]
    world.broker.assets_by_symbol["BTC/USD"] = replace(coin, minimum=5_01)
    world.invest()
    skip = world.ledger.skips[KEY]
    assert isinstance(skip, NotEnoughCash)
    assert (skip.needed, skip.sector) == (100_20, "Crypto")
