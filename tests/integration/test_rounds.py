"""Rounds that meet what must not happen: another account, a pause in the middle, orders without an answer."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
import trustme
from sqlalchemy.exc import DatabaseError

from bot.records import now
from bot.routines.offers import Offer
from broker.gateway import Gateway
from core.allocation import Sector
from core.orders import LookUp, OrderIntent, Submission
from core.ports import BrokerAway
from core.runs import RunState
from core.schedule import Routine, Window
from sandbox.faults.kinds import Answer
from sandbox.world import World
from storage import database
from storage.errors import WrongAccount
from tests.integration.breaking_books import Break, full_disk, locked
from tests.integration.installation import Installation, installed

SECTORS = (Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 4000))
UNAVAILABLE = Answer(503, "", "text/plain")


@pytest.fixture
def one(tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    """Set an installation up that has met its account, before the open; nobody waits long for a lock."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with installed(tmp_path, authority, sectors=SECTORS) as installation:
        installation.tick()
        yield installation


def refuse_orders(one: Installation) -> None:
    """Let no order arrive: each gets a 503 instead."""
    one.sandbox.call(lambda world: world.faults.set("alpaca", UNAVAILABLE, method="POST", path="/v2/orders"))


def leave_in_doubt(one: Installation) -> None:
    """Bring the day's run to where its orders have no answer."""
    refuse_orders(one)
    one.at(9, 35)
    assert [run.state for run in one.records.ledger.unfinished()] == [RunState.SUBMITTING]


def heal(one: Installation) -> None:
    """Take every fault away."""
    one.sandbox.call(lambda world: world.faults.clear())


def test_a_run_in_doubt_is_not_carried_on_with_another_account(one: Installation) -> None:
    leave_in_doubt(one)

    def reset(world: World) -> None:
        world.faults.clear()
        world.brokerage.reset(Decimal(100_000))

    one.sandbox.call(reset)
    with pytest.raises(WrongAccount):
        one.rounds.tick()
    assert one.orders() == []


def test_orders_in_doubt_do_not_leave_once_the_owner_has_paused(one: Installation) -> None:
    leave_in_doubt(one)
    one.records.control.pause("owner", now(), None)
    heal(one)
    one.rounds.tick()
    assert one.orders() == []
    one.at(15, 47)
    assert one.said()[-1].text == (
        "Investing was missed on 2026-11-23: investing was paused in the meantime. "
        "Nothing was bought; the cash waits for the next trading day."
    )
    assert one.orders() == []


def test_resumed_within_the_window_the_run_goes_on(one: Installation) -> None:
    leave_in_doubt(one)
    one.records.control.pause("owner", now(), None)
    heal(one)
    one.rounds.tick()
    one.records.control.resume("owner", now())
    one.rounds.tick()
    assert one.said()[-1].text == "Orders have been executed. Bought $150 of VOO, $100 of AGG."


def test_orders_that_stay_without_an_answer_are_said_once_and_keep_the_next_day_back(one: Installation) -> None:
    leave_in_doubt(one)
    one.sandbox.call(lambda world: world.faults.set("alpaca", UNAVAILABLE, method="GET", path="/v2/orders*"))

    def look() -> None:
        # The account can be read only with its open orders: that is a broker away, said by its own alert.
        with pytest.raises(BrokerAway):
            one.rounds.tick()

    look()
    one.set_clock(9, 40, day=24)
    look()
    heal(one)
    one.rounds.tick()
    texts = [alert.text for alert in one.said()]
    assert any("Investing was missed on 2026-11-23" in text for text in texts[:-1])
    assert texts[-1].startswith("Orders have been executed.")
    assert {order.split("-")[1] for order in one.orders()} == {"20261124"}


def test_a_missed_day_that_a_later_run_overtook_is_said_all_the_same(one: Installation) -> None:
    one.set_clock(9, 40, day=25)
    offer = one.offers.make()
    assert isinstance(offer, Offer)
    one.offers.carry_out(offer)
    one.rounds.tick()
    said = [alert.text for alert in one.said()]
    assert any("Investing was missed on 2026-11-23 and 2026-11-24" in text for text in said)
    assert one.records.ledger.runs_on(Routine.INVEST, one.sandbox.call(lambda world: world.clock.now()).date())


