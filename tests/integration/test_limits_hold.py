"""The day's total holds whatever arrives at once: taps in storms, two runs that race, a market whose clock jumps."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, RLock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.records import Records, now
from bot.routines.market import Market
from bot.routines.offers import Offer, Offers, Rules, payload
from core import schedule
from core.account import Account, Asset, Minimums
from core.allocation import Allocation, Sector
from core.calendar import NEW_YORK
from core.orders import LookUp, OrderIntent, Submission
from core.ports import Ports
from core.reserves import ReserveAmount
from core.routines.invest import Policy, invest
from core.runs import RunKey
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


class Till(OpenMarket):
    """A broker that would lend: it takes every order, whatever cash there is, so that only the product holds back."""

    def __init__(self) -> None:
        known = {one.symbol: Asset(one.symbol, tradable=True, fractionable=True) for one in TWO.sectors}
        super().__init__(Events(), MONDAY.astimezone(UTC), cash=Decimal(0), assets_by_symbol=known)
        self._one_at_a_time = RLock()

    def account(self) -> Account:
        """Return the account, with what was bought taken out of its cash."""
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
    """What comes at once: owners' taps on the plan that they were shown, and the day's own run beside them."""

    taps: int
    scheduled: bool = False
    deposit: int = 0
    jump: timedelta = timedelta(0)


storms = st.builds(
    Storm,
    taps=st.integers(0, 3),
    scheduled=st.booleans(),
    deposit=st.sampled_from([0, 0, 50, 250, 1000]),
    jump=st.sampled_from([timedelta(0), timedelta(minutes=3), timedelta(hours=2), DAY, -DAY]),
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

    def live_through(self, storm: Storm) -> None:
        """Let everything arrive at the same moment, as if nothing but the ledger kept it apart."""
        self.till.cash += storm.deposit
        self.till.now += storm.jump
        shown = self.offers.make()
        deeds: list[Callable[[], object]] = [self._scheduled] if storm.scheduled else []
        if isinstance(shown, Offer):
            deeds += [lambda: self.offers.take(payload(shown.key, shown.plan))] * storm.taps
        if not deeds:
            return
        gate = Barrier(len(deeds))

        def do(deed: Callable[[], object]) -> None:
            gate.wait()
            # The ledger refuses the later ones: the run exists, or an order of it has ended.
            with suppress(StorageError):
                deed()

        with ThreadPoolExecutor(len(deeds)) as at_once:
            list(at_once.map(do, deeds))

    def _scheduled(self) -> None:
        clock = self.till.clock()
        market = Market(self.till, self.ports.pace)
        day = market.today(clock)
        if day is not None and not self.records.ledger.unfinished():
            key = RunKey("main", Routine.INVEST, day.day)
            target = self.records.target(day.day)
            invest(key, schedule.window(Routine.INVEST, day), target, self.policy, self.ports)


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


def test_a_storm_of_taps_on_one_plan_invests_it_once(empty_books: Path) -> None:
    with desk(empty_books, None) as one:
        one.live_through(Storm(4, scheduled=True, deposit=250))
        assert one.till.bought == 250
        assert len(one.records.ledger.recent_runs(5)) == 1
