"""Submission: whatever the network does, an order reaches the broker once, and the ledger ends knowing it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.orders import OrderState
from core.ports import BrokerAway
from core.routines.invest import Target
from core.routines.settling import POLL_PAUSES
from core.routines.submission import (
    DOUBT_AFTER_WINDOW,
    LONGEST_TURNED_AWAY,
    LOOK_UP_PAUSES,
    SHORTEST_WAIT,
    submit,
)
from core.runs import Run, RunState
from tests.unit.fakes import Events, Fate, Killed
from tests.unit.world import KEY, TWO, WINDOW, World

VOO = KEY.client_order_id("VOO")


@pytest.fixture
def world() -> World:
    return World(Target(1, TWO))


def killed_before(world: World, event: str) -> None:
    """Run until the process dies right before an event of an undisturbed run."""
    undisturbed = World(world.target)
    undisturbed.invest()
    world.events.kill_at = undisturbed.events.seen.index(event)
    with pytest.raises(Killed):
        world.invest()


def test_an_order_whose_answer_was_lost_is_found_and_adopted_not_sent_again(world: World) -> None:
    world.fate("VOO", Fate.TAKEN_BUT_ANSWER_LOST)
    assert world.invest().state is RunState.DONE
    assert (world.sent("VOO"), world.held("VOO")) == (1, 1)
    assert world.order("VOO").state is OrderState.FILLED
    assert world.texts == ["Orders have been executed. Bought $60 of VOO, $40 of AGG."]


def test_an_order_that_never_arrived_is_sent_again_under_the_same_id(world: World) -> None:
    world.fate("VOO", Fate.LOST)
    assert world.invest().state is RunState.DONE
    assert world.events.of("broker sent").count(f"broker sent {VOO}") == 2
    assert [order.client_order_id for order in world.broker.held if order.symbol == "VOO"] == [VOO]


def test_an_order_is_looked_up_before_it_is_sent_again(world: World) -> None:
    world.fate("VOO", Fate.LOST)
    world.invest()
    first, second = (place for place, event in enumerate(world.events.seen) if event == f"broker sent {VOO}")
    assert "broker find" in world.events.seen[first:second]


def test_doubt_is_written_down_before_anything_else_is_tried(world: World) -> None:
    world.fate("VOO", Fate.LOST)
    world.invest()
    happened = world.events.seen
    assert happened.index(f"ledger has {VOO} unknown") < happened.index("broker find")


def test_an_order_that_lands_while_it_is_sent_again_is_held_once(world: World) -> None:
    world.fate("VOO", Fate.LANDS_LATE, Fate.LANDS_LATE, Fate.LANDS_LATE, Fate.LANDS_LATE)
    assert world.invest().state is RunState.SUBMITTING
    world.jump(world.broker.now + timedelta(minutes=1))
    assert world.invest().state is RunState.DONE
    assert world.held("VOO") == 1


def test_without_any_answer_the_run_stays_open_for_the_next_tick(world: World) -> None:
    world.fate("VOO", Fate.TAKEN_BUT_ANSWER_LOST)
    world.broker.silent_finds = 100
    run = world.invest()
    assert (run.state, world.order("VOO").state) == (RunState.SUBMITTING, OrderState.UNKNOWN)
    assert world.texts == []
    world.broker.silent_finds = 0
    assert world.invest().state is RunState.DONE
    assert (world.sent("VOO"), len(world.texts)) == (1, 1)


def test_an_order_that_is_not_found_within_the_minute_after_the_window_is_still_in_doubt(world: World) -> None:
    world.fate("VOO", Fate.TAKEN_BUT_ANSWER_LOST)
    world.broker.silent_finds = 100
    world.invest()
    world.broker.held = [order for order in world.broker.held if order.symbol != "VOO"]
    world.broker.silent_finds = 0
    world.jump(WINDOW.closes + DOUBT_AFTER_WINDOW - timedelta(seconds=10))
    assert world.invest().state is RunState.SUBMITTING
    assert world.order("VOO").state is OrderState.UNKNOWN
    assert world.sent("VOO") == 1


def test_a_minute_after_the_window_an_order_that_is_not_found_was_not_sent(world: World) -> None:
    world.fate("VOO", Fate.LOST)
    world.broker.silent_finds = 100
    world.invest()
    world.broker.silent_finds = 0
    world.jump(WINDOW.closes + DOUBT_AFTER_WINDOW)
    world.pace.waits.clear()
    assert world.invest().state is RunState.DONE
    assert (world.order("VOO").state, world.sent("VOO")) == (OrderState.NOT_SENT, 1)
    assert world.pace.waits == [POLL_PAUSES[0]]
    assert world.texts == [
        "Orders have been executed. Bought $40 of AGG. The order for $60 of VOO was not sent: the time for the day's "
        "orders was over before Alpaca could be reached."
    ]


def test_a_second_sending_that_comes_too_late_does_not_settle_what_became_of_the_first(world: World) -> None:
    world.fate("VOO", Fate.LANDS_LATE)
    world.jump(WINDOW.closes - timedelta(seconds=5))
    world.broker.seconds_per_order = 1.8
    assert world.invest().state is RunState.SUBMITTING
    assert world.sent("VOO") == 1
    assert world.order("VOO").state is OrderState.UNKNOWN
    world.jump(WINDOW.closes + DOUBT_AFTER_WINDOW)
    assert world.invest().state is RunState.DONE
    assert (world.order("VOO").state, world.held("VOO")) == (OrderState.FILLED, 1)


def test_second_sendings_that_come_too_late_leave_every_order_to_be_looked_up_again(world: World) -> None:
    world.fate("VOO", Fate.LOST)
    world.fate("AGG", Fate.LANDS_LATE)
    world.jump(WINDOW.closes - timedelta(seconds=100))
    world.broker.seconds_per_order = 41
    assert world.invest().state is RunState.DONE
    assert world.texts == [
        "Orders have been executed. Bought $40 of AGG. The order for $60 of VOO was not sent: the time for the day's "
        "orders was over before Alpaca could be reached."
    ]


def test_a_second_sending_that_is_refused_because_the_first_took_the_money_finds_the_first(world: World) -> None:
    world.fate("VOO", Fate.LANDS_LATE, Fate.REFUSED_AS_THE_FIRST_LANDS)
    assert world.invest().state is RunState.DONE
    assert (world.order("VOO").state, world.held("VOO")) == (OrderState.FILLED, 1)


def test_a_second_sending_that_is_refused_for_itself_is_rejected_with_the_reason(world: World) -> None:
    world.fate("VOO", Fate.LOST, Fate.REFUSED)
    assert world.invest().state is RunState.DONE
    assert world.order("VOO").state is OrderState.REJECTED
    assert world.texts[0].endswith("The order for $60 of VOO was rejected: insufficient buying power.")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"symbol": "IJH"}, "buy $60 of IJH"),
        ({"side": "sell"}, "sell $60 of VOO"),
        ({"notional": 60_01}, "buy $60.01 of VOO"),
    ],
)
def test_a_stranger_under_our_id_is_left_alone_and_said(world: World, changed: dict[str, str | int], said: str) -> None:
    world.fate("VOO", Fate.TAKEN_BUT_ANSWER_LOST)
    world.broker.silent_finds = 100
    world.invest()
    world.broker.silent_finds = 0
    world.broker.held = [
        replace(order, **changed) if order.symbol == "VOO" else order  # type: ignore[arg-type]  # by parametrize
        for order in world.broker.held
    ]
    world.invest()
    assert world.order("VOO").filled == 0
    assert world.sent("VOO") == 1
    assert f"the broker holds another order under its id ({said})" in world.texts[0]


def test_orders_that_a_killed_process_may_have_sent_are_looked_up_before_any_is_sent(world: World) -> None:
    killed_before(world, f"ledger has {VOO} accepted")
    world.events.seen.clear()
    assert world.invest().state is RunState.DONE
    assert world.events.of("broker sent") == []
    assert (world.held("VOO"), world.held("AGG")) == (1, 1)


def test_orders_that_a_killed_process_had_only_planned_are_sent_once(world: World) -> None:
    killed_before(world, f"broker sent {VOO}")
    assert world.broker.held == []
    assert world.invest().state is RunState.DONE
    assert (world.sent("VOO"), world.sent("AGG")) == (1, 1)
    assert world.texts == ["Orders have been executed. Bought $60 of VOO, $40 of AGG."]


def test_a_stop_between_two_tries_leaves_the_run_for_the_next_process(world: World) -> None:
    world.fate("VOO", Fate.LOST)
    world.pace.stops_after = 0
    assert world.invest().state is RunState.SUBMITTING
    assert world.texts == []
    world.pace.stops_after = None
    assert world.invest().state is RunState.DONE
    assert world.held("VOO") == 1


def test_waits_between_tries_grow(world: World) -> None:
    world.fate("VOO", *[Fate.LOST] * 4)
    world.invest()
    assert world.pace.waits == sorted(world.pace.waits)
    assert world.sent("VOO") == 4


def test_being_turned_away_uses_no_round_up_and_every_order_gets_through(world: World) -> None:
    world.fate("VOO", *[Fate.TURNED_AWAY] * 5)
    world.invest()
    assert world.texts == ["Orders have been executed. Bought $60 of VOO, $40 of AGG."]
    assert (world.held("VOO"), world.held("AGG")) == (1, 1)


def test_turned_away_for_three_minutes_the_run_is_left_for_the_next_tick(world: World) -> None:
    world.fate("VOO", *[Fate.TURNED_AWAY] * 30)
    assert world.invest().state is RunState.SUBMITTING
    assert sum(world.pace.waits) == LONGEST_TURNED_AWAY + sum(LOOK_UP_PAUSES)


@pytest.mark.parametrize(("asked", "waited"), [(0.0, SHORTEST_WAIT), (7.0, 7.0)])
def test_turned_away_the_next_try_waits_as_long_as_the_broker_asks(world: World, asked: float, waited: float) -> None:
    world.fate("VOO", Fate.TURNED_AWAY)
    world.broker.turns_away_for = asked
    assert world.invest().state is RunState.DONE
    assert world.pace.waits[0] == waited


def test_turned_away_while_the_workers_connect_every_order_waits_and_gets_through(world: World) -> None:
    world.broker.away_when_sent_to = [BrokerAway("too many requests", wait=7.0)]
    assert world.invest().state is RunState.DONE
    assert world.pace.waits[0] == 7.0
    assert world.texts == ["Orders have been executed. Bought $60 of VOO, $40 of AGG."]


def test_a_broker_that_goes_away_while_the_workers_connect_leaves_the_orders_for_the_next_call(world: World) -> None:
    world.broker.away_when_sent_to = [BrokerAway("no answer in time")]
    with pytest.raises(BrokerAway):
        world.invest()
    assert (world.pace.waits, world.texts) == ([], [])
    assert world.invest().state is RunState.DONE
    assert (world.sent("VOO"), world.sent("AGG")) == (1, 1)


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(minutes=10), timedelta(days=1)], ids=str)
def test_a_market_clock_that_goes_back_before_the_window_costs_no_order_and_sends_none_early(back: timedelta) -> None:
    turning = Events()
    world = World(Target(1, TWO), events=turning)
    turning.turn("ledger submitting", lambda: world.jump(WINDOW.opens - back))
    turning.turn("broker sent", lambda: sent_at.append(world.broker.now))
    sent_at: list[datetime] = []
    for _ in range(1000):
        if world.invest().state.is_final:
            break
        world.jump(world.broker.now + timedelta(minutes=2))
    assert world.texts == ["Orders have been executed. Bought $60 of VOO, $40 of AGG."]
    assert sent_at[0] in WINDOW
    assert (world.sent("VOO"), world.sent("AGG")) == (1, 1)


def test_paused_in_the_middle_nothing_more_is_sent(world: World) -> None:
    world.fate("VOO", Fate.LOST)
    world.ledger.paused = True
    assert world.invest().state is RunState.SUBMITTING
    assert world.sent("VOO") == 0
    world.ledger.paused = False
    assert world.invest().state is RunState.DONE
    assert world.held("VOO") == 1


def test_paused_until_the_window_is_over_nothing_is_sent_and_the_pause_is_named(world: World) -> None:
    world.fate("VOO", Fate.LOST)
    world.broker.silent_finds = 100
    world.invest()
    world.broker.silent_finds, world.ledger.paused = 0, True
    world.jump(WINDOW.closes + DOUBT_AFTER_WINDOW)
    assert world.invest().state is RunState.DONE
    assert world.sent("VOO") == 1
    assert world.texts == [
        "Orders have been executed. Bought $40 of AGG. The order for $60 of VOO was not sent: investing was paused in "
        "the meantime."
    ]


def test_a_run_without_a_window_has_nothing_to_send_and_is_settled(world: World) -> None:
    assert submit(Run(KEY, RunState.PLANNED, 0, None), world.ports, sent_before=True)
    assert world.events.seen == []
