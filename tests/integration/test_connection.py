"""A worker's way out: the proxy of the environment holds, and no password of the user's own is sent along."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from broker.access import Access
from broker.connection import trading_client


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)
        yield listening


def address(listener: socket.socket) -> str:
    """Return where it listens."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def sent(listener: socket.socket, url: str) -> list[str]:
    """Ask for the time at an address; return the lines that arrive here, which get no answer."""

    def receive() -> str:
        caller, _ = listener.accept()
        with caller:
            return caller.recv(65536).decode()

    with ThreadPoolExecutor(1) as thread:
        received = thread.submit(receive)
        with pytest.raises(requests.exceptions.ConnectionError):
            trading_client(Access(url, url, "key", "secret", timeout_seconds=5)).get_clock()
        return received.result().splitlines()


def test_calls_go_through_the_proxy_that_the_environment_names(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address(listener))
    assert sent(listener, "https://broker.invalid")[0].startswith("CONNECT broker.invalid:443 ")


def test_a_host_that_the_environment_excepts_is_called_directly(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert sent(listener, address(listener))[0] == "GET /v2/clock HTTP/1.1"


def test_no_password_from_the_users_netrc_goes_to_the_broker(
    listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    lines = sent(listener, address(listener))
    assert "APCA-API-KEY-ID: key" in lines
    assert not [line for line in lines if line.lower().startswith("authorization")]
