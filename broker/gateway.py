"""Alpaca as core sees it: every call is made in a worker process, and comes back in bounded time."""

import logging
import math
from collections.abc import Iterator, Sequence
from datetime import date
from threading import Lock
from typing import Any

from broker.access import Access
from broker.answers import Failure, Lost
from broker.pool import STOPPED, Pool
from core.account import Account, Asset
from core.calendar import MarketClock, Session
from core.orders import LookUp, OrderIntent, Submission, Unknown
from core.ports import BrokerAway, BrokerRefused
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
            yield intents[place].client_order_id, _submission(answer)

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


def _submission(answer: Submission | Failure | Lost) -> Submission:
    return Unknown(answer.reason) if isinstance(answer, Failure | Lost) else answer
