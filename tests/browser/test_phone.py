"""The phone on the page, in a real browser, against a world without a product: the test speaks for the bot."""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from sandbox.page import Page
from sandbox.server import Sandbox
from sandbox.telegram import Button, Message, Telegram
from sandbox.telegram.chat import Document, Photo
from sandbox.telegram.entities import Entity, FormattedText, parse_html

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext
    from playwright.sync_api import Page as Tab

OWNER = 1001


class SleepingProduct:
    """A product that is there and does nothing."""

    is_alive = True

    def kill(self) -> None:
        raise AssertionError("nobody asked for that")

    def start_again(self) -> None:
        raise AssertionError("nobody asked for that")


@pytest.fixture(scope="module")
def sandbox(chromium: "BrowserContext") -> Iterator[Sandbox]:
    assert chromium is not None  # first, because without it nothing need be started
    with Sandbox() as running:
        yield running


@pytest.fixture
def tab(sandbox: Sandbox, chromium: "BrowserContext") -> "Iterator[Tab]":
    """The page, whose chat has been started."""
    sandbox.call(lambda world: world.telegram.press_start(OWNER))
    with Page(sandbox, SleepingProduct(), port=0) as page:
        shown = chromium.new_page()
        complaints: list[str] = []
        shown.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.goto(page.url)
        shown.locator("body[data-live=true]").wait_for()
        yield shown
        shown.close()
        assert complaints == []


def bot(sandbox: Sandbox, does: Callable[[Telegram], Message]) -> Message:
    return sandbox.call(lambda world: does(world.telegram))


def test_start_is_offered_to_who_has_blocked_the_bot_and_the_chat_goes_on(tab: "Tab", sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.telegram.block(OWNER))
    start = tab.get_by_role("button", name="Start", exact=True)
    start.wait_for()
    assert tab.get_by_label("Message to the bot").is_hidden()
    start.click()
    tab.get_by_label("Message to the bot").wait_for()
    assert sandbox.call(lambda world: world.telegram.may_write_to(OWNER))


def test_what_a_message_says_is_shown_and_never_run(tab: "Tab", sandbox: Sandbox) -> None:
    hostile = "<img src=x onerror=alert(1)> \U0001f600 bold"
    entities = (Entity("bold", 32, 4), Entity("text_link", 0, 4, url="javascript:alert(1)"))
    bot(sandbox, lambda chat: chat.deliver(OWNER, FormattedText(hostile, entities[1:] + entities[:1]), ()))
    shown = tab.locator(".message").last
    shown.get_by_text("<img src=x").wait_for()
    assert shown.locator("strong").inner_text() == "bold"
    assert (shown.locator("img").count(), shown.locator("a").count()) == (0, 0)


def test_looks_may_lie_within_each_other_and_links_open_elsewhere(tab: "Tab", sandbox: Sandbox) -> None:
    formatted = parse_html('<b>a <i>b</i></b> <pre>1  2</pre> <a href="https://example.com/x">there</a>')
    bot(sandbox, lambda chat: chat.deliver(OWNER, formatted, ()))
    link = tab.get_by_role("link", name="there").last
    link.wait_for()
    assert (link.get_attribute("href"), link.get_attribute("rel")) == ("https://example.com/x", "noopener noreferrer")
    message = tab.locator(".message").last
    assert message.locator("strong em").inner_text() == "b"
    assert message.locator("pre").inner_text() == "1  2"


def test_an_edit_changes_the_message_in_its_place_and_keeps_the_focus(tab: "Tab", sandbox: Sandbox) -> None:
    def question(chat: Telegram) -> Message:
        return chat.deliver(OWNER, FormattedText("Buy?"), ((Button("Yes", "yes"), Button("No", "no")),))

    asked = bot(sandbox, question)
    bot(sandbox, lambda chat: chat.deliver(OWNER, FormattedText("something after it"), ()))
    tab.get_by_role("button", name="No", exact=True).focus()
    changed = FormattedText("Bought")
    bot(sandbox, lambda chat: chat.change(OWNER, asked.id, changed, ((Button("Again", "no"),),)))
    tab.get_by_role("button", name="Again").wait_for()
    assert tab.evaluate("document.activeElement.textContent") == "Again"
    assert tab.locator(".message").nth(-2).get_by_text("Bought").count() == 1
    assert tab.get_by_text("Buy?").count() == 0


def test_a_tap_spins_until_the_bot_answers_over_the_chat(tab: "Tab", sandbox: Sandbox) -> None:
    bot(sandbox, lambda chat: chat.deliver(OWNER, FormattedText("Sure?"), ((Button("Tap me", "go"),),)))
    key = tab.get_by_role("button", name="Tap me")
    with tab.expect_response("**/actions/tap") as answered:
        key.click()
    query = answered.value.json()["result"]
    tab.locator("button.key[aria-busy=true]").wait_for()
    sandbox.call(lambda world: world.telegram.answer(query, "It is done", is_alert=False))
    tab.get_by_role("status").filter(has_text="It is done").wait_for()
    tab.locator("button.key[aria-busy=true]").wait_for(state="detached")


def test_pictures_are_shown_and_files_are_saved(tab: "Tab", sandbox: Sandbox) -> None:
    photo = Photo(dot(), 1, 1)
    bot(sandbox, lambda chat: chat.deliver(OWNER, FormattedText("A dot"), (), photo))
    picture = tab.get_by_role("img", name="Picture: A dot")
    picture.wait_for()
    tab.wait_for_function("() => [...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    file = Document("orders.csv", b"symbol\nVOO\n")
    bot(sandbox, lambda chat: chat.deliver(OWNER, FormattedText(""), (), file))
    with tab.expect_download() as saved:
        tab.get_by_role("link", name="orders.csv").click()
    assert (saved.value.suggested_filename, saved.value.path().read_bytes()) == ("orders.csv", b"symbol\nVOO\n")


def test_the_typing_sign_comes_and_goes(tab: "Tab", sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.telegram.record("sendChatAction", {}, 200, True))
    tab.get_by_text("Allocator is typing").wait_for()
    sandbox.call(lambda world: world.telegram.record("sendMessage", {}, 200, None))
    tab.get_by_text("Allocator is typing").wait_for(state="detached")


def dot() -> bytes:
    """Return a picture of one white pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
