"""A pool of warm worker processes that may die at any moment without losing anything but time."""

import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, as_completed
from concurrent.futures import TimeoutError as PoolTimeout
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from threading import Lock
from typing import Any

from broker import worker
from broker.access import Access
from broker.answers import Lost

log = logging.getLogger(__name__)

PRELOADED = "broker.preloaded"

STOPPED = "the workers were stopped"
START_SECONDS = 20.0
"""How long the workers of a pool may take to start on a busy machine."""

END_SECONDS = 2.0
"""How long the workers of a pool may take to be gone once they were killed."""


def context() -> ForkServerContext:
    """Return the way workers are started: forked from one small server that has the SDK loaded."""
    workers = multiprocessing.get_context("forkserver")
    workers.set_forkserver_preload([PRELOADED])
    return workers


def preload() -> None:
    """Start the server that workers are forked from; it loads the SDK while the caller goes on."""
    context()
    forkserver.ensure_running()


class Pool:
    """Up to `size` workers. Started lazily, replaced when broken; safe to use from several threads."""

    def __init__(self, access: Access, size: int) -> None:
        self.size = size
        self._access = access
        self._lock = Lock()
        self._executor: ProcessPoolExecutor | None = None
        self._closed = False

    def call(self, name: str, *arguments: Any, seconds: float) -> Any:
        """Make one call in a worker and return its value, or Lost."""
        executor = self._running()
        return self._value(executor, _submit(executor, worker.call, name, *arguments), seconds)

    def each(self, name: str, arguments: Sequence[tuple[Any, ...]], *, seconds: float) -> Iterator[tuple[int, Any]]:
        """Make a call for each of `arguments` at once; yield each one's place and its value, or Lost, as they come."""
        executor = self._running()
        places = {_submit(executor, worker.call, name, *ones): place for place, ones in enumerate(arguments)}
        waiting = set(places)
        try:
            for future in as_completed(places, timeout=seconds):
                waiting.discard(future)
                yield places[future], self._value(executor, future, 0)
        except PoolTimeout:
            self._drop(executor)
            for future in waiting:
                yield places[future], Lost("no answer in time")

    def warm(self, seconds: float) -> tuple[Any, ...]:
        """Start all workers and open their connections; return what each one said, or Lost."""
        executor = self._running()
        futures = [_submit(executor, worker.open_connection, START_SECONDS) for _ in range(self.size)]
        return tuple(self._value(executor, future, START_SECONDS + seconds) for future in futures)

    def close(self) -> None:
        """End all workers now and for good, whatever they are doing: calls under way and later ones are Lost."""
        with self._lock:
            self._closed = True
            executor, self._executor = self._executor, None
        if executor is not None:
            _kill(executor)

    def _running(self) -> ProcessPoolExecutor | None:
        """Return the executor in use, made if there is none; None when no worker can be started."""
        with self._lock:
            if self._executor is None and not self._closed:
                workers = context()
                try:
                    self._executor = ProcessPoolExecutor(
                        self.size,
                        mp_context=workers,
                        initializer=worker.start,
                        initargs=(self._access, workers.Barrier(self.size)),
                    )
                except OSError:
                    log.exception("no worker could be started")
            return self._executor

    def _value(self, executor: ProcessPoolExecutor | None, future: Future[Any], seconds: float) -> Any:
        try:
            return future.result(timeout=seconds)
        except PoolTimeout:
            reason = "no answer in time"
        except (BrokenProcessPool, CancelledError):
            reason = STOPPED if self._closed else "the worker process ended in the middle of it"
        self._drop(executor)
        return Lost(reason)

    def _drop(self, executor: ProcessPoolExecutor | None) -> None:
        """End all workers of an executor if it is still the one in use; the next call starts new ones."""
        with self._lock:
            if executor is None or executor is not self._executor:
                return
            self._executor = None
        _kill(executor)


def _submit(executor: ProcessPoolExecutor | None, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """Give a call to a worker; when none can take it, the future that comes back has failed already."""
    broken = BrokenProcessPool("no worker can take the call")
    try:
        if executor is not None:
            return executor.submit(function, *arguments)
    # A worker starts within this call: OSError and EOFError are what comes of a fork server that has died.
    except (RuntimeError, OSError, EOFError) as error:
        broken.__cause__ = error
    failed: Future[Any] = Future()
    failed.set_exception(broken)
    return failed


def _kill(executor: ProcessPoolExecutor) -> None:
    # Its own dictionary, and before it forgets it: a submit that is under way may still add a worker.
    processes = executor._processes
    # From here on none is added. Futures are not cancelled: nobody who waits for several would hear of it, while
    # the death of the workers fails them all.
    executor.shutdown(wait=False)
    ending = list((processes or {}).values())
    # A worker in a hung call would keep the interpreter from ending: kill, do not ask.
    for process in ending:
        process.kill()
    until = time.monotonic() + END_SECONDS
    for process in ending:
        process.join(max(0.0, until - time.monotonic()))
