"""Wherever a rebalancing dies and whatever fails: no order twice, and nothing bought with what was not sold."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.orders import OrderState, Side
from core.runs import RunState
from tests.unit.fakes import Fate, Killed
from tests.unit.properties import steady
from tests.unit.rebalancing_world import BUYS, SALES, Rebalancing
from tests.unit.world import WINDOW

MOST_CALLS = 60
DONE = (
    "The account was rebalanced. Sold $20 of VOO. Bought $20 of AGG. Realised a gain of $10 short term, first in, "
    "first out. The drift was 20.00 percentage points and is 0.00 now."
)


def carry_on_until_the_end(world: Rebalancing, kill_at: list[int]) -> None:
    """Call the routine as the ticks do, restarting after every kill; half a minute passes between two calls."""
    for _ in range(MOST_CALLS):
        world.events.kill_at = kill_at.pop(0) if kill_at else None
        try:
            if world.go().state.is_final:
                world.events.kill_at = None
                return
        except Killed:
            world.events.kill_at = None
        world.broker.now += timedelta(seconds=30)
    pytest.fail("the rebalancing never came to its end")


def check_the_books(world: Rebalancing) -> None:
    """No order twice, none that the ledger does not know, and no more bought than was sold."""
    world.broker.now += timedelta(hours=1)
    world.broker.find([])
    identities = [order.client_order_id for order in world.broker.held]
    assert len(identities) == len(set(identities))
    for key, side in ((SALES, Side.SELL), (BUYS, Side.BUY)):
        known, held = world.ledgers(key), world.orders(side)
        for symbol, state in known.items():
            if symbol in held:
                assert state is held[symbol].state
            else:
                assert state in {OrderState.REJECTED, OrderState.NOT_SENT}
        assert set(held) <= set(known)
    sold = sum((one.filled_quantity for one in world.orders(Side.SELL).values()), Decimal(0))
    bought = sum((one.filled_quantity for one in world.orders(Side.BUY).values()), Decimal(0))
    assert bought <= sold


def steps_of_an_undisturbed_run() -> list[str]:
    world = Rebalancing()
    world.go()
    return world.events.seen


@pytest.mark.parametrize("step", range(len(steps_of_an_undisturbed_run())))
def test_a_kill_before_any_step_changes_neither_the_orders_nor_the_alert(step: int) -> None:
    world = Rebalancing()
    carry_on_until_the_end(world, [step])
    assert "killed" in world.events.seen
    check_the_books(world)
    assert world.ledger.runs[SALES].state is world.ledger.runs[BUYS].state is RunState.DONE
    assert world.texts == [DONE]


@dataclass(frozen=True)
class Faults:
    """What goes wrong: with each sending, with look-ups, with the process, and with the time."""

    sale: tuple[Fate, ...] = ()
    purchase: tuple[Fate, ...] = ()
    kills: tuple[int, ...] = ()
    seconds_left: int = 3600
    silent_finds: int = 0


fates = st.lists(st.sampled_from(Fate), max_size=5).map(tuple)
faults = st.builds(
    Faults,
    sale=fates,
    purchase=fates,
    kills=st.lists(st.integers(0, 45), max_size=4).map(tuple),
    seconds_left=st.one_of(st.just(3600), st.integers(1, 40)),
    silent_finds=st.integers(0, 4),
)


@settings(steady, max_examples=400)
@given(faults)
def test_no_fault_and_no_kill_makes_two_orders_of_one_or_spends_what_was_not_sold(wrong: Faults) -> None:
    world = Rebalancing()
    world.broker.fates = {"VOO": list(wrong.sale), "AGG": list(wrong.purchase)}
    world.broker.silent_finds = wrong.silent_finds
    world.broker.now = WINDOW.closes - timedelta(seconds=wrong.seconds_left)
    carry_on_until_the_end(world, list(wrong.kills))
    check_the_books(world)
    assert len(world.texts) == 1
