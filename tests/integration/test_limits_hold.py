"""The day's total holds whatever arrives at once: taps in storms, runs that race, a market whose clock jumps."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, BrokenBarrierError, RLock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.records import Records, now
from bot.routines.market import Market
from bot.routines.offers import Offer, Offers, Refusal, Rules, payload
from core import schedule
from core.account import Account, Asset, Minimums
from core.allocation import Allocation, Sector
from core.calendar import NEW_YORK
from core.orders import LookUp, OrderIntent, Submission
from core.ports import Ports
from core.reserves import ReserveAmount
from core.routines.invest import Policy, decide, invest
from core.runs import Run, RunKey
from core.schedule import Routine, Window
from storage import database
from storage.errors import StorageError
from storage.outbox import Recipient
from tests.fuzz.house import OpenMarket
from tests.unit.fakes import Events, FakePace
from tests.unit.properties import steady

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK)
DAY = timedelta(days=1)
TWO = Allocation((Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 4000)))


MEETING_SECONDS = 0.1
"""How long a look at the account waits for the others', so that all decide on the same cash."""


class Till(OpenMarket):
    """A broker that would lend: it takes every order, whatever cash there is, so that only the product holds back."""

    def __init__(self) -> None:
        known = {one.symbol: Asset(one.symbol, tradable=True, fractionable=True) for one in TWO.sectors}
        super().__init__(Events(), MONDAY.astimezone(UTC), cash=Decimal(0), assets_by_symbol=known)
        self._one_at_a_time = RLock()
        self.meeting: Barrier | None = None
        self.meanwhile: list[Callable[[], object]] = []

    def account(self) -> Account:
        """Return the account, with what was bought taken out of its cash, as all who look at it at once see it."""
        answer = self._account()
        while self.meanwhile:
            self.meanwhile.pop()()
        if self.meeting is not None:
            with suppress(BrokenBarrierError):
                self.meeting.wait(MEETING_SECONDS)
        return answer

    def _account(self) -> Account:
        with self._one_at_a_time:
            left = self.cash - self.bought
            return Account("1", left, Decimal(0), left * 2, left, None, None)

    def submit(self, intents: Sequence[OrderIntent], window: Window) -> Iterator[tuple[str, Submission]]:
        """Take all orders."""
        with self._one_at_a_time:
            return iter(list(super().submit(intents, window)))

    def find(self, client_order_ids: Sequence[str]) -> dict[str, LookUp]:
        """Return what is known of each order."""
        with self._one_at_a_time:
            return super().find(client_order_ids)

    @property
    def bought(self) -> Decimal:
        """Dollars of all orders."""
        return sum((Decimal(order.notional or 0) / 100 for order in self.held), Decimal(0))


@dataclass(frozen=True)
class Storm:
    """What comes at once: owners' taps on the plan that they were shown, the day's own run, and runs that race it."""

    taps: int
    scheduled: bool = False
    racing: int = 0
    deposit: int = 0
    jump: timedelta = timedelta(0)
    meanwhile: timedelta = timedelta(0)
    """How far the clock jumps after the account was read."""


JUMPS = [timedelta(0), timedelta(minutes=3), timedelta(hours=2), DAY, -DAY]

storms = st.builds(
    Storm,
    taps=st.integers(0, 3),
    scheduled=st.booleans(),
    racing=st.integers(0, 2),
    deposit=st.sampled_from([0, 0, 50, 250, 1000]),
    jump=st.sampled_from(JUMPS),
    meanwhile=st.sampled_from(JUMPS),
)


