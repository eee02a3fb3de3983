"""Alpaca as core sees it: every call is made in a worker process, and comes back in bounded time."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Lock
from typing import Any, assert_never

from broker.access import Access
from broker.answers import Failure, Lost
from broker.pages import BARS_A_PAGE, ActivityPage, OrderPage
from broker.pool import STOPPED, Pool
from core.account import Account, Asset
from core.activities import Activity
from core.calendar import MarketClock, Session
from core.orders import (
    Accepted,
    BrokerOrder,
    LookUp,
    NotSent,
    OrderIntent,
    Rejected,
    Submission,
    TurnedAway,
    Unknown,
)
from core.ports import BrokerAway, BrokerRefused
from core.positions import Position, Quote
from core.schedule import Window

log = logging.getLogger(__name__)

CALLS_AT_MOST = 4
"""How many requests one reading call makes for sure; each has the access's time-out to connect and to answer."""


class Gateway:
    """Implements core.ports.Broker: one worker for reading, and for a run's orders a pool that goes when it ends."""

    def __init__(self, access: Access, max_workers: int) -> None:
        self._access = access
        self._max_workers = max_workers
        self._reader = Pool(access, 1)
        self._lock = Lock()
        self._senders: Pool | None = None
        self._told_the_time = False
        self._closed = False

    def clock(self) -> MarketClock:
        """Return the market's time."""
        clock: MarketClock = self._read("clock")
        return clock

    def calendar(self, first: date, last: date) -> tuple[Session, ...]:
        """Return the trading days from `first` to `last`."""
        sessions: tuple[Session, ...] = self._read("calendar", first, last)
        return sessions

    def account(self) -> Account:
        """Return a snapshot of the account."""
        account: Account = self._read("account")
        return account

    def assets(self, symbols: Sequence[str]) -> dict[str, Asset]:
        """Return the assets by normalised symbol; one that Alpaca does not know is absent."""
        assets: dict[str, Asset] = self._read("assets", tuple(symbols), calls=CALLS_AT_MOST + len(symbols))
        return assets

    def positions(self) -> tuple[Position, ...]:
        """Return what the account holds. The list can lag fills by seconds."""
        positions: tuple[Position, ...] = self._read("positions", calls=1)
        return positions

    def quotes(self, coins: Sequence[str]) -> dict[str, Quote]:
        """Return what coins cost now and at the end of their last daily bar; one without a price is absent."""
        quotes: dict[str, Quote] = self._read("quotes", tuple(coins), calls=1)
        return quotes

    def closes(self, symbols: Sequence[str], first: date, last: date) -> dict[str, Mapping[date, Decimal]]:
        """Return the daily closes in dollars of days that are over; an unknown symbol is absent.

        Until 20 minutes after its close a fund's day counts as not over, and a coin's until midnight in Chicago.
        """
        days = max(0, (last - first).days + 1)
        full_pages = len(symbols) * days // BARS_A_PAGE
        closes: dict[str, Mapping[date, Decimal]] = self._read(
            "closes", tuple(symbols), first, last, calls=CALLS_AT_MOST + full_pages
        )
        return closes

    def activities(self, since: date | None) -> tuple[Activity, ...]:
        """Return every activity that was created from a New York day on, oldest first, each id once.

        A few of earlier days come too: what was created a day before `since`, and what took effect before it was
        created. Each page is a call of its own, so that a long history keeps no other reading waiting.
        """
        today = self.clock().today
        found: dict[str, Activity] = {}
        token: str | None = None
        while True:
            page: ActivityPage = self._read("activities", since, token, today, calls=1)
            before = len(found)
            found |= {activity.id: activity for activity in page.activities}
            token = page.token
            if token is None:
                return tuple(sorted(found.values(), key=lambda activity: (activity.day, activity.id)))
            if len(found) == before:
                raise BrokerAway("its list of activities does not go on")

    def orders(self, prefix: str, since: datetime) -> tuple[BrokerOrder, ...]:
        """Return the orders of whatever state whose client order id has this prefix, submitted from an instant on."""
        found: dict[str, BrokerOrder] = {}
        last: datetime | None = since
        while last is not None:
            # A moment earlier: Alpaca leaves out what was submitted at that very instant.
            page: OrderPage = self._read("orders", prefix, last - timedelta(microseconds=1), calls=1)
            found |= {order.broker_id: order for order in page.orders}
            if page.last == last:
                raise BrokerAway("its list of orders does not go on")
            last = page.last
        return tuple(found.values())

    def prepare(self, orders: int) -> None:
        """Start as many workers as these orders can use, and open their connections.

        Raises BrokerAway when not one of them reaches Alpaca.
        """
        size = max(1, min(orders, self._max_workers))
        pool = self._senders_of(size)
        answers = pool.warm(self._seconds(1))
        reached = [answer for answer in answers if isinstance(answer, MarketClock)]
        log.info("%d of %d workers are connected", len(reached), size)
        if not reached:
            self.release()
            raise _away(max(answers, key=_weight))
        with self._lock:
            self._told_the_time = True

    def submit(self, intents: Sequence[OrderIntent], window: Window) -> Iterator[tuple[str, Submission]]:
        """Send all orders at once, one order a task; yield each with its answer as it comes.

        The market's time that `prepare` read serves one call: sending again reads it again, in all workers at once.
        """
        if not self._told_the_time:
            self.prepare(len(intents))
        with self._lock:
            pool, self._told_the_time = self._senders, False
        if pool is None:
            raise BrokerAway(STOPPED)
        # Each order reads the time first when its worker's is old; a worker may have several orders to send.
        rounds = math.ceil(len(intents) / pool.size)
        for place, answer in pool.each(
            "submit", [(intent, window) for intent in intents], seconds=self._seconds(2 * rounds)
        ):
            identity, submission = intents[place].client_order_id, _submission(answer)
            log.log(_level(submission), "order %s: %s", identity, _words(submission))
            yield identity, submission

    def find(self, client_order_ids: Sequence[str]) -> dict[str, LookUp]:
        """Return what Alpaca knows of each order; every id has an answer."""
        ids = tuple(client_order_ids)
        answer = self._reader.call("find", ids, seconds=self._seconds(1 + len(ids)))
        if isinstance(answer, dict):
            return answer
        return dict.fromkeys(ids, Unknown(answer.reason))

    def release(self) -> None:
        """End the workers that orders were sent with."""
        with self._lock:
            pool, self._senders, self._told_the_time = self._senders, None, False
        if pool is not None:
            pool.close()

    def close(self) -> None:
        """End all workers, hung ones included, for good: calls under way and later ones find the broker away."""
        with self._lock:
            self._closed = True
        self.release()
        self._reader.close()

    def _senders_of(self, size: int) -> Pool:
        """Return a pool for orders of at least this size. Raises BrokerAway after `close`."""
        with self._lock:
            if self._closed:
                raise BrokerAway(STOPPED)
            old = self._senders
            if old is not None and old.size >= size:
                return old
            # Known before its workers start, so that `close` can end them while they do.
            pool = self._senders = Pool(self._access, size)
            self._told_the_time = False
        if old is not None:
            old.close()
        return pool

    def _read(self, name: str, *arguments: Any, calls: int = CALLS_AT_MOST) -> Any:
        answer = self._reader.call(name, *arguments, seconds=self._seconds(calls))
        if isinstance(answer, Failure | Lost):
            raise _away(answer)
        return answer

    def _seconds(self, calls: int) -> float:
        # A new worker may have to start first; each call may take its time-out to connect and again to answer.
        return 10 + 2 * self._access.timeout_seconds * calls


def _weight(answer: Failure | Lost) -> tuple[float, bool]:
    """Return how telling a failure is: most of all the one that says how long to stay away."""
    return (answer.wait, True) if isinstance(answer, Failure) else (0.0, False)


def _away(answer: Failure | Lost) -> BrokerAway:
    if isinstance(answer, Failure) and answer.refused:
        return BrokerRefused(answer.reason)
    return BrokerAway(answer.reason, answer.wait if isinstance(answer, Failure) else 0.0)


def _level(submission: Submission) -> int:
    return logging.INFO if isinstance(submission, Accepted) else logging.WARNING


def _words(submission: Submission) -> str:
    match submission:
        case Accepted(order):
            return f"{order.state}, Alpaca's {order.broker_id}"
        case Rejected(reason):
            return f"rejected ({reason})"
        case Unknown(reason):
            return f"without an answer that can be trusted ({reason})"
        case NotSent(reason):
            return f"not sent ({reason})"
        case TurnedAway(seconds):
            return f"turned away for {seconds:.0f} s"
        case _:
            assert_never(submission)


def _submission(answer: Submission | Failure | Lost) -> Submission:
    return Unknown(answer.reason) if isinstance(answer, Failure | Lost) else answer
