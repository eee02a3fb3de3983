"""Whatever goes wrong, and wherever the process dies: one order at most for an intent, and a ledger that knows it."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.orders import OrderState
from core.routines.invest import Target
from core.runs import RunState
from tests.unit.fakes import Fate, Killed
from tests.unit.properties import steady
from tests.unit.world import KEY, TWO, WINDOW, World

SYMBOLS = ("VOO", "AGG")
MOST_CALLS = 60


@dataclass(frozen=True)
class Faults:
    """What goes wrong in a run: with each sending, with look-ups, with the process, and with the time."""

    voo: tuple[Fate, ...] = ()
    agg: tuple[Fate, ...] = ()
    kills: tuple[int, ...] = ()
    seconds_left: int = 3600
    silent_finds: int = 0
    seconds_per_order: float = 0


fates = st.lists(st.sampled_from(Fate), max_size=6).map(tuple)
faults = st.builds(
    Faults,
    voo=fates,
    agg=fates,
    kills=st.lists(st.integers(0, 25), max_size=4).map(tuple),
    seconds_left=st.one_of(st.just(3600), st.integers(0, 12)),
    silent_finds=st.integers(0, 4),
    seconds_per_order=st.sampled_from([0, 0.5, 3]),
)


def carry_on_until_the_end(world: World, kill_at: list[int]) -> None:
    """Call the routine as the ticks do, restarting after every kill; half a minute passes between two calls."""
    for _ in range(MOST_CALLS):
        world.events.kill_at = kill_at.pop(0) if kill_at else None
        try:
            if world.invest().state.is_final:
                world.events.kill_at = None
                return
        except Killed:
            pass
        world.jump(world.broker.now + timedelta(seconds=30))
    pytest.fail("the run never came to its end")


def check_that_the_ledger_knows_what_the_broker_holds(world: World) -> None:
    world.jump(world.broker.now + timedelta(hours=1))
    world.broker.find([])
    for symbol in SYMBOLS:
        order, held = world.order(symbol), world.broker.holding(KEY.client_order_id(symbol))
        assert world.held(symbol) == len(held) <= 1
        if held:
            assert (order.state, order.broker_id) == (held[0].state, held[0].broker_id)
            assert order.filled == order.intent.notional
        else:
            assert order.state in {OrderState.REJECTED, OrderState.NOT_SENT}


@settings(steady, max_examples=600)
@given(faults)
@example(Faults(voo=(Fate.LANDS_LATE,), seconds_left=5, seconds_per_order=1.8))
@example(Faults(voo=(Fate.LANDS_LATE, Fate.REFUSED_AS_THE_FIRST_LANDS)))
def test_no_fault_and_no_kill_makes_two_orders_of_one_intent_or_loses_one(wrong: Faults) -> None:
    world = World(Target(1, TWO))
    world.fate("VOO", *wrong.voo)
    world.fate("AGG", *wrong.agg)
    world.broker.silent_finds = wrong.silent_finds
    world.broker.seconds_per_order = wrong.seconds_per_order
    world.jump(WINDOW.closes - timedelta(seconds=wrong.seconds_left))
    carry_on_until_the_end(world, list(wrong.kills))
    check_that_the_ledger_knows_what_the_broker_holds(world)
    assert len(world.texts) == 1


def steps_of_an_undisturbed_run() -> list[str]:
    world = World(Target(1, TWO))
    world.invest()
    return world.events.seen


@pytest.mark.parametrize("step", range(len(steps_of_an_undisturbed_run())))
def test_a_kill_before_any_step_changes_neither_the_orders_nor_the_alert(step: int) -> None:
    world = World(Target(1, TWO))
    carry_on_until_the_end(world, [step])
    assert "killed" in world.events.seen
    check_that_the_ledger_knows_what_the_broker_holds(world)
    assert world.ledger.runs[KEY].state is RunState.DONE
    assert world.texts == ["Orders have been executed. Bought $60 of VOO, $40 of AGG."]
    assert (world.sent("VOO"), world.sent("AGG")) == (1, 1)


@pytest.mark.parametrize("step", range(4))
def test_later_news_is_said_exactly_once_wherever_the_process_dies(step: int) -> None:
    world = World(Target(1, TWO))
    world.broker.fills = OrderState.ACCEPTED
    world.invest()
    world.broker.fills = OrderState.FILLED
    world.events.kill_at = step
    try:
        world.follow()
    except Killed:
        world.events.kill_at = None
        world.follow()
    world.follow()
    assert world.texts[1:] == ["Orders that were still open are filled now: $60 of VOO, $40 of AGG."]
