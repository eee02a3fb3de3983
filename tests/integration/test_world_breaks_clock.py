"""The machine's clock is wrong or jumps, and the broker's keys are revoked in the middle of a run."""

import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic

import pytest
import trustme

from bot import records
from bot.channels import Failed
from bot.channels.telegram import CONFIRM
from bot.chat.confirming import STANDS
from bot.chat.expiry import Expiry
from bot.commands import QUESTIONS
from broker.gateway import Gateway
from core.activities import Activity, ActivityKind
from core.allocation import Sector
from core.calendar import NEW_YORK
from core.orders import LookUp, OrderIntent, OrderState, Submission
from core.runs import RunKey, RunState
from core.schedule import Routine, Window
from sandbox.faults.kinds import Answer, Denial, Slow
from sandbox.world import World
from storage import database
from tests.fuzz.house import inhabited
from tests.fuzz.talk import Talk
from tests.integration.installation import Installation, installed
from tests.integration.test_delivery import OWNER, PHONE, Office, always

SECTORS = (Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 3000), Sector("Crypto", "BTC/USD", 1000))
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=NEW_YORK)
KEY = RunKey("main", Routine.INVEST, MONDAY.date())
TEN_MINUTES = timedelta(minutes=10)
EXECUTED = "Orders have been executed. Bought $150 of VOO, $75 of AGG, $25 of BTCUSD."


class Machine:
    """This machine's clock, as every part of the product reads it."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        """Return its time."""
        return self.now


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Let every module that reads the machine's clock read one that the test moves."""
    clock, true = Machine(), records.now
    readers = [module for name, module in sys.modules.items() if name.startswith(("bot.", "tests.integration."))]
    for module in readers:
        if getattr(module, "now", None) is true:
            monkeypatch.setattr(module, "now", clock)
    return clock


# The market's time decides what is sent, and when.


@pytest.mark.parametrize("off", [TEN_MINUTES, -TEN_MINUTES], ids=["ahead", "behind"])
def test_a_clock_that_is_ten_minutes_off_opens_no_window_early_and_keeps_none_open(
    off: timedelta, machine: Machine, tmp_path: Path, authority: trustme.CA
) -> None:
    with installed(tmp_path, authority, sectors=SECTORS) as installation:

        def at(hour: int, minute: int, day: int = 23) -> None:
            machine.now = MONDAY.replace(hour=hour, minute=minute, day=day) + off
            installation.at(hour, minute, day)

        at(9, 34)
        assert installation.orders() == []
        at(9, 35)
        assert [alert.text for alert in installation.said()] == [EXECUTED]
        at(16, 6)
        installation.said()
        installation.sandbox.call(lambda world: world.brokerage.deposit(Decimal(100)))
        at(15, 46, day=24)
        (missed,) = installation.said()
        assert missed.text.startswith("Investing was missed on 2026-11-24")
        assert len(installation.orders()) == len(SECTORS)


def test_a_clock_that_jumps_between_two_looks_costs_and_repeats_nothing(
    machine: Machine, tmp_path: Path, authority: trustme.CA
) -> None:
    with installed(tmp_path, authority, sectors=SECTORS) as installation:
        said: list[str] = []
        for minute, jump in ((34, timedelta(0)), (35, timedelta(days=2)), (36, -timedelta(days=4)), (37, TEN_MINUTES)):
            machine.now += jump
            installation.at(9, minute)
            said += [alert.text for alert in installation.said()]
        assert said == [EXECUTED]
        assert len(installation.orders()) == len(SECTORS)


# A clock jumps inside a run: before anything is sent, once all is sent, or while fills are awaited.


def nothing() -> None:
    """Do nothing."""


class Jumping(Gateway):
    """A gateway that lets a test do something in the middle of a run."""

    planned: Callable[[], object]
    sent: Callable[[], object]
    looked_up: Callable[[], object]

    def prepare(self, orders: int) -> None:
        """Connect; the plan is made by now. Only the first time counts: sending again connects again."""
        planned, self.planned = self.planned, nothing
        planned()
        super().prepare(orders)

    def submit(self, intents: Sequence[OrderIntent], window: Window) -> Iterator[tuple[str, Submission]]:
        """Send, and hand every answer on."""
        yield from super().submit(intents, window)
        self.sent()

    def find(self, client_order_ids: Sequence[str]) -> dict[str, LookUp]:
        """Look orders up; in a run without doubts that is to see whether they are filled."""
        self.looked_up()
        return super().find(client_order_ids)


