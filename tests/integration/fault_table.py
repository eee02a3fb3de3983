"""Every call to Alpaca, with every fault: what is expected, and how a row is lived through.

docs/reliability.md is generated from this table (`make reliability`), and tests/integration/test_faults.py holds the
product against it.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import trustme

from core.allocation import Sector
from core.runs import RunKey
from core.schedule import Routine
from sandbox.faults import CATALOGUE, Refuse
from sandbox.world import World
from tests.integration.installation import Installation, installed

SECTORS = (Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 3000), Sector("Crypto", "BTC/USD", 1000))
EXECUTED = "Orders have been executed. Bought $150 of VOO, $75 of AGG, $25 of BTCUSD."
BACK = "Alpaca answers again."
MISSED = (
    "Investing was missed on 2026-11-23: the time for the day's orders was over before Alpaca could be reached. "
    "Nothing was bought; the cash waits for the next trading day."
)
LONGEST = 40.0
"""Seconds after which a row that has not ended is wrong."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the product to Alpaca: what it is for, and the request it is."""

    what: str
    method: str
    path: str
    first_lost: bool = False
    """Whether the orders' first sending is lost too, because only then this call is made."""


CALLS = (
    Call("read the market's time", "GET", "/v2/clock"),
    Call("read the trading days", "GET", "/v2/calendar"),
    Call("read the account", "GET", "/v2/account"),
    Call("list orders", "GET", "/v2/orders"),
    Call("read a fund", "GET", "/v2/assets/*"),
    Call("list the coins", "GET", "/v2/assets"),
    Call("read a coin's price", "GET", "/v1beta3/crypto/us/latest/trades"),
    Call("send an order", "POST", "/v2/orders"),
    Call("look an order up by its id", "GET", "/v2/orders:by_client_order_id", first_lost=True),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A call and its fault; `lasting`: until the owner has been told or the day's window is over, not just once."""

    call: Call
    fault: str
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of it: the run's state, the orders at the broker, what was said, and how long it took."""

    state: str
    orders: int
    said: tuple[str, ...]
    seconds: float = 0.0


REASONS: Mapping[str, str] = {
    "hang_before_acting": "no answer in time",
    "hang_after_acting": "no answer in time",
    "reset_before_acting": "the connection failed",
    "reset_after_acting": "the connection failed",
    "reset_within_answer": "the connection failed",
    "refuse": "the connection failed",
    "500": "internal server error occurred",
    "502_html": "HTTP 502",
    "504_after_acting": "HTTP 504",
    "429": "rate limit exceeded",
    "401": "unauthorized",
    "empty_200": "its answer was not understood",
    "truncated_body": "the connection failed",
    "truncated_json": "its answer was not understood",
}
"""The words a person reads for each fault; a slow answer is none."""

LASTING = ("hang_before_acting", "refuse", "500", "429", "401", "empty_200")


def rows() -> Iterator[Row]:
    """Return the table's rows: every fault once in every call, and some that last in the calls that matter most."""
    for call in CALLS:
        for fault in CATALOGUE:
            if fault != "refuse":
                yield Row(call, fault)
    account, send = CALLS[2], CALLS[7]
    for fault in LASTING:
        yield Row(account, fault, lasting=True)
        # Refused, no time can be read either, which is the account's row. A lasting 429 is waited for three minutes:
        # `make bench` sends 500 orders under it.
        if fault not in {"refuse", "429"}:
            yield Row(send, fault, lasting=True)


def in_the_suite(row: Row) -> bool:
    """Return whether the tests live through a row; `make reliability` lives through all of them.

    Sending and looking up meet every fault; the reads fail alike, and meet one of each sort.
    """
    return row.call in CALLS[7:] or row.lasting or row.fault in {"hang_before_acting", "502_html", "empty_200", "401"}


def expected(row: Row) -> Seen:
    """Return what a row must come to.

    A fault that happens once costs time and nothing else, whatever the call: every order exists once, and one alert
    says so. Only keys that are refused are said at once, because nobody but the owner can mend them.
    """
    optional = row.call.path == "/v1beta3/crypto/us/latest/trades"
    reads = row.call.method == "GET" and not row.call.first_lost and not optional
    if row.lasting and row.call.method == "POST":
        # An empty 200 comes after Alpaca has acted: the orders are there, and are found.
        return Seen("done", 3, (EXECUTED,)) if row.fault == "empty_200" else Seen("missed", 0, (MISSED,))
    if reads and row.fault == "401":
        return Seen("done", 3, (_refused(row.fault), EXECUTED, BACK))
    if row.lasting:
        return Seen("done", 3, (_away(row.fault), EXECUTED, BACK))
    return Seen("done", 3, (EXECUTED,))


def live_through(row: Row, folder: Path, authority: trustme.CA) -> Seen:
    """Live through an investing morning with the row's fault in it."""
    with installed(folder, authority, sectors=SECTORS, timeout_seconds=1) as installation:
        if row.call.path != "/v2/calendar":
            # The trading days are read at the first tick, everything else again when the run is due.
            installation.at(9, 30)
        _break(installation, row)
        installation.set_clock(9, 35)
        began = time.monotonic()
        state, said = _until_the_end(installation, row, began + LONGEST)
        return Seen(state, len(installation.orders()), tuple(said), time.monotonic() - began)


def _break(installation: Installation, row: Row) -> None:
    fault = CATALOGUE[row.fault]
    times = None if row.lasting else len(SECTORS) if row.call.method == "POST" else 1

    def set_fault(world: World) -> None:
        if row.call.first_lost:
            world.faults.set("alpaca", CATALOGUE["502_html"], method="POST", path="/v2/orders", times=len(SECTORS))
        if isinstance(fault, Refuse):
            world.faults.set("alpaca", fault)
        else:
            world.faults.set("alpaca", fault, method=row.call.method, path=row.call.path, times=times)

    installation.sandbox.call(set_fault)


def _until_the_end(installation: Installation, row: Row, deadline: float) -> tuple[str, list[str]]:
    key = RunKey("main", Routine.INVEST, installation.sandbox.call(lambda world: world.clock.now()).date())
    said: list[str] = []
    lasts, ticks = row.lasting, 0
    while time.monotonic() < deadline:
        installation.tick()
        ticks += 1
        said += [alert.text for alert in installation.said()]
        if lasts and row.call.method == "POST" and ticks >= 2:
            # Nobody is told that orders are in doubt while they can still be sent: the day's end decides.
            installation.set_clock(15, 50)
            lasts = False
        elif lasts and said:
            installation.sandbox.call(lambda world: world.faults.clear())
            lasts = False
        run = installation.records.ledger.run(key)
        mended = BACK in said or not any(text.startswith("Alpaca ") for text in said)
        if run is not None and run.state.is_final and not lasts and mended:
            return run.state, said + [alert.text for alert in installation.said()]
    return "unfinished", said


def _away(fault: str) -> str:
    return (
        f"Alpaca cannot be reached: {REASONS[fault]}. Allocator keeps trying, and orders nothing until Alpaca answers."
    )


def _refused(fault: str) -> str:
    return (
        f"Alpaca refuses the keys: {REASONS[fault]}. Nothing is ordered until that is mended: check key_id and "
        "secret_key in the settings, then restart the service."
    )
