"""The running sandbox: its services, its faults, its control address, and how it ends."""

import socket
import ssl
import threading
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic

import httpx
import pytest

from sandbox.faults.kinds import BAD_GATEWAY, Answer, Hang
from sandbox.server import DEFAULT_START, Sandbox
from sandbox.sessions import NEW_YORK

OWNER = 1001


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        running.call(lambda world: world.telegram.press_start(OWNER))
        yield running


def send(sandbox: Sandbox, text: str, timeout: float = 5) -> httpx.Response:
    """Let the bot write to its owner."""
    url = f"{sandbox.origin('telegram')}/bot{sandbox.keys.telegram_token}/sendMessage"
    return httpx.post(url, json={"chat_id": OWNER, "text": text}, timeout=timeout)


def texts(sandbox: Sandbox) -> list[str]:
    return [message.text for message in sandbox.call(lambda world: world.telegram.messages)]


def control(sandbox: Sandbox, path: str, body: dict[str, object]) -> httpx.Response:
    return httpx.post(sandbox.origin("control") + path, json=body)


# The world, from the test's thread.


def test_the_world_is_touched_on_the_sandbox_s_own_thread(sandbox: Sandbox) -> None:
    assert sandbox.call(lambda _world: threading.current_thread().name) == "sandbox"


def test_an_error_in_the_world_reaches_the_caller(sandbox: Sandbox) -> None:
    with pytest.raises(ZeroDivisionError):
        sandbox.call(lambda _world: 1 / 0)