class Forgetful(Gateway):
    """A gateway with a bug: looking orders up breaks."""

    def find(self, client_order_ids: Sequence[str]) -> dict[str, LookUp]:
        """Break."""
        raise ValueError(f"a bug met {len(client_order_ids)} orders")


def test_a_routine_that_breaks_does_not_keep_missed_days_back(tmp_path: Path, authority: trustme.CA) -> None:
    def forgetful(gateway: Gateway) -> Gateway:
        gateway.__class__ = Forgetful
        return gateway

    with installed(tmp_path, authority, sectors=SECTORS, broker=forgetful) as one:
        one.tick()
        refuse_orders(one)
        one.set_clock(9, 35)
        with pytest.raises(ValueError, match="a bug"):
            one.rounds.tick()
        one.set_clock(16, 30, day=24)
        with pytest.raises(ValueError, match="a bug"):
            one.rounds.tick()
        assert any("missed on 2026-11-24" in alert.text for alert in one.said())


def test_what_was_missed_is_a_warning_in_the_log_with_the_run_s_name(
    one: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    leave_in_doubt(one)
    # Never sent: the time for it is over. The next day passes without a single look.
    one.at(15, 47)
    heal(one)
    one.at(9, 0, day=25)
    warned = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "run main-20261123-invest-0 is missed now" in warned
    assert any(line.startswith("run main-20261124-invest-0 was missed: Allocator was off") for line in warned), warned


class Breaking(Gateway):
    """A gateway that lets a test break something in the middle of a run."""

    planned: Callable[[], object]
    answered: Callable[[], object]

    def prepare(self, orders: int) -> None:
        """Connect; the plan is made by now, and not in the books yet."""
        self.planned()
        super().prepare(orders)

    def submit(self, intents: Sequence[OrderIntent], window: Window) -> Iterator[tuple[str, Submission]]:
        """Send, and hand the answers on once all have come."""
        answers = list(super().submit(intents, window))
        self.answered()
        yield from answers


def sendings(world: World) -> int:
    """Return how many times an order was sent."""
    return sum((seen.method, seen.path) == ("POST", "/v2/orders") for seen in world.brokerage.requests_seen)


@pytest.mark.parametrize("broken", [locked, full_disk], ids=["locked", "full disk"])
@pytest.mark.parametrize("moment", ["at once", "planned", "answered"])
def test_books_that_cannot_be_written_cost_ticks_but_no_order_and_afterwards_the_day_is_carried_out_once(
    broken: Break, moment: str, tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateways: list[Breaking] = []

    def breaking(gateway: Gateway) -> Gateway:
        gateway.__class__ = Breaking
        assert isinstance(gateway, Breaking)
        gateway.planned = gateway.answered = lambda: None
        gateways.append(gateway)
        return gateway

    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with installed(tmp_path, authority, sectors=SECTORS, broker=breaking) as one:
        one.tick()
        one.set_clock(9, 35)
        with ExitStack() as while_broken:

            def break_books() -> None:
                gateways[0].planned = gateways[0].answered = lambda: None
                while_broken.enter_context(broken(one.records.database.file))

            if moment == "at once":
                break_books()
            else:
                setattr(gateways[0], moment, break_books)
            for _ in range(2):
                with pytest.raises(DatabaseError):
                    one.rounds.tick()
                assert len(one.orders()) == (2 if moment == "answered" else 0)
            assert one.said() == []
        one.rounds.tick()
        one.rounds.tick()
        assert [alert.text for alert in one.said()] == ["Orders have been executed. Bought $150 of VOO, $100 of AGG."]
        assert len(set(one.orders())) == len(one.orders()) == one.sandbox.call(sendings) == 2


def test_a_day_missed_because_the_books_could_not_be_written_is_said_with_its_reason(one: Installation) -> None:
    one.set_clock(9, 35)
    with locked(one.records.database.file), pytest.raises(DatabaseError) as raised:
        one.rounds.tick()
    one.rounds.broke(raised.value)
    one.at(15, 50)
    (missed,) = one.said()
    why = "something went wrong inside Allocator (OperationalError)"
    assert missed.text == (
        f"Investing was missed on 2026-11-23: {why}. Nothing was bought; the cash waits for the next trading day."
    )
