"""The process that draws, as the chat process sees it: started when wanted, let go when idle, killed when it hangs."""

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from tempfile import TemporaryDirectory
from threading import Event, Lock, Timer
from time import monotonic
from typing import NamedTuple

from bot.charts import worker
from bot.charts.worker import NotDrawn
from core.reporting.pictures import Picture

IDLE_SECONDS = 180.0
"""How long the worker waits for the next picture: it weighs 70 MB, and takes most of a second to start."""

DRAWING_SECONDS = 20.0
"""How long a picture may take: far longer than any does, the worker's start on a busy machine included."""

END_SECONDS = 2.0
"""How long a worker that was killed may take to be gone."""

STOPPED = "pictures were stopped"
TOO_LONG = "it took too long, so its worker was killed"


class _Worker(NamedTuple):
    process: SpawnProcess
    pictures: "Connection[Picture, bytes | NotDrawn]"

    def end(self) -> None:
        # The connection is left open: another thread may be reading from it, and hears of the end through it.
        self.process.kill()
        self.process.join(END_SECONDS)


class Charts:
    """Draws one picture at a time in a worker process; safe to use from several threads.

    The worker starts with the first picture and ends after `idle_seconds` without one. It is spawned: the broker's
    fork server, which is one for the whole process, would give it the broker's SDK to carry.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._turn = Lock()
        self._lock = Lock()
        self._worker: _Worker | None = None
        self._fonts: TemporaryDirectory[str] | None = None
        self._rest: Timer | None = None
        self._closed = False

    def draw(self, picture: Picture, *, seconds: float = DRAWING_SECONDS) -> bytes | NotDrawn:
        """Return the picture as a PNG, or NotDrawn, which whoever asked must log. Blocks for `seconds` at most."""
        deadline = monotonic() + seconds
        if self._turn.acquire(timeout=seconds):
            try:
                drawn = self._ask(picture, deadline - monotonic())
            finally:
                self._turn.release()
                self._wait_for_more()
        else:
            drawn = NotDrawn("the pictures before it took too long", may_pass=True)
        return drawn

    def close(self) -> None:
        """End the worker now and for good: a picture under way and later ones are NotDrawn."""
        with self._lock:
            self._closed = True
            fonts, self._fonts = self._fonts, None
            if self._rest is not None:
                self._rest.cancel()
        self._let_go()
        if fonts is not None:
            fonts.cleanup()

    def _ask(self, picture: Picture, seconds: float) -> bytes | NotDrawn:
        try:
            drawer = self._running()
        except OSError as error:
            return NotDrawn(f"no worker could be started: {error}", may_pass=True)
        if drawer is None:
            return NotDrawn(STOPPED, may_pass=True)
        # Reading and writing wait as long as the other side lives, so that is what has an end.
        overdue = Event()

        def end() -> None:
            overdue.set()
            drawer.process.kill()

        late = Timer(seconds, end)
        late.daemon = True
        late.start()
        try:
            drawer.pictures.send(picture)
            return drawer.pictures.recv()
        except (EOFError, OSError):
            self._let_go()
            if self._closed:
                return NotDrawn(STOPPED, may_pass=True)
            if overdue.is_set():
                return NotDrawn(TOO_LONG, may_pass=True)
            return NotDrawn("the worker process ended in the middle of it", may_pass=True)
        finally:
            late.cancel()

    def _running(self) -> _Worker | None:
        """Return the worker, started if there is none alive; None once closed. Raises OSError."""
        with self._lock:
            if self._closed:
                return None
            if self._worker is not None and self._worker.process.is_alive():
                return self._worker
            # Kept from one worker to the next: the list of fonts is made once.
            self._fonts = self._fonts or TemporaryDirectory(prefix="allocator-fonts-", ignore_cleanup_errors=True)
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(target=worker.serve, args=(theirs, self._fonts.name), name="charts", daemon=True)
            process.start()
            # With a copy left here, the worker's end would go unheard.
            theirs.close()
            self._worker = _Worker(process, ours)
            return self._worker

    def _wait_for_more(self) -> None:
        with self._lock:
            if self._rest is not None:
                self._rest.cancel()
            if self._worker is not None and not self._closed:
                self._rest = Timer(self._idle_seconds, self._end_of_rest)
                self._rest.daemon = True
                self._rest.start()

    def _end_of_rest(self) -> None:
        # Busy: after that picture the wait begins anew.
        if self._turn.acquire(blocking=False):
            try:
                self._let_go()
            finally:
                self._turn.release()

    def _let_go(self) -> None:
        with self._lock:
            ending, self._worker = self._worker, None
        if ending is not None:
            ending.end()
