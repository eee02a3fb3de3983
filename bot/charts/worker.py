"""What runs in the process that draws: pictures come in, PNGs go out.

This module is imported by the chat process too, to name its functions, so it imports nothing heavy.
"""

import gc
import logging
import os
import signal
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from threading import Thread
from traceback import extract_tb

from core.reporting.pictures import Picture


@dataclass(frozen=True, slots=True)
class NotDrawn:
    """A picture that is not there, and why, for the log; the words it belongs to go without it.

    `may_pass`: it was for want of time, or of a worker, and not for the picture itself: asked again, it may be drawn.
    """

    reason: str
    may_pass: bool = False


def serve(pictures: "Connection[bytes | NotDrawn, Picture]", fonts: str) -> None:
    """Draw what comes until the other side hangs up. `fonts` is a folder for matplotlib's list of fonts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    # A service without a home has no place for the list, and matplotlib says so at every start.
    os.environ.setdefault("MPLCONFIGDIR", fonts)
    # It also says that the first list takes a while.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    while True:
        try:
            picture = pictures.recv()
        except (EOFError, OSError):
            return
        pictures.send(_drawn(picture))
        # Figures refer to themselves: left to chance, several of 10 MB each wait to be collected.
        gc.collect()


def _drawn(picture: Picture) -> bytes | NotDrawn:
    try:
        from bot.charts.drawing import png  # noqa: PLC0415  heavy; only this process may load it

        return png(picture)
    except Exception as error:  # noqa: BLE001  the process boundary: no picture is worth the words it goes with
        frames = extract_tb(error.__traceback__)
        ours = [frame for frame in frames if "charts" in frame.filename] or frames
        place = f"{os.path.basename(ours[-1].filename)}, line {ours[-1].lineno}"  # noqa: PTH119  of a frame, not of a file
        return NotDrawn(f"{type(error).__name__} at {place}: {error}")


def _end_with_parent() -> None:
    # A killed parent hangs up too, but that is only heard between two pictures.
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