def test_waiting_returns_what_was_waited_for(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor() as elsewhere:
        elsewhere.submit(send, sandbox, "hello")
        sent = sandbox.wait_for(lambda world: world.telegram.messages, 5, "a message")
    assert [message.text for message in sent] == ["hello"]


def test_waiting_in_vain_says_for_what_and_what_happened_lately(sandbox: Sandbox) -> None:
    send(sandbox, "nothing to see")
    with pytest.raises(TimeoutError, match=r"(?s)in vain for a miracle; lately:.*nothing to see"):
        sandbox.wait_for(lambda _world: None, 0.05, "a miracle")


def test_a_sandbox_that_does_not_run_says_so() -> None:
    with pytest.raises(RuntimeError, match="the sandbox is not running"):
        Sandbox().call(lambda world: world.clock.now())


def test_the_transcript_tells_both_channels_in_the_order_of_sending(sandbox: Sandbox) -> None:
    keys = sandbox.keys
    for number in (1, 2):
        send(sandbox, f"chat {number}")
        httpx.post(
            f"{sandbox.origin('vonage')}/sms/json",
            data={"to": "12015550123", "from": "1", "text": f"sms {number}"},
            auth=(keys.vonage_api_key, keys.vonage_api_secret),
        )
    transcript = sandbox.call(lambda world: world.transcript())
    messages = transcript["messages"]
    assert isinstance(messages, list)
    assert [(message["channel"], message["text"]) for message in messages] == [
        ("telegram", "chat 1"),
        ("sms", "sms 1"),
        ("telegram", "chat 2"),
        ("sms", "sms 2"),
    ]
    at = datetime.fromisoformat(messages[0]["at"])
    assert at.utcoffset() == timedelta(hours=-5)
    assert timedelta(0) <= at - DEFAULT_START < timedelta(minutes=1)
    assert (transcript["orders"], set(transcript)) == ([], {"messages", "orders", "account"})


# What the product is given.


def test_only_who_trusts_the_authority_can_connect(sandbox: Sandbox) -> None:
    assert Path(sandbox.environment()["SSL_CERT_FILE"]).read_text().startswith("-----BEGIN CERTIFICATE")
    assert httpx.get(sandbox.origin("control") + "/clock").status_code == 200
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(sandbox.origin("control") + "/clock", verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def test_the_settings_are_complete_and_point_here(sandbox: Sandbox) -> None:
    settings = tomllib.loads(sandbox.settings())
    assert settings["alpaca"]["trading_url"] == settings["alpaca"]["data_url"] == sandbox.origin("alpaca")
    assert settings["telegram"]["api_url"] == sandbox.origin("telegram")
    assert "https://" + settings["vonage"]["rest_host"] == sandbox.origin("vonage")
    assert [sector["weight"] for sector in settings["sectors"]] == ["35%", "5%", "2%", "18%", "12%", "23%", "5%"]
    account = httpx.get(
        settings["alpaca"]["trading_url"] + "/v2/account",
        headers={
            "APCA-API-KEY-ID": settings["alpaca"]["key_id"],
            "APCA-API-SECRET-KEY": settings["alpaca"]["secret_key"],
        },
    )
    assert account.json()["cash"] == "0"


def test_settings_can_be_changed_key_by_key_and_left_out(sandbox: Sandbox) -> None:
    settings = tomllib.loads(
        sandbox.settings(
            vonage=None,
            execution={"tick_seconds": 0.05, "max_workers": None},
            investing={"minimum_order.crypto": "1", "max_per_day": Decimal("20.50")},
            storage={"url": 'sqlite:///C:\\a "b".db'},
            sectors=[{"name": "Everything", "symbol": "VT", "weight": "100%"}],
        )
    )
    assert "vonage" not in settings
    assert settings["execution"] == {"timeout_seconds": 8, "tick_seconds": 0.05}
    assert settings["investing"]["minimum_order"] == {"us_equity": "1", "crypto": "1"}
    assert settings["investing"]["max_per_day"] == "20.50"
    assert settings["storage"]["url"] == 'sqlite:///C:\\a "b".db'
    assert [sector["symbol"] for sector in settings["sectors"]] == ["VT"]


# Services that go away.


def test_a_stopped_service_refuses_and_comes_back_on_its_port(sandbox: Sandbox) -> None:
    before = sandbox.origin("telegram")
    sandbox.stop_service("telegram")
    with pytest.raises(httpx.ConnectError):
        send(sandbox, "lost")
    assert httpx.get(sandbox.origin("control") + "/clock").status_code == 200
    sandbox.start_service("telegram")
    assert sandbox.origin("telegram") == before
    assert send(sandbox, "back").status_code == 200
    assert texts(sandbox) == ["back"]


def test_a_stopped_service_comes_back_when_all_faults_are_cleared_and_can_be_stopped_again(sandbox: Sandbox) -> None:
    sandbox.stop_service("telegram")
    sandbox.call(lambda world: world.faults.clear())
    assert send(sandbox, "back").status_code == 200
    sandbox.stop_service("telegram")
    with pytest.raises(httpx.ConnectError):
        send(sandbox, "lost")
    sandbox.start_service("telegram")
    assert send(sandbox, "back again").status_code == 200


def test_stopping_a_service_cuts_the_poll_that_waits_there(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor() as elsewhere:
        poll = elsewhere.submit(wait_for_updates, sandbox)
        sandbox.wait_for(lambda world: world.telegram.updates.has_poller, 5, "a poll")
        sandbox.stop_service("telegram")
        assert isinstance(poll.exception(timeout=5), httpx.TransportError)


def test_the_sandbox_ends_quickly_whatever_waits_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor() as elsewhere:
        with Sandbox() as sandbox:
            monkeypatch.setenv("SSL_CERT_FILE", sandbox.authority_file)
            control_port = httpx.URL(sandbox.origin("control")).port
            rule = sandbox.call(lambda world: world.faults.set("telegram", Hang(), path="*/sendMessage", times=1))
            poll = elsewhere.submit(wait_for_updates, sandbox)
            hanging = elsewhere.submit(send, sandbox, "never", timeout=60)
            sandbox.wait_for(lambda world: world.telegram.updates.has_poller, 5, "a poll")
            sandbox.wait_for(lambda world: world.faults.left(rule) == 0, 5, "the request that hangs")
            began = monotonic()
        assert monotonic() - began < 2
        assert isinstance(poll.exception(timeout=5), httpx.TransportError)
        assert isinstance(hanging.exception(timeout=5), httpx.TransportError)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", control_port or 0)).close()


def wait_for_updates(sandbox: Sandbox) -> httpx.Response:
    """Poll for updates that do not come."""
    url = f"{sandbox.origin('telegram')}/bot{sandbox.keys.telegram_token}/getUpdates"
    return httpx.get(url, params={"timeout": 50, "offset": 200_000_000}, timeout=60)


# Faults.


def test_a_fault_answers_without_acting_as_often_as_asked_for(sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.faults.set("telegram", BAD_GATEWAY, path="*/sendMessage", times=2))
    answers = [send(sandbox, text) for text in ("one", "two", "three")]
    assert [answer.status_code for answer in answers] == [502, 502, 200]
    assert (answers[0].headers["content-type"], "<h1>502" in answers[0].text) == ("text/html; charset=utf-8", True)
    assert texts(sandbox) == ["three"]


def test_a_fault_without_a_number_lasts_until_it_is_cleared(sandbox: Sandbox) -> None:
    limited = Answer(429, '{"ok": false}', headers=(("Retry-After", "7"),))
    rule = sandbox.call(lambda world: world.faults.set("telegram", limited))
    answers = [send(sandbox, "x") for _ in range(3)]
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in answers} == {(429, "7")}
    sandbox.call(lambda world: world.faults.clear(rule))
    assert send(sandbox, "x").status_code == 200


def test_a_fault_hits_only_its_service_method_and_path(sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.faults.set("alpaca", Answer(500)))
    sandbox.call(lambda world: world.faults.set("telegram", Answer(500), method="GET"))
    sandbox.call(lambda world: world.faults.set("telegram", Answer(500), path="*/getMe"))
    assert send(sandbox, "through").status_code == 200
    assert httpx.get(sandbox.origin("alpaca") + "/v2/clock").status_code == 500


def test_a_hang_before_acting_leaves_nothing_behind(sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.faults.set("telegram", Hang(), times=1))
    with pytest.raises(httpx.ReadTimeout):
        send(sandbox, "hung", timeout=0.2)
    assert texts(sandbox) == []


def test_a_hang_after_acting_has_done_it(sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.faults.set("telegram", Hang(after_acting=True), times=1))
    with pytest.raises(httpx.ReadTimeout):
        send(sandbox, "done unseen", timeout=0.2)
    assert texts(sandbox) == ["done unseen"]


def test_another_answer_after_acting_has_done_it_too(sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.faults.set("telegram", Answer(504, after_acting=True), times=1))
    assert send(sandbox, "done in spite").status_code == 504
    assert texts(sandbox) == ["done in spite"]


# The control address.


def test_the_control_address_moves_the_clock_and_the_money(sandbox: Sandbox) -> None:
    moved = control(sandbox, "/clock", {"set": "2026-11-23T12:00:00-05:00"}).json()["result"]
    assert datetime.fromisoformat(moved) >= datetime(2026, 11, 23, 12, 0, tzinfo=NEW_YORK)
    control(sandbox, "/clock", {"advance": 3600})
    assert sandbox.call(lambda world: world.clock.now()) >= datetime(2026, 11, 23, 13, 0, tzinfo=NEW_YORK)
    control(sandbox, "/deposit", {"amount": "250.50"})
    control(sandbox, "/withdraw", {"amount": 50})
    transcript = httpx.get(sandbox.origin("control") + "/transcript").json()
    assert transcript["account"]["cash"] == "200.5"


def test_the_control_address_speaks_and_taps_as_the_owner(sandbox: Sandbox) -> None:
    assert "no message shows a button" in control(sandbox, "/tap", {"button": 1}).json()["error"]
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    url = f"{sandbox.origin('telegram')}/bot{sandbox.keys.telegram_token}"
    httpx.post(f"{url}/sendMessage", json={"chat_id": OWNER, "text": "sure?", "reply_markup": keyboard})
    control(sandbox, "/say", {"text": "/status"})
    control(sandbox, "/tap", {"button": 1})
    updates = httpx.get(f"{url}/getUpdates").json()["result"]
    assert [update["message"]["text"] for update in updates[:2]] == ["/start", "/status"]
    assert updates[2]["callback_query"]["data"] == "yes"


def test_the_control_address_sets_and_clears_faults(sandbox: Sandbox) -> None:
    rule = {"service": "telegram", "kind": "answer", "status": 503, "path": "*/sendMessage"}
    control(sandbox, "/faults", rule)
    assert send(sandbox, "lost").status_code == 503
    control(sandbox, "/faults/clear", {})
    assert send(sandbox, "through").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/deposit", {}, "'amount' is missing"),
        ("/deposit", {"amount": "much"}, "amount is 'much', must be dollars"),
        ("/clock", {"set": "2020-01-02T09:30:00-05:00"}, "cannot go back"),
        ("/faults", {"service": "telegram", "kind": "rain"}, "kind is 'rain', must be answer or one of slow, "),
        ("/faults", {"service": "telegram", "kind": "500", "times": 0}, "times is 0, must be at least 1"),
    ],
)
def test_the_control_address_says_what_is_wrong(
    sandbox: Sandbox, path: str, body: dict[str, object], reason: str
) -> None:
    answer = control(sandbox, path, body)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
