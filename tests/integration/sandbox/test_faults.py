"""Every fault of the catalogue, as a caller meets it on the wire."""

import json
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

import httpx
import pytest
import requests

from sandbox.faults.kinds import CATALOGUE, SERVICES, Denial, Fault, Refuse, Reset, Slow
from sandbox.server import Sandbox

OWNER = 1001


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment().items():
            patch.setenv(name, value)
        sandbox.call(lambda world: world.telegram.press_start(OWNER))
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.call(lambda world: world.faults.clear())


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back over one connection: every byte until its end, and how it ended."""

    received: bytes
    ending: type[OSError] | None

    @property
    def status(self) -> int:
        return int(self.received.split(b" ", 2)[1])

    @property
    def head(self) -> str:
        return self.received.partition(b"\r\n\r\n")[0].decode().lower()

    @property
    def body(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[2]


def exchange(sandbox: Sandbox, text: str, patience: float = 5) -> Seen:
    """Let the bot write to its owner over a bare socket, and read until the connection ends, or for so many seconds."""
    host, port = sandbox.origin("telegram").removeprefix("https://").split(":")
    body = json.dumps({"chat_id": OWNER, "text": text})
    request = (
        f"POST /bot{sandbox.keys.telegram_token}/sendMessage HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    received, over = bytearray(), monotonic() + patience
    try:
        with socket.create_connection((host, int(port)), patience) as connection:
            for chunk in decrypted(connection, host, sandbox.authority_file, request.encode()):
                received += chunk
                # A socket's own time-out begins anew with each byte.
                if monotonic() > over:
                    return Seen(bytes(received), TimeoutError)
    except OSError as error:
        return Seen(bytes(received), type(error))
    return Seen(bytes(received), None)


def decrypted(connection: socket.socket, host: str, authority_file: str, request: bytes) -> Iterator[bytes]:
    """Send a request over TLS and yield the answer as it comes.

    By hand, because an SSLSocket of Python 3.11 takes an RST for the end of the stream (gh-115627).
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.create_default_context(cafile=authority_file)
    tls = trusting.wrap_bio(incoming, outgoing, server_hostname=host)
    is_sent = False
    while True:
        try:
            if not is_sent:
                tls.do_handshake()
                tls.write(request)
                is_sent = True
            chunk = tls.read(65536)
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            incoming.write(connection.recv(65536))
            continue
        if not chunk:
            return
        yield chunk


def fail(sandbox: Sandbox, fault: Fault, service: str = "telegram", times: int | None = None) -> int:
    """Let every request to a service fail, or so many."""
    return sandbox.call(lambda world: world.faults.set(service, fault, times=times))


def arrived(sandbox: Sandbox, text: str) -> bool:
    return text in [message.text for message in sandbox.call(lambda world: world.telegram.messages)]


@dataclass(frozen=True, slots=True)
class Expected:
    """Whether the stand-in acts, the status that arrives (None for no byte at all), and how the connection ends."""

    acts: bool
    status: int | None = None
    ending: type[OSError] | None = None


TRIES_TO_READ = 5
"""A reset throws away what has come and was not read yet: on a busy machine half an answer may take several tries."""

EXPECTED = {
    "slow": Expected(acts=True, status=200),
    "hang_before_acting": Expected(acts=False, ending=TimeoutError),
    "hang_after_acting": Expected(acts=True, ending=TimeoutError),
    "reset_before_acting": Expected(acts=False, ending=ConnectionResetError),
    "reset_after_acting": Expected(acts=True, ending=ConnectionResetError),
    "reset_within_answer": Expected(acts=True, status=200, ending=ConnectionResetError),
    "refuse": Expected(acts=False, ending=ConnectionRefusedError),
    "500": Expected(acts=False, status=500),
    "502_html": Expected(acts=False, status=502),
    "504_after_acting": Expected(acts=True, status=504),
    "429": Expected(acts=False, status=429),
    "401": Expected(acts=False, status=401),
    "empty_200": Expected(acts=True, status=200),
    "truncated_body": Expected(acts=True, status=200),
    "truncated_json": Expected(acts=True, status=200),
    "slow_body": Expected(acts=True, status=200, ending=TimeoutError),
    "wrong_types": Expected(acts=True, status=200),
    "unknown_enum": Expected(acts=True, status=200),
}


