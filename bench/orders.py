"""How long a run's orders take, beside other ways to send them, over a line of 25 ms each way."""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from bench.figures import Figure
from broker.access import Access
from broker.gateway import Gateway
from broker.pool import Pool
from core.calendar import NEW_YORK
from core.orders import Accepted, OrderIntent, Submission
from core.schedule import Window
from sandbox.server import Sandbox

LINK_DELAY = timedelta(milliseconds=25)
SYMBOLS = ("VOO", "IJH", "IJR", "IXUS", "ISTB", "AGG", "BTC/USD")
ALWAYS = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
ROUNDS, SLOW_ROUNDS = 15, 3

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Market:
    """A sandbox behind the line, and the way into its account."""

    sandbox: Sandbox
    access: Access


@contextmanager
def market() -> Iterator[Market]:
    """Run a sandbox behind the line at 10:00 of a trading day, with a million dollars, whose orders fill much later."""
    sandbox = Sandbox(
        start=datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK),
        cash=Decimal(1_000_000),
        fill_delay=timedelta(hours=1),
        link_delay=LINK_DELAY,
    )
    with sandbox:
        origin, keys = sandbox.origin("alpaca"), sandbox.keys
        yield Market(sandbox, Access(origin, origin, keys.alpaca_key_id, keys.alpaca_secret_key, timeout_seconds=30))


def intents(number: int) -> list[OrderIntent]:
    """Return this many orders that were never sent before, over the original's seven funds."""
    return [
        OrderIntent(f"bench-{next(_numbers)}", SYMBOLS[place % 7], SYMBOLS[place % 7], 10_00) for place in range(number)
    ]


def measure(access: Access) -> Iterator[Figure]:
    """Measure the orders of runs of 1, 7 and 50 sectors, and 7 orders sent in three other ways."""
    gateway = Gateway(access, max_workers=8)
    try:
        one = _median(ROUNDS, lambda: _through(gateway, 1))
        seven = _median(ROUNDS, lambda: _through(gateway, 7))
        fifty = _median(ROUNDS, lambda: _through(gateway, 50))
    finally:
        gateway.close()
    yield Figure("order_1_ms", one * 1000, "ms")
    yield Figure("orders_7_over_one", seven / one, "ratio")
    yield Figure("orders_50_over_one", fifty / one, "ratio")
    yield Figure("sequential_over_pool", _median(ROUNDS, lambda: _one_after_another(access)) / seven, "ratio")
    yield Figure("threads_over_pool", _median(ROUNDS, lambda: _in_threads(access)) / seven, "ratio")
    yield Figure("spawn_over_pool", _median(SLOW_ROUNDS, lambda: spawned(access)) / seven, "ratio")


def spawned(access: Access) -> float:
    """Send seven orders as the original did, each in a new process; return the seconds."""
    processes = multiprocessing.get_context("spawn")
    began = time.monotonic()
    started = [processes.Process(target=send_one, args=(access, intent)) for intent in intents(7)]
    for process in started:
        process.start()
    for process in started:
        process.join()
    if any(process.exitcode for process in started):
        raise RuntimeError("an order sent by a new process failed: its error is above")
    return time.monotonic() - began


def send_one(access: Access, intent: OrderIntent) -> None:
    """Send one order over a new connection."""
    from broker.alpaca import Alpaca  # noqa: PLC0415  a new process loads it, and that is what is measured

    _must_be_accepted([Alpaca(access).submit(intent, ALWAYS)])


def _median(rounds: int, measure: Callable[[], float]) -> float:
    measure()
    return statistics.median(measure() for _ in range(rounds))


def _through(gateway: Gateway, number: int) -> float:
    wanted = intents(number)
    gateway.prepare(number)
    began = time.monotonic()
    answers = [answer for _, answer in gateway.submit(wanted, ALWAYS)]
    seconds = time.monotonic() - began
    gateway.release()
    _must_be_accepted(answers)
    return seconds


def _one_after_another(access: Access) -> float:
    pool = Pool(access, 1)
    pool.warm(30)
    began = time.monotonic()
    answers = [pool.call("submit", intent, ALWAYS, seconds=30) for intent in intents(7)]
    seconds = time.monotonic() - began
    pool.close()
    _must_be_accepted(answers)
    return seconds


def _in_threads(access: Access) -> float:
    wanted = intents(7)
    with ThreadPoolExecutor(7) as threads:
        list(threads.map(time.sleep, [0.05] * 7))  # so that starting the threads is not measured
        began = time.monotonic()
        list(threads.map(lambda intent: send_one(access, intent), wanted))
        return time.monotonic() - began


def _must_be_accepted(answers: Sequence[Submission]) -> None:
    if failed := [answer for answer in answers if not isinstance(answer, Accepted)]:
        raise RuntimeError(f"{len(failed)} orders were not accepted, so the figure means nothing: {failed[0]}")
