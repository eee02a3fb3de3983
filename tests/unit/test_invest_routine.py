"""The invest routine from cash to alert: what is written before what is sent, and what a day can end as."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.account import Asset
from core.allocation import Allocation
from core.investing import AccountBlocked, LimitReached, NoNewCash, NotEnoughCash, Paused, Plan
from core.orders import Order, OrderIntent, OrderState
from core.ports import BrokerAway
from core.positions import Position
from core.reserves import ReserveShare
from core.routines.invest import Target, decide, ending
from core.runs import Run, RunKey, RunState
from core.schedule import Routine
from core.strategies import Strategy
from tests.unit.fake_ledger import IllegalTransition
from tests.unit.fakes import Fate, Killed
from tests.unit.world import DAY, EVERYTHING, KEY, ONE, OPENS, SEVEN, TWO, WINDOW, World

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
    assert world.broker.prepared_for == [7]


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
    assert world.ledger.said_at == [world.broker.now]


def test_a_run_is_kept_with_its_time_and_the_version_of_the_allocation_it_was_planned_with(world: World) -> None:
    world.target = Target(7, SEVEN)
    world.invest()
    assert (world.ledger.versions, world.ledger.opened_at) == ({KEY: 7}, {KEY: OPENS})


def test_a_run_that_ended_is_returned_without_touching_the_broker_again(world: World) -> None:
    done = world.invest()
    before = list(world.events.seen)
    assert world.invest() == done
    assert world.events.seen == before
    assert len(world.texts) == 1


def test_too_little_cash_is_said_and_nothing_is_sent(world: World) -> None:
    world.broker.cash = Decimal("49.99")
    run = world.invest()
    assert (run.state, run.cash) == (RunState.SKIPPED, 49_99)
    assert world.ledger.said_at == [OPENS]
    assert isinstance(world.ledger.skips[KEY], NotEnoughCash)
    assert world.texts == [
        "Not enough cash to invest today: $49.99 is available, and $50 is needed so that Domestic Small Cap (2%) "
        "gets at least $1."
    ]
    assert world.broker.held == []


def test_a_pause_is_said_with_its_day_and_the_cash_that_waits_whatever_the_day_s_limit(world: World) -> None:
    world.broker.cash, world.max_per_day = Decimal(250), 60_00
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
    assert world.texts == [
        f"{EVERYTHING.removesuffix(', $5 of BTCUSD.')}. The order for $5 of BTCUSD was rejected: the account's crypto "
        "status is INACTIVE."
    ]


def test_a_run_whose_orders_are_all_rejected_failed(world: World) -> None:
    for sector in SEVEN.sectors:
        world.fate(sector.symbol, Fate.REFUSED)
    assert world.invest().state is RunState.FAILED
    # A refusal of the first sending is an answer: nothing is looked up after it.
    assert world.events.of("broker find") == []
    assert world.texts[0].startswith("No order has been executed. The orders for $35 of VOO, ")
    assert world.texts[0].endswith(
        "were rejected: insufficient buying power. "
        "The cash stays in the account, and the next try is the next trading day's."
    )


@pytest.mark.parametrize("allocation", [SEVEN, ONE], ids=["seven", "one"])
def test_a_window_that_closes_before_the_first_order_misses_the_day(allocation: Allocation) -> None:
    world = World(Target(1, allocation))
    world.jump(WINDOW.closes)
    run = world.invest()
    assert run.state is RunState.MISSED
    assert {order.state for order in run.orders} == {OrderState.NOT_SENT}
    assert world.texts == [
        "Investing was missed on 2026-11-27: it was too late. Nothing was bought; the cash waits for the next "
        "trading day."
    ]


def test_a_day_that_was_missed_for_no_known_reason_is_said_so() -> None:
    run = Run(KEY, RunState.SETTLING, 0, WINDOW, (Order(OrderIntent("1", "Stocks", "VOO", 100), OrderState.NOT_SENT),))
    state, alert = ending(run)
    assert state is RunState.MISSED
    assert alert.text == (
        "Investing was missed on 2026-11-27: its orders could not be sent in time. Nothing was bought; the cash waits "
        "for the next trading day."
    )


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
    world.max_per_day = 160_00
    world.invest()
    decision = decide(SECOND, world.target, world.policy, world.ports)
    assert isinstance(decision.answer, Plan)
    assert decision.answer.cash == 60_00


def test_what_another_day_or_account_spent_does_not_count_against_the_limit(world: World) -> None:
    world.max_per_day = 100_00
    world.invest(replace(KEY, day=DAY - timedelta(days=1)))
    world.invest(replace(KEY, account="other"))
    assert sum(order.committed for order in world.invest().orders) == 100_00


def test_a_limit_that_is_used_up_leaves_nothing_to_invest_and_is_named(world: World) -> None:
    world.max_per_day, world.ledger.spent_elsewhere = 60_00, 70_00
    world.invest()
    assert world.texts == [
        "Not enough cash to invest today: $0 is available, and $50 is needed so that Domestic Small Cap (2%) gets at "
        "least $1. The account holds $100, but max_per_day allows no more today."
    ]


def test_the_limit_per_order_cuts_the_largest_and_says_so(world: World) -> None:
    world.target, world.max_per_order = Target(1, TWO), 50_00
    world.invest()
    assert world.texts == [
        "Orders have been executed. Bought $50 of VOO, $40 of AGG. Stocks is cut from $60 to $50, the most for one "
        "order."
    ]


def test_a_reserve_that_is_a_share_is_kept_back_from_the_account_s_whole_value(world: World) -> None:
    world.reserve, world.broker.equity = ReserveShare(10_00), Decimal(400)
    run = world.invest()
    assert (sum(order.committed for order in run.orders), run.cash_left) == (60_00, 40_00)


def test_a_share_of_an_unknown_value_buys_nothing_until_the_value_is_known(world: World) -> None:
    world.reserve = ReserveShare(10_00)
    with pytest.raises(BrokerAway, match=r"^the account's value, of which the reserve is a share, is not known$"):
        world.invest()
    assert world.ledger.runs == {}


def test_by_underweight_the_sector_below_its_target_is_bought_first(world: World) -> None:
    world.target = Target(1, TWO, strategy=Strategy.UNDERWEIGHT)
    world.broker.positions_held = (Position("VOO", Decimal(100), Decimal(100), Decimal(1), Decimal(100), Decimal(0)),)
    world.invest()
    assert world.texts == ["Orders have been executed. Bought $20 of VOO, $80 of AGG."]
    assert world.events.of("ledger keeps activities")


def test_by_underweight_what_is_on_its_way_counts_as_held(world: World) -> None:
    world.broker.fills = OrderState.ACCEPTED
    world.target = Target(1, ONE)
    world.invest()
    decision = decide(SECOND, Target(2, TWO, strategy=Strategy.UNDERWEIGHT), world.policy, world.ports)
    assert isinstance(decision.answer, Plan)
    assert [intent.notional for intent in decision.answer.intents] == [20_00, 80_00]


def test_a_limit_that_another_run_uses_up_meanwhile_stops_this_one_in_the_ledger(world: World) -> None:
    world.max_per_day = 100_00
    decision = decide(KEY, world.target, world.policy, world.ports)
    world.ledger.spent_elsewhere = 1
    run = world.invest(decided=decision)
    assert (run.state, run.cash) == (RunState.SKIPPED, 100_00)
    assert world.ledger.skips[KEY] == LimitReached(used=1, limit=100_00)
    assert world.texts == ["Nothing was bought: $0.01 of the $100 that max_per_day allows is spent already today."]
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