def test_every_fault_of_the_catalogue_is_tried_here() -> None:
    assert set(EXPECTED) == set(CATALOGUE)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_fault_does_on_the_wire_what_its_name_says_and_is_gone_when_cleared(sandbox: Sandbox, name: str) -> None:
    expected = EXPECTED[name]
    fail(sandbox, CATALOGUE[name])
    seen = exchange(sandbox, name, patience=1)
    for _ in range(TRIES_TO_READ):
        if seen.received or expected.status is None:
            break
        seen = exchange(sandbox, name, patience=1)
    assert (seen.ending, seen.status if seen.received else None) == (expected.ending, expected.status)
    assert arrived(sandbox, name) == expected.acts
    sandbox.call(lambda world: world.faults.clear())
    after = exchange(sandbox, f"after {name}")
    assert (after.status, after.ending, arrived(sandbox, f"after {name}")) == (200, None, True)


def test_a_slow_answer_is_a_normal_one_later(sandbox: Sandbox) -> None:
    fail(sandbox, CATALOGUE["slow"], times=1)
    began = monotonic()
    assert json.loads(exchange(sandbox, "late but whole").body)["result"]["text"] == "late but whole"
    assert monotonic() - began >= 0.5


def test_what_was_slow_to_act_happens_although_nobody_waits_for_it_any_more(sandbox: Sandbox) -> None:
    slow = Slow(timedelta(seconds=0.3))
    fail(sandbox, slow, times=1)
    assert exchange(sandbox, "ghost", patience=0.1).ending is TimeoutError
    assert not arrived(sandbox, "ghost")
    sandbox.wait_for(
        lambda world: "ghost" in [one.text for one in world.telegram.messages], 5, "the message nobody waits for"
    )


def test_what_is_slow_to_answer_has_acted_at_once(sandbox: Sandbox) -> None:
    slow = Slow(timedelta(seconds=0.5), after_acting=True)
    fail(sandbox, slow, times=1)
    assert exchange(sandbox, "acted first", patience=0.2).ending is TimeoutError
    assert arrived(sandbox, "acted first")


def test_the_two_kinds_of_truncated_answers_differ_in_what_the_headers_promise(sandbox: Sandbox) -> None:
    lengths = {}
    for name in ("truncated_body", "truncated_json"):
        fail(sandbox, CATALOGUE[name], times=1)
        seen = exchange(sandbox, "half")
        promised = int(seen.head.partition("content-length: ")[2].partition("\r\n")[0])
        lengths[name] = promised - len(seen.body)
        with pytest.raises(json.JSONDecodeError):
            json.loads(seen.body)
    assert lengths["truncated_body"] > 0
    assert lengths["truncated_json"] == 0


def test_a_body_that_drips_outlasts_a_time_out_that_begins_anew_with_each_byte(sandbox: Sandbox) -> None:
    url = f"{sandbox.origin('telegram')}/bot{sandbox.keys.telegram_token}/getMe"
    fail(sandbox, CATALOGUE["slow_body"], times=1)
    began = monotonic()
    with requests.get(url, timeout=0.4, stream=True) as answer:
        drops = [drop for drop, _ in zip(answer.iter_content(1), range(5), strict=False)]
    assert drops == [b" "] * 5
    assert monotonic() - began > 0.4


def test_a_surprising_answer_has_the_right_names_and_wrong_types_or_words(sandbox: Sandbox) -> None:
    fail(sandbox, CATALOGUE["wrong_types"], times=1)
    assert json.loads(exchange(sandbox, "7").body)["result"][-1] == 7
    fail(sandbox, CATALOGUE["unknown_enum"], times=1)
    result = json.loads(exchange(sandbox, "strange chat").body)["result"]
    assert (result["chat"]["type"], result["text"]) == ("unheard_of", "strange chat")


@pytest.mark.parametrize("name", ["reset_after_acting", "reset_within_answer", "truncated_body"])
def test_the_http_libraries_of_the_sdks_take_it_for_a_lost_connection(sandbox: Sandbox, name: str) -> None:
    url = f"{sandbox.origin('telegram')}/bot{sandbox.keys.telegram_token}/getMe"
    fail(sandbox, CATALOGUE[name])
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        requests.get(url, timeout=5)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        httpx.get(url)


