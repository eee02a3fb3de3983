"""What the system hears: whole states at its socket, and never a reason for the service to fail."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.operations.notify import Notifier, from_environment


@pytest.fixture(params=["path", "abstract"])
def listening(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """Listen at an address in the file system, and at an abstract one."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@allocator-unit-{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as opened:
        opened.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        opened.settimeout(2)
        yield address, opened


def test_every_state_is_a_datagram_of_its_own(listening: tuple[str, socket.socket]) -> None:
    address, opened = listening
    notifier = Notifier(address)
    notifier.ready()
    notifier.alive()
    notifier.stopping()
    assert [opened.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_a_status_is_one_line_and_said_once(listening: tuple[str, socket.socket]) -> None:
    address, opened = listening
    notifier = Notifier(address)
    notifier.status("all\nis well")
    notifier.status("all\nis well")
    notifier.status("not any more")
    assert [opened.recv(100) for _ in range(2)] == [b"STATUS=all is well", b"STATUS=not any more"]


def test_a_socket_that_is_gone_is_logged_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notifier = Notifier(str(tmp_path / "gone"))
    notifier.ready()
    notifier.alive()
    assert [record.getMessage() for record in caplog.records] == [
        "the system that started this does not hear it (No such file or directory)"
    ]


def test_without_systemd_nobody_is_told_anything() -> None:
    notifier = from_environment({})
    assert (notifier.is_heard, notifier.watchdog_seconds) == (False, None)
    notifier.ready()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "2500000"}, 2.5),
        ({"WATCHDOG_USEC": "2500000", "WATCHDOG_PID": str(os.getpid())}, 2.5),
        ({"WATCHDOG_USEC": "2500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_fed_only_where_it_is_this_process_s(
    environment: dict[str, str], seconds: float | None
) -> None:
    assert from_environment({"NOTIFY_SOCKET": "/nowhere", **environment}).watchdog_seconds == seconds
