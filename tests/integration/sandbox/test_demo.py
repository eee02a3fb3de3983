"""The demo: what the terminal shows, what is typed into it, and the whole of it as a person runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep

import pytest

from sandbox.demo.phone import Inbox, Phone, screen
from sandbox.demo.product import Product, ProductDied
from sandbox.demo.typed import TypedLines
from sandbox.telegram.chat import Button, Chat, Message, Person
from sandbox.telegram.entities import Entity, FormattedText
from sandbox.vonage import Sms
from sandbox.world import Keys, World

NOW = datetime(2026, 11, 23, 14, 35, tzinfo=UTC)


@pytest.fixture
def pipe() -> Iterator[tuple[TypedLines, int]]:
    """What is read from a pipe, and the end to write into."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stream:
        yield TypedLines(stream), writing


def message(text: str, *entities: Entity) -> Message:
    return Message(
        id=1,
        chat=Chat(1001, "private", "Owner"),
        sender=Person(7, "Allocator", is_bot=True),
        at=NOW,
        text=text,
        entities=entities,
        keyboard=((Button("Invest", "go"),), (Button("Not now", "no"),)),
    )


# What the terminal shows.


def test_without_a_terminal_there_are_no_control_codes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    phone = Phone(screen(is_terminal=False))
    phone.show(message("Bought \x1b[2Jeverything", Entity("bold", 0, 6)))
    phone.show(Sms(NOW, "12015550123", "1", "Bought everything.", 1, None))
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "Bought ?[2Jeverything" in shown
    assert "[1] Invest" in shown
    assert "[2] Not now" in shown
    assert "Telegram, Mon 23 Nov 09:35:00" in shown
    assert "SMS to +12015550123, Mon 23 Nov 09:35:00" in shown


def test_a_message_is_news_when_it_comes_and_when_it_is_edited() -> None:
    world = World(
        start=NOW,
        seed=1,
        keys=Keys(),
        cash=Decimal(0),
        fill_delay=timedelta(0),
        minimum_crypto_order=Decimal(10),
    )
    inbox = Inbox()
    world.telegram.press_start(1001)
    sent = world.telegram.deliver(1001, FormattedText("working"), ())
    assert inbox.news(world) == [sent]
    assert inbox.news(world) == []
    edited = world.telegram.change(1001, sent.id, FormattedText("done"), ())
    assert inbox.news(world) == [edited]


# What is typed.


def test_lines_are_read_whole_and_the_last_one_needs_no_end(pipe: tuple[TypedLines, int]) -> None:
    typed, writing = pipe
    os.write(writing, b"/status\n\n /he")
    assert typed.read(1) == ["/status"]
    os.write(writing, b"lp")
    os.close(writing)
    lines = []
    while not typed.has_ended:
        lines += typed.read(1)
    assert lines == ["/help"]
    assert typed.read(0) == []


def test_reading_waits_no_longer_than_asked(pipe: tuple[TypedLines, int]) -> None:
    typed, writing = pipe
    began = monotonic()
    assert (typed.read(0.05), typed.has_ended) == ([], False)
    assert monotonic() - began < 1
    os.close(writing)


def test_a_closed_input_has_ended() -> None:
    typed = TypedLines(None)
    assert (typed.has_ended, typed.is_terminal, typed.read(0)) == (True, False, [])


# The whole of it.


def test_a_product_that_ends_by_itself_is_noticed_and_its_output_kept() -> None:
    with Product("nonsense", {}) as product:
        with pytest.raises(ProductDied, match="ended by itself, with exit status 2"):
            watch(product)
        assert "settings.toml" in product.last_output()


def watch(product: Product) -> None:
    """Look after a product for a while."""
    deadline = monotonic() + 20
    while monotonic() < deadline:
        product.check()
        sleep(0.01)


def test_the_demo_shows_the_day_and_answers_what_is_typed(tmp_path: Path) -> None:
    transcript = tmp_path / "day.json"
    result = demo("--json", str(transcript), typed="/status\n")
    shown = result.stdout
    assert (result.returncode, result.stderr) == (0, "")
    assert shown.index("Orders have been executed") < shown.index("You: /status") < shown.index("Last run: ")
    assert "\x1b" not in shown
    seen = json.loads(transcript.read_text())
    assert {said["channel"] for said in seen["messages"]} == {"telegram", "sms"}
    assert sum(float(order["notional"]) for order in seen["orders"]) == 250
    assert {order["status"] for order in seen["orders"]} == {"filled"}


def test_unattended_days_bring_their_rounds_in_both_channels_and_a_week_s_end_its_pictures(tmp_path: Path) -> None:
    transcript = tmp_path / "days.json"
    result = demo("--days", "4", "--deposit", "300", "--json", str(transcript), typed="")
    assert (result.returncode, result.stderr) == (0, "")
    assert "[1/4] Mon 23 Nov 2026" in result.stdout
    assert "[4/4] Fri 27 Nov 2026, a half day" in result.stdout
    seen = json.loads(transcript.read_text())
    assert [said["at"][:16] for said in seen["messages"] if said["channel"] == "sms"] == [
        "2026-11-23T09:35",
        "2026-11-23T16:06",
        "2026-11-24T09:35",
        "2026-11-24T16:06",
        "2026-11-25T09:35",
        "2026-11-25T16:06",
        "2026-11-27T09:35",
        "2026-11-27T13:06",
        "2026-11-27T13:06",
    ]
    of_the_end = [said for said in seen["messages"] if said["at"] > "2026-11-27T13" and said["channel"] == "telegram"]
    assert [said["text"].partition("\n")[0] for said in of_the_end] == [
        "Close report, Fri 27 Nov",
        "",
        "",
        "Variance, Fri 27 Nov",
        "",
    ]
    assert [said.get("attached", "")[:7] for said in of_the_end] == ["", "picture", "picture", "", "picture"]
    assert len(seen["orders"]) == 28


def demo(*options: str, typed: str) -> "subprocess.CompletedProcess[str]":
    """Run the demo where a real account is configured too, which it must not touch."""
    real = {"ALLOCATOR_ALPACA__TRADING_URL": "https://api.alpaca.markets", "HTTPS_PROXY": "http://127.0.0.1:9"}
    return subprocess.run(  # noqa: S603  # our own program, from beside this interpreter
        [Path(sys.executable).with_name("allocator"), "demo", *options],
        input=typed,
        env=os.environ | real,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
