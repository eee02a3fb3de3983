"""What runs in a worker process: one connection to Alpaca, and calls that always come back as values.

This module is imported by the main process too, to name its functions, so it imports nothing heavy.
"""

import contextlib
import gc
import os
import signal
from collections.abc import Callable
from multiprocessing import parent_process
from threading import Barrier, BrokenBarrierError, Thread
from typing import TYPE_CHECKING, Any

from broker.access import Access

if TYPE_CHECKING:
    from broker.alpaca import Alpaca

_here: dict[str, Any] = {}


def start(access: Access, gate: Barrier) -> None:
    """Prepare a new worker: its way in, its end with its parent, and no part in the terminal's Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What came with the fork stays: a collection that went over the SDK's objects would copy every page they lie in.
    gc.freeze()
    Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    _here.update(access=access, gate=gate)


def call(name: str, *arguments: Any) -> Any:
    """Call a method of Alpaca and return its value, or a Failure in place of any exception."""
    from broker.failures import failure  # noqa: PLC0415  heavy; the forkserver has it loaded already

    try:
        method: Callable[..., Any] = getattr(_alpaca(), name)
        return method(*arguments)
    except Exception as error:  # noqa: BLE001  the process boundary: foreign exceptions may not even unpickle
        return failure(error)


def open_connection(seconds: float) -> Any:
    """Open this worker's connection by asking the time, once all workers have started.

    Without waiting for each other, the first worker would take every task and the others would never start.
    """
    # Broken: a worker died at its start. The others are ready all the same, and the pool notices by itself.
    with contextlib.suppress(BrokenBarrierError):
        _here["gate"].wait(seconds)
    return call("clock")


def _alpaca() -> "Alpaca":
    from broker.alpaca import Alpaca  # noqa: PLC0415  as above

    if "alpaca" not in _here:
        _here["alpaca"] = Alpaca(_here["access"])
    connection: Alpaca = _here["alpaca"]
    return connection


def _end_with_parent() -> None:
    # A SIGKILL of the main process leaves the forkserver and its workers alive, and a worker may hold an order.
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
