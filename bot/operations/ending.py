"""The end, bounded: once the process is asked to stop, it is over in less than ten seconds, whatever hangs in it.

Putting things in order has its own, shorter time in bot.service. What comes after it (closing the books, joining the
pools, the interpreter's own end) has none, and neither has the main thread while it waits in a system call.
"""

import logging
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Set
from threading import Lock, Thread, main_thread

log = logging.getLogger(__name__)

SECONDS = 9.5
"""From the wish to the end; `deploy/allocator.service` and docs/operations.md promise ten."""

LAST_LINE_SECONDS = 0.2
"""How long the last line of the log may take: what hangs may be the log."""


class Ending:
    """Ends the process some seconds after it was asked to, if it has not ended by then.

    That is as safe as a SIGKILL: what was sent is in the ledger, and the next start finds out what became of it.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._begun = False

    def listen(self, numbers: Set[int], code: int) -> None:
        """Take each of these signals for the wish to end with `code`; to be called once, in the main thread.

        Python's handlers wait until the main thread runs Python. The wakeup descriptor does not: the signal's number is
        written to it as the signal comes. asyncio's `add_signal_handler` would take the descriptor away.
        """
        heard, told = socket.socketpair()
        told.setblocking(False)
        signal.set_wakeup_fd(told.detach(), warn_on_full_buffer=False)

        def hear() -> None:
            while True:
                if not numbers.isdisjoint(heard.recv(64)):
                    self.begin(code)

        Thread(target=hear, name="signals", daemon=True).start()

    def begin(self, code: int) -> None:
        """Let the time run, from the first call on; later ones change nothing."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
        Thread(target=self._end, args=(code,), name="ending", daemon=True).start()

    def _end(self, code: int) -> None:
        time.sleep(self._seconds - LAST_LINE_SECONDS)
        Thread(target=self._say, daemon=True).start()
        time.sleep(LAST_LINE_SECONDS)
        os._exit(code)

    def _say(self) -> None:
        frame = sys._current_frames().get(main_thread().ident or 0)
        where = "".join(traceback.format_stack(frame)[-3:]) if frame is not None else "the interpreter's own end"
        log.warning("not over in %.1f s, so it ends as it is; the main thread was in:\n%s", self._seconds, where)
