"""The demo's page over HTTP: what it shows, what it does, and whom it turns away."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import sleep

import httpx
import pytest

from sandbox.clock import VirtualClock
from sandbox.page import Page, PortTaken, open_page
from sandbox.page.market_clock import MarketClock
from sandbox.server import Sandbox
from sandbox.sessions import NEW_YORK
from sandbox.telegram.chat import Button, Document
from sandbox.telegram.entities import FormattedText, parse_html

OWNER = 1001


class FakeProduct:
    """A product whose process exists on paper only."""

    def __init__(self) -> None:
        self.is_alive = True
        self.done: list[str] = []

    def kill(self) -> None:
        self.done.append("killed")
        self.is_alive = False

    def start_again(self) -> None:
        self.done.append("started again")
        self.is_alive = True


class Visitor:
    """A browser with the page open, without its eyes: it knows the token, and asks as the page does."""

    def __init__(self, url: str) -> None:
        self.origin = url.rstrip("/")
        self._client = httpx.Client(base_url=self.origin)
        found = re.search(r'name="token" content="([^"{]+)"', self._client.get("/").text)
        assert found is not None
        self.headers = {"Origin": self.origin, "X-Page-Token": found.group(1)}

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._client.get(path, headers=headers)

    def post(self, action: str, body: object, headers: dict[str, str]) -> httpx.Response:
        return self._client.post(f"/actions/{action}", json=body, headers=headers)

    def does(self, action: str, **body: object) -> httpx.Response:
        return self.post(action, body, self.headers)

    def sees(self, part: str) -> dict[str, object]:
        shown = self.get("/state").json()[part]
        assert isinstance(shown, dict)
        return shown

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def product() -> FakeProduct:
    return FakeProduct()


@pytest.fixture
def visitor(sandbox: Sandbox, product: FakeProduct) -> Iterator[Visitor]:
    with Page(sandbox, product, port=0) as page:
        visiting = Visitor(page.url)
        yield visiting
        visiting.close()


# Who may ask.


def test_another_host_name_is_refused_even_for_reading(visitor: Visitor) -> None:
    answer = visitor.get("/", Host="evil.example")
    assert answer.status_code == 403
    assert "the host is 'evil.example'" in answer.json()["error"]
    port = visitor.origin.rpartition(":")[2]
    assert visitor.get("/state", Host=f"localhost:{port}").status_code == 200


def test_another_site_may_not_act_with_the_token_or_without(visitor: Visitor, sandbox: Sandbox) -> None:
    before = sandbox.call(lambda world: len(world.brokerage.book.entries))
    for headers in (
        {**visitor.headers, "Origin": "http://evil.example"},
        {**visitor.headers, "Origin": "null"},
        {"X-Page-Token": visitor.headers["X-Page-Token"]},
        {"Origin": visitor.origin},
        {**visitor.headers, "X-Page-Token": "guessed"},
    ):
        assert visitor.post("deposit", {"amount": "1"}, headers).status_code == 403
    assert sandbox.call(lambda world: len(world.brokerage.book.entries)) == before
    assert visitor.does("deposit", amount="1").status_code == 200


def test_every_answer_forbids_what_comes_from_elsewhere(visitor: Visitor) -> None:
    for path in ("/", "/state", "/static/page.js", "/nothing"):
        answer = visitor.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert (answer.headers["X-Content-Type-Options"], "unsafe" in policy) == ("nosniff", False)
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_nothing_on_the_page_is_loaded_from_elsewhere() -> None:
    static = Path("sandbox/page/static")
    for file in static.iterdir():
        addresses = re.findall(r"(?:src|href|url\(|from |@import )[\"'=( ]*(?:https?:)?//\S+", file.read_text())
        assert addresses == [], file.name


# What it shows.


def test_the_chat_has_what_was_said_with_its_looks_buttons_and_files(visitor: Visitor, sandbox: Sandbox) -> None:
    assert visitor.does("start").status_code == 200
    sent = sandbox.call(
        lambda world: world.telegram.deliver(
            OWNER, parse_html("<b>Bold</b> &lt;script&gt;"), (), Document('a"\r\nb.csv', b"1,2")
        )
    )
    messages = visitor.sees("chat")["messages"]
    assert isinstance(messages, list)
    shown = messages[-1]
    assert (shown["text"], shown["is_own"]) == ("Bold <script>", False)
    assert shown["entities"] == [{"type": "bold", "offset": 0, "length": 4, "url": None}]
    file = visitor.get(f"/attached/{sent.id}")
    assert (file.content, file.headers["Content-Type"]) == (b"1,2", "application/octet-stream")
    assert file.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%22%0D%0Ab.csv"
    assert visitor.get("/attached/99999").status_code == 404


def test_the_typing_sign_stands_until_the_bot_has_written(visitor: Visitor, sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.telegram.press_start(OWNER))
    sandbox.call(lambda world: world.telegram.record("sendChatAction", {}, 200, True))
    assert visitor.sees("chat")["is_typing"] is True
    sandbox.call(lambda world: world.telegram.record("sendMessage", {}, 200, None))
    assert visitor.sees("chat")["is_typing"] is False


def test_only_what_has_changed_is_sent_as_it_changes(visitor: Visitor) -> None:
    with httpx.stream("GET", f"{visitor.origin}/events", timeout=10) as stream:
        told = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        assert {"bot", "chat", "sms", "clock", "account", "orders", "troubles", "diary"} == set(next(told))
        visitor.does("trouble", name="credit", on=True)
        changed = next(parts for parts in told if "troubles" in parts)
        assert "chat" not in changed
        assert [each["name"] for each in changed["troubles"] if each["is_on"]] == ["credit"]
    visitor.does("trouble", name="credit", on=False)


# What it does.


def test_money_arrives_at_once_or_is_on_its_way_and_leaves_if_it_is_there(visitor: Visitor, sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.brokerage.reset(Decimal(0)))
    visitor.does("deposit", amount="$1,250.50")
    visitor.does("deposit", amount="20", clears="tomorrow")
    account = visitor.sees("account")
    assert (account["cash"], account["pending"]) == ("$1,250.50", "$20.00")
    assert visitor.does("withdraw", amount="250.50").status_code == 200
    refused = visitor.does("withdraw", amount="1000.01")
    assert (refused.status_code, refused.json()["error"]) == (422, "cannot withdraw $1000.01: only $1000.00 is free")


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "1.001", "2000000", "much", ""])
def test_what_is_no_amount_of_dollars_is_refused_in_words(visitor: Visitor, amount: str) -> None:
    refused = visitor.does("deposit", amount=amount)
    assert refused.status_code == 422
    assert f"amount is {amount!r}, must " in refused.json()["error"]


@pytest.mark.parametrize(("action", "body", "status"), [
    ("deposit", {}, 400),
    ("jump", {"to": "yesterday"}, 422),
    ("speed", {"times": 7}, 422),
    ("say", {"text": "  "}, 422),
    ("say", {"text": "x" * 4097}, 422),
    ("tap", {"message": 77777, "data": "x"}, 422),
    ("trouble", {"name": "moon", "on": True}, 422),
    ("dance", {}, 404),
    ("say", [], 400),
])  # fmt: skip
def test_what_cannot_be_done_is_said(visitor: Visitor, action: str, body: object, status: int) -> None:
    answer = visitor.post(action, body, visitor.headers)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


def test_a_switch_takes_a_service_off_its_port_and_puts_it_back(visitor: Visitor, sandbox: Sandbox) -> None:
    port = int(sandbox.origin("telegram").rpartition(":")[2])
    visitor.does("trouble", name="telegram", on=True)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5).close()
    visitor.does("trouble", name="telegram", on=False)
    socket.create_connection(("127.0.0.1", port), 5).close()


def test_a_tap_on_a_button_reaches_the_bot(visitor: Visitor, sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.telegram.press_start(OWNER))
    keyboard = ((Button("Yes", "go"), Button("Docs", url="https://example.com/")),)
    message = sandbox.call(lambda world: world.telegram.deliver(OWNER, FormattedText("Sure?"), keyboard))
    query = visitor.does("tap", message=message.id, data="go").json()["result"]
    sandbox.call(lambda world: world.telegram.answer(query, "Done", is_alert=False))
    notices = visitor.sees("chat")["notices"]
    assert isinstance(notices, list)
    assert notices[-1] == {"query": query, "text": "Done", "is_alert": False}
    refused = visitor.does("tap", message=message.id, data="yes")
    assert (refused.status_code, "has no button 'yes'" in refused.json()["error"]) == (422, True)


def test_the_bot_is_killed_seen_dead_and_started_again(
    visitor: Visitor, product: FakeProduct, sandbox: Sandbox
) -> None:
    sandbox.call(lambda world: world.telegram.record("getUpdates", {}, 200, []))
    assert visitor.sees("bot") == {"state": "running"}
    assert visitor.does("kill").status_code == 200
    assert visitor.sees("bot") == {"state": "killed"}
    assert visitor.does("kill").status_code == 422
    sandbox.wait_for(lambda _world: len(product.done) == 2, 10, "the start")
    assert product.done == ["killed", "started again"]
    assert visitor.sees("bot") == {"state": "starting"}
    sandbox.call(lambda world: world.telegram.record("getMe", {}, 200, {}))
    assert visitor.sees("bot") == {"state": "running"}


# The clock.


def test_time_stops_runs_faster_and_never_back() -> None:
    clock = VirtualClock(datetime(2026, 11, 23, 14, 0, tzinfo=UTC))
    clock.stop()
    stood = clock.now()
    clock.advance(timedelta(hours=1))
    assert clock.now() == stood + timedelta(hours=1)
    clock.run_at(3600)
    sleep(0.02)
    assert clock.now() > stood + timedelta(hours=1, minutes=1)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.run_at(-1)


def test_a_speed_that_is_chosen_while_time_stands_still_counts_when_it_runs() -> None:
    clock = VirtualClock(datetime(2026, 11, 23, 14, 0, tzinfo=UTC))
    market = MarketClock(clock)
    market.pause()
    market.choose(600)
    assert clock.rate == 0
    market.play()
    assert clock.rate == 600


def test_the_clock_jumps_to_the_investing_the_close_and_the_end_of_a_short_week() -> None:
    clock = VirtualClock(datetime(2026, 11, 25, 9, 0, tzinfo=NEW_YORK))
    clock.stop()
    market = MarketClock(clock)
    arrived = [market.jump(name).astimezone(NEW_YORK).isoformat()[:16] for name in ("open", "close", "open", "week")]
    assert arrived == ["2026-11-25T09:35", "2026-11-25T16:06", "2026-11-27T09:35", "2026-11-27T13:06"]
    assert market.jump("week").astimezone(NEW_YORK).isoformat()[:16] == "2026-12-04T16:06"


# Where it is.


def test_a_port_that_is_taken_is_said_and_the_usual_one_gives_way(sandbox: Sandbox, product: FakeProduct) -> None:
    with Page(sandbox, product) as first, Page(sandbox, product) as second:
        assert first.url != second.url
        taken = int(second.url.rstrip("/").rpartition(":")[2])
        with pytest.raises(PortTaken, match=f"port {taken} .*use another --port"), Page(sandbox, product, port=taken):
            pass


def test_a_browser_is_opened_only_beside_a_terminal_on_a_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    opened: list[str] = []
    assert not open_page("http://x/", {"DISPLAY": ":0"}, is_terminal=False, browse=opened.append)
    assert not open_page("http://x/", {}, is_terminal=True, browse=opened.append)
    assert opened == []
    assert open_page("http://x/", {"WAYLAND_DISPLAY": "wayland-0"}, is_terminal=True, browse=opened.append)


def test_the_demo_refuses_a_port_where_no_page_would_be() -> None:
    result = subprocess.run(  # noqa: S603  # our own program, from beside this interpreter
        [Path(sys.executable).with_name("allocator"), "demo", "--days", "1", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, "leave one of them out" in result.stdout) == (2, True)