@dataclass
class Morning:
    """An installation in the middle of whose next run a clock can jump."""

    installation: Installation
    gateway: Jumping
    machine: Machine

    def turn_machine(self, jump: timedelta) -> None:
        """Let this machine's clock jump."""
        self.machine.now += jump

    def turn_market_on(self) -> None:
        """Let the market's clock jump ten minutes forward."""
        self.installation.sandbox.call(lambda world: world.clock.advance(TEN_MINUTES))

    def turn_market_back(self) -> None:
        """Let the market's clock say, until it is mended, that the window opens in a moment."""
        told = MONDAY.replace(minute=34, second=59, microsecond=500_000).isoformat()
        clock = {"timestamp": told, "is_open": True, "next_open": told, "next_close": told}
        self.installation.sandbox.call(
            lambda world: world.faults.set("alpaca", Answer(200, json.dumps(clock)), path="/v2/clock")
        )

    def mend(self) -> None:
        """Let the market's clock be right again."""
        self.installation.sandbox.call(lambda world: world.faults.clear())

    def ends(self) -> tuple[RunState, list[str], int]:
        """Return how the day's run has ended, what was said, and how many orders there are, in the afternoon too."""
        self.machine.now -= timedelta(days=1)
        self.installation.at(15, 55)
        run = self.installation.records.ledger.run(KEY)
        assert run is not None
        orders = self.installation.orders()
        assert len(set(orders)) == len(orders)
        return run.state, [alert.text for alert in self.installation.said()], len(orders)


@pytest.fixture
def morning(machine: Machine, tmp_path: Path, authority: trustme.CA) -> Iterator[Morning]:
    """Set an installation up in the middle of whose run a clock can jump."""
    gateways: list[Jumping] = []

    def over(gateway: Gateway) -> Gateway:
        gateway.__class__ = Jumping
        assert isinstance(gateway, Jumping)
        gateway.planned = gateway.sent = gateway.looked_up = nothing
        gateways.append(gateway)
        return gateway

    def fill_slowly(world: World) -> None:
        # The first look finds them open.
        world.brokerage.fill_delay = timedelta(seconds=0.5)

    with installed(tmp_path, authority, sectors=SECTORS, broker=over) as installation:
        installation.sandbox.call(fill_slowly)
        installation.at(9, 30)
        yield Morning(installation, gateways[0], machine)


ALL_BOUGHT = (RunState.DONE, [EXECUTED], len(SECTORS))


@pytest.mark.parametrize("jump", [TEN_MINUTES, -TEN_MINUTES], ids=["forward", "back"])
def test_this_machines_clock_may_jump_at_every_step_of_a_run(morning: Morning, jump: timedelta) -> None:
    gateway = morning.gateway
    gateway.planned = gateway.sent = gateway.looked_up = lambda: morning.turn_machine(jump)
    morning.installation.at(9, 35)
    assert abs(morning.machine.now - MONDAY) >= 3 * TEN_MINUTES
    assert morning.ends() == ALL_BOUGHT


def test_a_market_clock_that_jumps_past_the_window_before_anything_is_sent_ends_the_run_without_orders(
    morning: Morning,
) -> None:
    morning.gateway.planned = morning.turn_market_on
    morning.installation.at(15, 40)
    why = "it was 15:50, and orders are sent only until 15:45"
    words = f"Investing was missed on 2026-11-23: {why}. Nothing was bought; the cash waits for the next trading day."
    assert morning.ends() == (RunState.MISSED, [words], 0)


def test_a_market_clock_that_jumps_past_the_window_once_all_is_sent_changes_nothing(morning: Morning) -> None:
    morning.gateway.sent = morning.turn_market_on
    morning.installation.at(15, 40)
    assert morning.ends() == ALL_BOUGHT