def test_a_reset_cuts_its_own_connection_alone(sandbox: Sandbox) -> None:
    url = f"{sandbox.origin('telegram')}/bot{sandbox.keys.telegram_token}"
    polls = sandbox.call(lambda world: world.telegram.updates)
    with ThreadPoolExecutor() as elsewhere:
        poll = elsewhere.submit(httpx.get, f"{url}/getUpdates", params={"timeout": 20, "offset": 200_000_000})
        sandbox.wait_for(lambda _: polls.has_poller, 5, "a poll")
        sandbox.call(lambda world: world.faults.set("telegram", Reset(), path="*/sendMessage", times=1))
        assert exchange(sandbox, "cut").ending is ConnectionResetError
        sandbox.call(lambda world: world.telegram.updates.wake())
        assert poll.result(5).status_code == 200


@pytest.mark.parametrize("status", [401, 429, 500])
@pytest.mark.parametrize("service", SERVICES)
def test_a_denial_is_json_in_the_service_s_own_form(sandbox: Sandbox, service: str, status: int) -> None:
    fail(sandbox, Denial(status), service, times=1)
    answer = httpx.get(f"{sandbox.origin(service)}/anything")
    body = answer.json()
    assert answer.status_code == status
    match service:
        case "alpaca":
            assert body["message"]
        case "telegram":
            assert (body["ok"], body["error_code"]) == (False, status)
        case _:
            assert body.get("title") or body["error-code"] == str(status)


def test_a_429_says_how_long_to_wait_as_each_service_does(sandbox: Sandbox) -> None:
    for service in ("alpaca", "telegram"):
        fail(sandbox, Denial(429, wait_seconds=7), service, times=1)
    alpaca = httpx.get(f"{sandbox.origin('alpaca')}/v2/clock")
    telegram = httpx.get(f"{sandbox.origin('telegram')}/bot1:x/getMe")
    assert (alpaca.headers["X-RateLimit-Limit"], alpaca.headers["X-RateLimit-Remaining"]) == ("200", "0")
    assert 0 < int(alpaca.headers["X-RateLimit-Reset"]) - time.time() <= 8
    assert (telegram.json()["parameters"], telegram.headers["Retry-After"]) == ({"retry_after": 7}, "7")


def test_a_refused_connection_cannot_be_chosen_by_route_or_counted(sandbox: Sandbox) -> None:
    impossible = pytest.raises(ValueError, match="leave method, path and times out")
    with impossible:
        sandbox.call(lambda world: world.faults.set("alpaca", Refuse(), times=1))
    with impossible:
        sandbox.call(lambda world: world.faults.set("alpaca", Refuse(), path="/v2/orders"))
    with impossible:
        sandbox.call(lambda world: world.faults.set("alpaca", Refuse(), method="POST"))


def test_only_known_services_fail(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="service is 'alpacka', must be one of alpaca, telegram, vonage"):
        sandbox.call(lambda world: world.faults.set("alpacka", Reset()))


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_fault_can_be_set_through_the_control_address(sandbox: Sandbox, name: str) -> None:
    rule = httpx.post(f"{sandbox.origin('control')}/faults", json={"service": "telegram", "kind": name})
    number = rule.json()["result"]
    # Nobody meets it; that its number is known proves that it was set.
    assert sandbox.call(lambda world: world.faults.left(number)) is None
    httpx.post(f"{sandbox.origin('control')}/faults/clear", json={"number": number})
    assert sandbox.call(lambda world: world.faults.left(number)) == 0
    assert exchange(sandbox, f"cleared {name}").status == 200


def test_a_port_refuses_as_soon_as_the_control_address_has_answered(sandbox: Sandbox) -> None:
    rule = {"service": "telegram", "kind": "refuse"}
    number = httpx.post(f"{sandbox.origin('control')}/faults", json=rule).json()["result"]
    assert exchange(sandbox, "refused").ending is ConnectionRefusedError
    httpx.post(f"{sandbox.origin('control')}/faults/clear", json={"number": number})
    assert exchange(sandbox, "admitted").status == 200


def test_the_control_address_takes_the_seconds_of_a_slow_answer(sandbox: Sandbox) -> None:
    slow = {"service": "telegram", "kind": "slow", "seconds": 0.8, "after_acting": True, "times": 1}
    httpx.post(f"{sandbox.origin('control')}/faults", json=slow)
    began = monotonic()
    assert exchange(sandbox, "slower").status == 200
    assert monotonic() - began >= 0.8
