"""Settling: fills are awaited for a while, and what comes later is said once."""

import re
from datetime import timedelta

import pytest

from core.alerts import AlertKind
from core.orders import OrderState
from core.ports import BrokerAway
from core.routines.invest import Target
from core.runs import RunState
from tests.unit.world import KEY, OPENS, TWO, World

VOO = KEY.client_order_id("VOO")


@pytest.fixture
def world() -> World:
    return World(Target(1, TWO))


@pytest.fixture
def unfilled(world: World) -> World:
    """Return a world whose run was said while its orders were open."""
    world.broker.fills = OrderState.ACCEPTED
    world.invest()
    return world


@pytest.mark.parametrize("state", [OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED])
def test_the_alert_goes_out_after_a_bounded_time_and_says_what_is_open(world: World, state: OrderState) -> None:
    world.broker.fills = state
    assert world.invest().state is RunState.DONE
    assert world.texts[0].endswith("The orders for $60 of VOO and $40 of AGG are still open.")
    assert sum(world.pace.waits) == world.policy.fill_patience


def test_fills_that_come_at_once_are_not_waited_for_any_longer(world: World) -> None:
    world.invest()
    assert len(world.pace.waits) == 1


def test_looks_that_are_not_answered_are_repeated(world: World) -> None:
    world.broker.silent_finds = 2
    assert world.invest().state is RunState.DONE
    assert world.texts == ["Orders have been executed. Bought $60 of VOO, $40 of AGG."]


def test_a_stop_while_waiting_leaves_the_run_and_a_later_call_ends_it(world: World) -> None:
    world.pace.stops_after = 0
    assert world.invest().state is RunState.SETTLING
    assert world.texts == []
    world.pace.stops_after = None
    assert world.invest().state is RunState.DONE
    assert (world.sent("VOO"), len(world.texts)) == (1, 1)


def test_a_run_that_vanishes_while_its_fills_are_awaited_is_said_with_its_name(world: World) -> None:
    world.broker.silent_finds = 1
    world.events.turn("broker find", world.ledger.runs.clear)
    vanished = "run main-20261127-invest-0 vanished from the ledger: was the database replaced while it was open?"
    with pytest.raises(LookupError, match=f"^{re.escape(vanished)}$"):
        world.invest()


def test_a_later_fill_is_said_once(unfilled: World) -> None:
    unfilled.broker.fills = OrderState.FILLED
    unfilled.jump(OPENS + timedelta(hours=1))
    assert unfilled.follow() is False
    assert unfilled.ledger.said_at[1] == OPENS + timedelta(hours=1)
    assert unfilled.texts[1:] == ["Orders that were still open are filled now: $60 of VOO, $40 of AGG."]
    assert unfilled.ledger.said[1].kind is AlertKind.FOLLOW_UP
    assert unfilled.follow() is False
    assert len(unfilled.texts) == 2


@pytest.mark.parametrize(("end", "said"), [(OrderState.CANCELED, "were canceled"), (OrderState.EXPIRED, "expired")])
def test_another_end_is_said_too(unfilled: World, end: OrderState, said: str) -> None:
    unfilled.broker.fills = end
    assert unfilled.follow() is False
    assert unfilled.texts[1] == f"The orders for $60 of VOO and $40 of AGG {said}."


def test_orders_that_are_still_open_are_followed_silently(unfilled: World) -> None:
    assert unfilled.follow() is True
    assert len(unfilled.texts) == 1


def test_progress_is_stored_without_a_word(unfilled: World) -> None:
    unfilled.broker.fills = OrderState.PARTIALLY_FILLED
    assert unfilled.follow() is True
    assert unfilled.order("VOO").state is OrderState.PARTIALLY_FILLED
    assert len(unfilled.texts) == 1


def test_an_order_that_cannot_be_looked_up_now_is_followed_on(unfilled: World) -> None:
    unfilled.broker.silent_finds = 1
    assert unfilled.follow() is True
    assert unfilled.order("VOO").state is OrderState.ACCEPTED


def test_an_order_that_cannot_be_looked_up_keeps_no_news_of_another_back(unfilled: World) -> None:
    unfilled.broker.fills, unfilled.broker.not_looked_up = OrderState.FILLED, "VOO"
    assert unfilled.follow() is True
    assert unfilled.texts[1:] == ["Orders that were still open are filled now: $40 of AGG."]


def test_nothing_open_asks_the_broker_nothing(world: World) -> None:
    world.invest()
    world.events.seen.clear()
    assert world.follow() is False
    assert world.events.seen == []


def test_a_broker_away_keeps_the_news_for_the_next_look(unfilled: World) -> None:
    unfilled.broker.away = True
    assert unfilled.follow() is True
    with pytest.raises(BrokerAway):
        unfilled.broker.clock()
    unfilled.broker.away, unfilled.broker.fills = False, OrderState.FILLED
    unfilled.follow()
    assert len(unfilled.texts) == 2