def test_a_market_clock_that_goes_back_before_the_window_is_waited_for_and_nothing_is_sent_meanwhile(
    morning: Morning,
) -> None:
    orders_meanwhile: list[int] = []

    def note_and_mend() -> None:
        orders_meanwhile.append(len(morning.installation.orders()))
        morning.mend()

    morning.gateway.planned, morning.gateway.sent = morning.turn_market_back, note_and_mend
    morning.installation.at(9, 35)
    assert orders_meanwhile == [0, len(SECTORS)]
    assert morning.ends() == ALL_BOUGHT


def test_a_market_clock_that_goes_back_before_the_window_once_all_is_sent_changes_nothing(morning: Morning) -> None:
    morning.gateway.sent = morning.turn_market_back
    morning.installation.at(9, 35)
    morning.mend()
    assert morning.ends() == ALL_BOUGHT


# What is said goes out.


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    file = tmp_path / "books.db"
    with database.open(f"sqlite:///{file}") as books:
        yield Office(file, records.Records.over(books, (OWNER, PHONE)), send_seconds=5)


@pytest.mark.parametrize(
    ("jump", "waits"),
    [
        (TEN_MINUTES, timedelta(0)),
        # At most as long as the clock went back, and what was said by others has long gone out.
        (-TEN_MINUTES, TEN_MINUTES),
        # Too far back to be waited for.
        (-timedelta(days=1), timedelta(0)),
    ],
    ids=["forward", "back", "far back"],
)
async def test_what_waits_for_its_next_try_goes_out_after_the_clock_has_jumped(
    jump: timedelta, waits: timedelta, machine: Machine, office: Office
) -> None:
    office.telegram.answer = lambda _: always(Failed("Telegram cannot be reached"))
    office.say("one")
    await office.pump_dry()
    office.telegram.answer = None
    machine.now += jump
    office.say("two")
    await office.pump_dry()
    assert office.sms.texts() == ["one", "two"]
    assert office.telegram.texts() == ([] if waits else ["one", "two"])
    machine.now += waits + timedelta(seconds=1)
    await office.pump_dry()
    assert office.telegram.texts() == ["one", "two"]


# What was asked is over in time.


@pytest.fixture
async def talk(machine: Machine, tmp_path: Path) -> AsyncIterator[Talk]:
    async with inhabited(tmp_path) as house:
        await house.services.pump.flush(1)
        yield Talk(house)


def confirming(talk: Talk) -> str:
    return next(button.data or "" for button in talk.newest.buttons if (button.data or "").startswith(CONFIRM))


async def test_a_clock_that_jumps_forward_ends_a_question_and_it_can_be_asked_anew(
    talk: Talk, machine: Machine
) -> None:
    await talk.say("/invest")
    button = confirming(talk)
    machine.now += TEN_MINUTES
    await Expiry(talk.house.services, talk.house.application.bot, QUESTIONS).look(machine.now)
    assert talk.newest.text == "This offer is over. /invest makes a new one."
    await talk.house.receive([talk.tapped(talk.newest, button)])
    assert talk.house.state()["runs"] == 0
    await talk.say("/invest")
    await talk.tap(confirming(talk))
    assert talk.house.state()["runs"] == 1


async def test_a_clock_that_jumps_back_lets_a_tap_count_once_and_only_while_the_market_lets_it(
    talk: Talk, machine: Machine
) -> None:
    await talk.say("/invest")
    asked, button = talk.newest, confirming(talk)
    machine.now -= TEN_MINUTES
    # The market's clock went on meanwhile, past the day's last moment for orders.
    opened, talk.house.broker.now = talk.house.broker.now, talk.house.broker.now + timedelta(hours=8)
    await talk.house.receive([talk.tapped(asked, button)])
    assert talk.house.state()["runs"] == 0
    talk.house.broker.now = opened
    await talk.say("/invest")
    asked, button = talk.newest, confirming(talk)
    await talk.house.receive([talk.tapped(asked, button), talk.tapped(asked, button)])
    assert talk.house.state()["runs"] == 1
    machine.now += STANDS
    await talk.house.receive([talk.tapped(asked, button)])
    assert talk.house.state()["runs"] == 1


# The day is New York's, by the market's clock where that was ever heard.

NEW_YEARS_EVE = datetime(2027, 1, 1, 2, 30, tzinfo=UTC)
"""Half past nine in the evening of the old year, in New York."""


