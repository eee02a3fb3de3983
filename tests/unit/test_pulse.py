"""The watchdog is fed while every part makes its attempts, whatever comes of them, and not a moment longer."""

import asyncio
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from telegram.error import NetworkError, RetryAfter

from bot.chat.polling import LONGEST_TRY, Polling
from bot.delivery import LONGEST_LOOK, Pump
from bot.jobs import Jobs
from bot.lane import Lane
from bot.operations.notify import Notifier
from bot.operations.pulse import GRACE_SECONDS, LONGEST_WORK, Part, Pulse, watch
from core.ports import BrokerAway


class HandClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Heard(Notifier):
    """A notifier that records what it is asked to say."""

    def __init__(self) -> None:
        super().__init__("/nowhere", watchdog_seconds=0.02)
        self.states: list[str] = []
        self.more = asyncio.Event()

    def _send(self, state: str) -> None:
        self.states.append(state)
        self.more.set()


def feeds(pulse: Pulse) -> tuple[int, str]:
    """Let the watch run for a moment; return how often the watchdog was fed, and the last status."""
    heard = Heard()

    async def look() -> None:
        watching = asyncio.create_task(watch(pulse, heard, lambda: "well"))
        # The status comes first, and the feeding right after it.
        await heard.more.wait()
        watching.cancel()

    asyncio.run(look())
    statuses = [state for state in heard.states if state.startswith("STATUS=")]
    return heard.states.count("WATCHDOG=1"), statuses[-1]


def alive(clock: HandClock) -> Pulse:
    pulse = Pulse(clock)
    for part in Part:
        pulse.sign(part, 10)
    return pulse


def test_while_every_part_keeps_its_word_the_watchdog_is_fed() -> None:
    clock = HandClock()
    pulse = alive(clock)
    clock.seconds += 10 + GRACE_SECONDS
    assert (feeds(pulse)[0] > 0, pulse.silent()) == (True, ())


@pytest.mark.parametrize("silent", list(Part))
def test_one_part_that_makes_no_more_attempts_ends_the_feeding_and_is_named(silent: Part) -> None:
    clock = HandClock()
    pulse = alive(clock)
    clock.seconds += 10 + GRACE_SECONDS + 1
    for part in Part:
        if part is not silent:
            pulse.sign(part, 10)
    assert pulse.silent() == (silent,)
    assert feeds(pulse) == (0, f"STATUS=Nothing is heard of {silent}; waiting to be restarted")


def test_a_part_that_never_begins_is_noticed_too() -> None:
    clock = HandClock()
    pulse = Pulse(clock)
    clock.seconds += GRACE_SECONDS + 1
    assert pulse.silent() == tuple(Part)


def test_a_part_that_promised_a_long_pause_may_take_it() -> None:
    clock = HandClock()
    pulse = alive(clock)
    pulse.sign(Part.POLLING, 3600)
    clock.seconds += 3600
    pulse.sign(Part.TICK, 10)
    pulse.sign(Part.PUMP, 10)
    assert pulse.silent() == ()


# Each part signs, whether it succeeds or fails.


class Signed(Pulse):
    """A pulse that records who promised what."""

    def __init__(self) -> None:
        super().__init__()
        self.promised: list[tuple[Part, float]] = []
        self.more = asyncio.Event()

    def sign(self, part: Part, within: float) -> None:
        self.promised.append((part, within))
        self.more.set()

    async def reaches(self, count: int) -> None:
        while len(self.promised) < count:
            self.more.clear()
            await self.more.wait()

    def of(self, part: Part) -> Callable[[float], None]:
        return lambda within: self.sign(part, within)


def jobs(pulse: Pulse, tick: Callable[[], None], *, is_time: bool = True, lane: Lane | None = None) -> Jobs:
    def nothing(*_: object) -> None:
        pass

    services = SimpleNamespace(
        settings=SimpleNamespace(execution=SimpleNamespace(tick_seconds=15)),
        lane=lane or Lane(partial(pulse.sign, Part.TICK), 15),
        trouble=SimpleNamespace(is_time=lambda: is_time, went_well=nothing, broker_failed=nothing),
        rounds=SimpleNamespace(tick=tick, away=nothing),
        rotation=SimpleNamespace(look=nothing),
        pump=SimpleNamespace(nudge=nothing),
    )
    return Jobs(cast(Any, services), nothing, pulse)


def away() -> None:
    raise BrokerAway("no answer in time")


@pytest.mark.parametrize("tick", [lambda: None, away], ids=["well", "away"])
async def test_a_tick_promises_the_next_one_and_while_it_works_more_time(tick: Callable[[], None]) -> None:
    pulse = Signed()
    await jobs(pulse, tick).tick(cast(Any, None))
    assert pulse.promised == [(Part.TICK, 15), (Part.TICK, LONGEST_WORK), (Part.TICK, 15)]


async def test_a_tick_that_decides_to_wait_is_an_attempt() -> None:
    pulse = Signed()
    await jobs(pulse, away, is_time=False).tick(cast(Any, None))
    assert pulse.promised == [(Part.TICK, 15)]


async def test_a_tap_that_hangs_in_the_lane_is_noticed_although_ticks_go_on_coming() -> None:
    clock = HandClock()
    pulse = alive(clock)
    lane = Lane(partial(pulse.sign, Part.TICK), 15)
    ticks = jobs(pulse, away, lane=lane)
    async with lane:
        clock.seconds += LONGEST_WORK + GRACE_SECONDS
        await ticks.tick(cast(Any, None))
        assert Part.TICK not in pulse.silent()
        clock.seconds += 1
        await ticks.tick(cast(Any, None))
        assert Part.TICK in pulse.silent()
    assert Part.TICK not in pulse.silent()


async def test_taps_one_after_the_other_each_have_the_whole_time() -> None:
    clock = HandClock()
    pulse = alive(clock)
    lane = Lane(partial(pulse.sign, Part.TICK), 15)
    for _ in range(3):
        async with lane:
            clock.seconds += LONGEST_WORK + GRACE_SECONDS
            assert Part.TICK not in pulse.silent()


async def test_the_pump_signs_at_each_look_and_before_the_pause_after_a_failure() -> None:
    pulse = Signed()

    class Broken:
        def due(self, _now: object) -> object:
            raise OSError("the disk is full")

    pump = Pump(cast(Any, SimpleNamespace(outbox=Broken())), {}, signs=pulse.of(Part.PUMP))
    running = asyncio.create_task(pump.run())
    await pulse.reaches(2)
    pump.stop()
    await running
    assert pulse.promised[:2] == [(Part.PUMP, LONGEST_LOOK), (Part.PUMP, 1.0)]


async def test_polling_signs_at_each_try_and_promises_the_pause_that_telegram_asks_for() -> None:
    pulse = Signed()
    errors = iter([NetworkError("gone"), RetryAfter(3600)])

    async def fail() -> None:
        raise next(errors)

    async def nothing(*_: object) -> None:
        pass

    application = SimpleNamespace(initialize=fail)
    connection = SimpleNamespace(shutdown=nothing, initialize=nothing)
    polling = Polling(
        cast(Any, application),
        cast(Any, connection),
        [],
        on_refused=nothing,
        first_pause=0.01,
        signs=pulse.of(Part.POLLING),
    )
    running = asyncio.create_task(polling.run())
    await pulse.reaches(4)
    running.cancel()
    assert pulse.promised == [
        (Part.POLLING, LONGEST_TRY),
        (Part.POLLING, 0.01),
        (Part.POLLING, LONGEST_TRY),
        (Part.POLLING, 3600),
    ]
