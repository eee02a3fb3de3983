"""What core asks of the world: a broker, a ledger, and patience."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from core.account import Account, Asset
from core.activities import Activity
from core.alerts import Alert
from core.calendar import MarketClock, Session
from core.investing import LimitReached, Plan, Skip
from core.money import Cents
from core.orders import LookUp, Order, OrderIntent, Submission
from core.positions import Position, Quote
from core.rebalancing.plan import Undertaking
from core.reporting.snapshots import Snapshot
from core.runs import Footing, Run, RunKey, RunState
from core.schedule import Window


class BrokerAway(Exception):
    """The broker did not answer, or not sensibly; the text says how, in words for a person.

    `wait` is how many seconds the broker itself asked to be left alone, 0 when it did not.
    """

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class BrokerRefused(BrokerAway):
    """The broker answered that these keys may not do this."""


class Broker(Protocol):
    """The brokerage account. Reading raises BrokerAway; orders answer with values."""

    def clock(self) -> MarketClock:
        """Return the market's time."""

    def calendar(self, first: date, last: date) -> tuple[Session, ...]:
        """Return the trading days from `first` to `last`, both included, oldest first."""

    def account(self) -> Account:
        """Return a snapshot of the account."""

    def assets(self, symbols: Sequence[str]) -> dict[str, Asset]:
        """Return the assets by normalised symbol; one that the broker does not know is absent."""

    def positions(self) -> tuple[Position, ...]:
        """Return what the account holds. The list can lag fills by seconds."""

    def quotes(self, coins: Sequence[str]) -> dict[str, Quote]:
        """Return what coins cost now and at the end of their last daily bar; one without a price is absent."""

    def closes(self, symbols: Sequence[str], first: date, last: date) -> dict[str, Mapping[date, Decimal]]:
        """Return the daily closes in dollars from `first` to `last`, both included; an unknown symbol is absent.

        A fund's day is New York's, a coin's is that of its daily bar. A day that is not over may be missing.
        """

    def activities(self, since: date | None) -> tuple[Activity, ...]:
        """Return every activity from a New York day on, or since the account was opened (None), oldest first."""

    def prepare(self, orders: int) -> None:
        """Start the workers for this many orders and open their connections, so that orders cost one round trip."""

    def submit(self, intents: Sequence[OrderIntent], window: Window) -> Iterator[tuple[str, Submission]]:
        """Send all orders at once; yield each client order id with its answer as it comes.

        Right before each is sent the market's time is checked; outside the window it is NotSent.
        """

    def find(self, client_order_ids: Sequence[str]) -> dict[str, LookUp]:
        """Return what the broker knows of each client order id; every id has an answer."""

    def release(self) -> None:
        """Let go of the workers that `prepare` started."""


class Ledger(Protocol):
    """What happened and what was said, durable before this returns; the one truth about runs and orders."""

    def run(self, key: RunKey) -> Run | None:
        """Return a run with its orders, None when there is none."""

    def footing(self) -> Footing:
        """Return what a decision rests on; to be read before the account is."""

    def open_run(
        self,
        key: RunKey,
        plan: Plan,
        window: Window,
        *,
        footing: Footing | None,
        allocation_version: int,
        limit: Cents | None,
        at: datetime,
        remarks: tuple[str, ...] = (),
        undertaking: Undertaking | None = None,
    ) -> Run | LimitReached:
        """Commit a run, its plan and every intent, if the day's orders stay within `limit` (None: no limit).

        The limit is checked in the same transaction, and that nothing was ordered since the plan's `footing`, nor is by
        another run (None: the second half of a rebalancing rests on its first one). Intents that the plan knows to
        fail are stored as rejected. With an `undertaking` the run is the first half of a rebalancing.
        Raises an error when the run is there already, or another one has overtaken it.
        """

    def may_send(self, key: RunKey) -> bool:
        """Return whether the owner lets the run's orders leave now: not while investing is paused."""

    def mark(self, key: RunKey, state: RunState) -> None:
        """Commit that a run came to a state that is not final."""

    def record(self, key: RunKey, order: Order) -> None:
        """Commit what became of an order of the run."""

    def undertaking(self, key: RunKey) -> Undertaking | None:
        """Return what a rebalancing set out to do, None for any other run."""

    def finish(
        self,
        key: RunKey,
        state: RunState,
        alert: Alert,
        *,
        at: datetime,
        also: Sequence[tuple[RunKey, RunState]] = (),
    ) -> None:
        """Commit a run's end with its alert and the alert's deliveries, all or nothing; other runs may end with it."""

    def skip(self, key: RunKey, skip: Skip, alert: Alert, *, cash: Cents, at: datetime) -> None:
        """Commit a run that ended before any order, with why and its alert, all or nothing."""

    def miss(self, keys: Sequence[RunKey], reason: str, alert: Alert, *, at: datetime) -> None:
        """Commit that these runs were missed, and one alert for all of them, all or nothing."""

    def report(self, key: RunKey, alert: Alert, snapshots: Sequence[Snapshot], *, at: datetime) -> None:
        """Commit a report's run as done, with its alert and the days' snapshots, all or nothing.

        A snapshot takes the place of a reconstructed one of its day; otherwise the first of a day stays.
        """

    def keep_activities(self, activities: Sequence[Activity]) -> None:
        """Commit activities; those that are known already, by their id, change nothing."""

    def activities(self) -> tuple[Activity, ...]:
        """Return every activity that is kept, oldest day first, and within a day by id."""

    def snapshots(self, since: date | None = None) -> tuple[Snapshot, ...]:
        """Return the snapshots from a day on, or all of them, oldest first."""

    def filled_since(self, day: date) -> tuple[Order, ...]:
        """Return the orders of runs from a day on of which anything was filled, oldest first."""

    def fills_since(self, day: date) -> tuple[tuple[date, Order], ...]:
        """Return the same orders as `filled_since`, each with the day of its run."""

    def open_orders(self) -> tuple[tuple[RunKey, Order], ...]:
        """Return the orders of finished runs that are not final yet, oldest first."""

    def follow_up(self, changes: Sequence[tuple[RunKey, Order]], alert: Alert, *, at: datetime) -> None:
        """Commit what became of orders after their run ended, with its alert, all or nothing."""

    def spent_on(self, account: str, day: date) -> Cents:
        """Return what the day's orders have taken or may still take, in cents.

        What a rebalancing buys is paid by what it sold, and does not count.
        """


class Pace(Protocol):
    """Waiting, and being asked to stop."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""

    def wait(self, seconds: float) -> bool:
        """Wait, or return at once with True when the process is asked to stop."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The world as a routine sees it."""

    broker: Broker
    ledger: Ledger
    pace: Pace
