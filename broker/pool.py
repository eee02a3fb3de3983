"""A pool of warm worker processes that may die at any moment without losing anything but time."""

import contextlib
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures import TimeoutError as PoolTimeout
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from threading import Lock
from typing import Any

from broker import worker
from broker.access import Access
from broker.answers import Lost

PRELOADED = "broker.alpaca"
START_SECONDS = 20.0
"""How long the workers of a pool may take to start on a busy machine."""


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

    def call(self, name: str, *arguments: Any, seconds: float) -> Any:
        """Make one call in a worker and return its value, or Lost."""
        executor = self._running()
        future: Future[Any] | None = None
        with contextlib.suppress(BrokenProcessPool, RuntimeError):
            future = executor.submit(worker.call, name, *arguments)
        if future is None:
            return self._lost(executor)
        return self._value(executor, future, seconds)

    def each(self, name: str, arguments: Sequence[tuple[Any, ...]], *, seconds: float) -> Iterator[tuple[int, Any]]:
        """Make a call for each of `arguments` at once; yield each one's place and its value, or Lost, as they come."""
        executor = self._running()
        places: dict[Future[Any], int] = {}
        for place, ones in enumerate(arguments):
            try:
                places[executor.submit(worker.call, name, *ones)] = place
            except (BrokenProcessPool, RuntimeError):
                yield place, self._lost(executor)
        waiting = set(places)
        try:
            for future in as_completed(places, timeout=seconds):
                waiting.discard(future)
                yield places[future], self._value(executor, future, 0)
        except PoolTimeout:
            self.close(executor)
            for future in waiting:
                yield places[future], Lost("no answer in time")

    def warm(self, seconds: float) -> tuple[Any, ...]:
        """Start all workers and open their connections; return what each one said, or Lost."""
        executor = self._running()
        futures: list[Future[Any]] = []
        with contextlib.suppress(BrokenProcessPool, RuntimeError):
            futures = [executor.submit(worker.open_connection, START_SECONDS) for _ in range(self.size)]
        if len(futures) < self.size:
            return (self._lost(executor),)
        return tuple(self._value(executor, future, START_SECONDS + seconds) for future in futures)

    def close(self, only: ProcessPoolExecutor | None = None) -> None:
        """End all workers now, whatever they are doing; the next call starts new ones.

        `only`: do it only if this is still the executor in use.
        """
        with self._lock:
            executor = self._executor
            if executor is None or (only is not None and only is not executor):
                return
            self._executor = None
        # A worker in a hung call would keep the interpreter from ending: kill, do not ask.
        for process in list((executor._processes or {}).values()):
            process.kill()
        executor.shutdown(wait=True, cancel_futures=True)

    def _running(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._executor is None:
                workers = context()
                self._executor = ProcessPoolExecutor(
                    self.size,
                    mp_context=workers,
                    initializer=worker.start,
                    initargs=(self._access, workers.Barrier(self.size)),
                )
            return self._executor

    def _value(self, executor: ProcessPoolExecutor, future: Future[Any], seconds: float) -> Any:
        try:
            return future.result(timeout=seconds)
        except PoolTimeout:
            self.close(executor)
            return Lost("no answer in time")
        except BrokenProcessPool:
            return self._lost(executor)

    def _lost(self, executor: ProcessPoolExecutor) -> Lost:
        self.close(executor)
        return Lost("the worker process ended in the middle of it")
