"""What a person types while the demo runs, read without a thread and without waiting longer than asked."""

import os
import select
from time import sleep
from typing import TextIO


class TypedLines:
    """Read whole lines from a terminal, a pipe or a file, as they come; a closed input (None) has ended."""

    def __init__(self, stream: TextIO | None) -> None:
        # The descriptor itself, because a buffered stream may hold lines that select knows nothing of.
        self._descriptor = -1 if stream is None else stream.fileno()
        self._partial = b""
        self.is_terminal = stream is not None and stream.isatty()
        self.has_ended = stream is None

    def read(self, seconds: float) -> list[str]:
        """Return the lines that came within `seconds`, without empty ones; none after the end."""
        if self.has_ended:
            sleep(seconds)
            return []
        readable, _, _ = select.select([self._descriptor], [], [], seconds)
        if not readable:
            return []
        received = os.read(self._descriptor, 65536)
        if not received:
            self.has_ended = True
            received, self._partial = self._partial + b"\n", b""
        *whole, self._partial = (self._partial + received).split(b"\n")
        lines = (line.decode(errors="replace").strip() for line in whole)
        return [line for line in lines if line]