async def test_a_pause_is_counted_from_the_markets_day_and_without_it_from_this_machines_in_new_york(
    talk: Talk, machine: Machine
) -> None:
    machine.now = NEW_YEARS_EVE
    talk.house.broker.away = True
    assert "until Tue 5 Jan 2027;" in await talk.say("/pause 5")
    assert "Investing: paused until Tue 5 Jan 2027" in await talk.say("/status")
    talk.house.broker.away = False
    assert "until Sat 28 Nov 2026;" in await talk.say("/pause 5")


async def test_a_deposit_is_dated_by_the_markets_year_and_without_it_by_this_machines_in_new_york(
    talk: Talk, machine: Machine
) -> None:
    machine.now = NEW_YEARS_EVE
    put_in = Activity("1", "CSD", ActivityKind.FLOW, MONDAY.date(), Decimal(100))
    talk.house.broker.activities_known = (put_in,)
    assert "Mon 23 Nov " in await talk.say("/deposits")
    machine.now += timedelta(days=1)
    assert "Mon 23 Nov 2026" in await talk.say("/deposits")
    await talk.say("/cash")
    assert "Mon 23 Nov 2026" not in await talk.say("/deposits")


# The keys are revoked when the first order has been taken.

REFUSED = (
    "Alpaca refuses the keys: unauthorized. Nothing is ordered until that is mended: check key_id and secret_key in "
    "the settings, then restart the service."
)


@pytest.fixture
def revoked(tmp_path: Path, authority: trustme.CA) -> Iterator[Installation]:
    """Live through a morning up to the moment when one order is at the broker, and the keys open nothing any more."""

    def revoke(world: World) -> None:
        def passes(method: str, path: str, times: int | None) -> int:
            return world.faults.set("alpaca", Slow(timedelta(0)), method=method, path=path, times=times)

        passes("POST", "/v2/orders", 1)
        # A worker on a busy machine reads the time anew before it sends.
        passes("GET", "/v2/clock", None)
        world.faults.set("alpaca", Denial(401))

    class Revoking(Gateway):
        """A gateway whose keys are revoked while it sends."""

        def submit(self, intents: Sequence[OrderIntent], window: Window) -> Iterator[tuple[str, Submission]]:
            if not installation.orders():
                installation.sandbox.call(revoke)
            return super().submit(intents, window)

    def over(gateway: Gateway) -> Gateway:
        gateway.__class__ = Revoking
        return gateway

    with installed(tmp_path, authority, sectors=SECTORS, broker=over) as installation:
        installation.at(9, 30)
        installation.set_clock(9, 35)
        installation.tick()
        assert len(installation.orders()) == 1
        yield installation


def said_until(installation: Installation, text: str) -> list[str]:
    """Let ticks happen until something is said that begins like this; return all that was said."""
    said: list[str] = []
    over = monotonic() + 30
    while not any(one.startswith(text) for one in said):
        assert monotonic() < over, said
        installation.tick()
        said += [alert.text for alert in installation.said()]
    return said


def test_keys_revoked_in_the_middle_of_a_run_are_said_and_once_mended_the_rest_is_sent(revoked: Installation) -> None:
    assert said_until(revoked, "Alpaca refuses") == [REFUSED]
    assert len(revoked.orders()) == 1
    revoked.sandbox.call(lambda world: world.faults.clear())
    assert said_until(revoked, "Orders have been executed") == [EXECUTED]
    assert len(set(revoked.orders())) == len(revoked.orders()) == len(SECTORS)


def test_keys_mended_after_the_window_end_the_run_with_what_was_bought_and_what_was_not(revoked: Installation) -> None:
    assert said_until(revoked, "Alpaca refuses") == [REFUSED]
    revoked.set_clock(15, 50)
    revoked.sandbox.call(lambda world: world.faults.clear())
    (ended,) = said_until(revoked, "Orders have been executed")
    assert " were not sent: the time for the day's orders was over before Alpaca could be reached." in ended
    run = revoked.records.ledger.run(KEY)
    assert run is not None
    assert run.state is RunState.DONE
    assert Counter(order.state for order in run.orders) == {OrderState.FILLED: 1, OrderState.NOT_SENT: 2}
    assert len(revoked.orders()) == 1
