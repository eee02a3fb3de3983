"""What the service tells the system that started it: sd_notify's datagrams, a line each, to $NOTIFY_SOCKET.

The protocol is systemd's sd_notify(3). It is small and stable; the libraries for it are bindings to C, or unmaintained.
"""

import contextlib
import logging
import os
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)

READY, STOPPING, WATCHDOG = "READY=1", "STOPPING=1", "WATCHDOG=1"


class Notifier:
    """Sends states to a datagram socket; without an address it does nothing. `@name` is an abstract socket."""

    def __init__(self, address: str | None, watchdog_seconds: float | None = None) -> None:
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address
        self.watchdog_seconds = watchdog_seconds
        """How long the system waits for a WATCHDOG before it restarts the process; None where it does not wait."""
        self._told = ""
        self._failed = False

    @property
    def is_heard(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self._address)

    def ready(self) -> None:
        """Say that the service is as far as it can come by itself."""
        self._send(READY)

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send(WATCHDOG)

    def stopping(self) -> None:
        """Say that the service is about to end."""
        self._send(STOPPING)

    def status(self, text: str) -> None:
        """Say in a line, which `systemctl status` shows, how things are; what was said last is not said again."""
        if text != self._told:
            self._told = text
            self._send(f"STATUS={' '.join(text.split())}")

    def _send(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as opened:
                # A full or stuck socket must never stop the loop that money waits for.
                opened.setblocking(False)
                opened.connect(self._address)
                opened.sendall(state.encode())
        except OSError as error:
            if not self._failed:
                log.warning("the system that started this does not hear it (%s)", error.strerror or error)
            self._failed = True
        else:
            self._failed = False


def from_environment(environment: Mapping[str, str] = os.environ) -> Notifier:
    """Return the notifier that the system's variables describe; a watchdog of another process is none of ours."""
    seconds: float | None = None
    if environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
        with contextlib.suppress(KeyError, ValueError):
            seconds = int(environment["WATCHDOG_USEC"]) / 1_000_000
    return Notifier(environment.get("NOTIFY_SOCKET") or None, seconds if seconds and seconds > 0 else None)