@pytest.fixture(scope="module")
def empty_books() -> Iterator[Path]:
    """Return a migrated database, to be copied."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        database.open(f"sqlite:///{file}").close()
        yield file


@dataclass
class Desk:
    """One account, and everything that may invest its cash."""

    till: Till
    records: Records
    offers: Offers
    policy: Policy
    ports: Ports
    numbers: Iterator[int] = field(default_factory=lambda: count(100))

    def live_through(self, storm: Storm) -> None:
        """Let everything arrive at the same moment, as if nothing but the ledger kept it apart."""
        self.till.cash += storm.deposit
        self.till.now += storm.jump
        shown = self.offers.make()
        deeds: list[Callable[[], object]] = [self._scheduled] if storm.scheduled else []
        deeds += [partial(self._race, next(self.numbers)) for _ in range(storm.racing)]
        if isinstance(shown, Offer):
            deeds += [lambda: self.offers.take(payload(shown.key, shown.plan))] * storm.taps
        if not deeds:
            return
        gate = Barrier(len(deeds))
        self.till.meeting = Barrier(len(deeds))
        self.till.meanwhile = [partial(self._jump, storm.meanwhile)]

        def do(deed: Callable[[], object]) -> None:
            gate.wait()
            # The ledger refuses the later ones: the run exists, or something was ordered meanwhile.
            with suppress(StorageError):
                deed()

        with ThreadPoolExecutor(len(deeds)) as at_once:
            list(at_once.map(do, deeds))
        self.till.meeting = None
        self.till.meanwhile.clear()

    def _jump(self, how_far: timedelta) -> None:
        self.till.now += how_far

    def _scheduled(self) -> None:
        if not self.records.ledger.unfinished():
            self._invest(0)

    def _race(self, number: int) -> None:
        """Invest as another program on the same ledger would, which no lock of this one keeps out."""
        self._invest(number)

    def _invest(self, number: int) -> None:
        day = Market(self.till, self.ports.pace).today(self.till.clock())
        if day is not None:
            key = RunKey("main", Routine.INVEST, day.day, number)
            decision = partial(decide, key, self.records.target(day.day), self.policy, self.ports)
            invest(key, schedule.window(Routine.INVEST, day), decision, self.policy, self.ports)


@contextmanager
def desk(books: Path, max_per_day: int | None) -> Iterator[Desk]:
    """Open an account's desk over a copy of the books."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "books.db"
        shutil.copyfile(books, file)
        with database.open(f"sqlite:///{file}") as opened:
            till = Till()
            records = Records.over(opened, [Recipient("telegram", "7")])
            records.bind("1", till.now)
            records.allocations.start_with(TWO, now())
            policy = Policy(ReserveAmount(0), Minimums(1_00, 10_00), max_per_day)
            pace = FakePace(till)
            ports = Ports(till, records.ledger, pace)
            offers = Offers(records, Market(till, pace), ports, Rules(lambda: policy, live=False))
            yield Desk(till, records, offers, policy, ports)


@settings(steady, max_examples=6)
@given(st.lists(storms, max_size=3), st.sampled_from([None, 100_00, 300_00]))
@example([Storm(4, scheduled=True, deposit=250)], None)
@example([Storm(4, scheduled=True, deposit=1000), Storm(4, deposit=1000), Storm(4, deposit=50)], 300_00)
@example([Storm(2, deposit=250), Storm(3, deposit=250, jump=DAY), Storm(3, jump=-DAY)], 100_00)
@example([Storm(2, racing=2, deposit=250), Storm(0, scheduled=True, racing=2, deposit=50)], None)
@example([Storm(1, scheduled=True, racing=1, deposit=250, meanwhile=DAY), Storm(2, racing=1)], 300_00)
def test_no_storm_of_taps_and_runs_invests_more_than_the_cash_or_than_a_day_may(
    empty_books: Path, arriving: list[Storm], max_per_day: int | None
) -> None:
    with desk(empty_books, max_per_day) as one:
        for storm in arriving:
            one.live_through(storm)
            assert one.till.bought <= one.till.cash
            days = Counter[str]()
            for order in one.till.held:
                days[order.client_order_id.split("-")[1]] += order.notional or 0
            assert max_per_day is None or all(cents <= max_per_day for cents in days.values())
        ids = [order.client_order_id for order in one.till.held]
        assert len(set(ids)) == len(ids)


def test_nothing_is_offered_while_a_run_is_in_doubt(empty_books: Path) -> None:
    with desk(empty_books, None) as one:
        one.till.cash += 250
        shown = one.offers.make()
        assert isinstance(shown, Offer)
        one.records.ledger.open_run(
            shown.key, shown.plan, shown.window, footing=None, allocation_version=1, limit=None, at=now()
        )
        one.till.cash += 500
        assert one.offers.make() == Refusal("A run is still under way; its alert says how it ends.")
        assert one.till.held == []


def test_a_run_says_the_allocation_that_it_was_planned_with_whatever_is_chosen_after_the_tap(empty_books: Path) -> None:
    other = Allocation((Sector("Stocks", "VOO", 5000), Sector("Bonds", "AGG", 5000)))
    with desk(empty_books, None) as one:
        one.till.cash += 250
        shown = one.offers.make()
        assert isinstance(shown, Offer)
        allocations = one.records.allocations
        one.till.events.turn("broker assets", lambda: allocations.set(other, "telegram user 7", "meanwhile", now()))
        run = one.offers.take(payload(shown.key, shown.plan))
        assert isinstance(run, Run)
        assert [order.intent.notional for order in run.orders] == [150_00, 100_00]
        assert allocations.active() == (2, other)
        assert [done.allocation_version for done in one.records.ledger.recent_runs(5)] == [1]


def test_a_storm_of_taps_on_one_plan_invests_it_once(empty_books: Path) -> None:
    with desk(empty_books, None) as one:
        one.live_through(Storm(4, scheduled=True, deposit=250))
        assert one.till.bought == 250
        assert len(one.records.ledger.recent_runs(5)) == 1
