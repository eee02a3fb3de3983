"""The demo's page in a real browser, as a newcomer uses it. Needs playwright and Debian's Chromium.

One demo lives through all of these, in any order: each test waits for what is new since it began.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.demo_process import RunningDemo

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

PATIENCE = 20_000
"""Milliseconds that anything on the page may take."""


@pytest.fixture(scope="module")
def opened(chromium: "BrowserContext", demo: RunningDemo) -> "Iterator[tuple[Page, list[str]]]":
    """The page after the demo's own first morning, and what its console has complained of."""
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(PATIENCE)
    page.goto(demo.url())
    page.get_by_label("Received SMS").get_by_text("Orders have been executed").first.wait_for()
    yield page, complaints
    page.close()


@pytest.fixture
def page(opened: "tuple[Page, list[str]]") -> "Iterator[Page]":
    """The page, which must not have complained of anything by the end of the test."""
    shown, complaints = opened
    complaints.clear()
    yield shown
    assert complaints == []


def texts(page: "Page") -> "Locator":
    return page.get_by_label("Received SMS").get_by_role("article")


def notes(page: "Page") -> "Locator":
    return page.get_by_role("log", name="What happened").locator("p")


def executed(page: "Page") -> "tuple[Locator, Locator]":
    """Return the alerts of executed orders, in the chat and by SMS."""
    alert = "Orders have been executed"
    return page.locator(".message:not(.own)").filter(has_text=alert), texts(page).filter(has_text=alert)


def purchases(page: "Page", symbol: str) -> "Locator":
    """Return the rows of orders of a symbol."""
    return page.get_by_role("table", name="Orders").get_by_role("row").filter(has_text=f"Buy {symbol}")


def invest(page: "Page", dollars: str) -> None:
    """Put dollars into the account, at least $200 so that no sector gets too little, and go to the next morning."""
    page.get_by_label("Amount").fill(dollars)
    page.get_by_role("button", name="Deposit", exact=True).click()
    notes(page).filter(has_text=f"${dollars}.00 arrives").last.wait_for()
    page.get_by_role("button", name="Investing").click()


def turn(page: "Page", name: str, *, on: bool) -> None:
    """Turn a switch, and wait until it stands so."""
    page.get_by_role("switch", name=name).click()
    page.get_by_role("switch", name=name, checked=on).wait_for()


def say(page: "Page", text: str) -> None:
    page.get_by_label("Message to the bot").fill(text)
    page.keyboard.press("Enter")


def test_a_newcomer_s_deposit_becomes_orders_an_alert_and_an_sms(page: "Page") -> None:
    chat, sms = executed(page)
    alerts, texted, bought = chat.count(), sms.count(), purchases(page, "VOO").count()
    invest(page, "301")
    chat.nth(alerts).wait_for()
    sms.nth(texted).wait_for()
    assert purchases(page, "VOO").count() == bought + 1
    assert purchases(page, "VOO").first.get_by_text("Filled", exact=True).count() == 1
    assert page.get_by_role("table", name="Positions").get_by_text("VOO").count() == 1


def test_a_command_of_the_menu_is_answered_and_a_button_under_the_answer_taps(page: "Page") -> None:
    page.get_by_role("button", name="Commands").click()
    page.get_by_role("list", name="Commands").get_by_role("button", name="/help").click()
    key = page.locator("button.key").last
    key.wait_for()
    before = page.locator(".message").count()
    key.click()
    page.locator(".message").nth(before).wait_for()


def test_orders_whose_answers_are_lost_are_found_at_the_broker_and_not_sent_twice(page: "Page") -> None:
    _, sms = executed(page)
    texted, bought = sms.count(), purchases(page, "VOO").count()
    turn(page, "Order answers lost", on=True)
    invest(page, "302")
    sms.nth(texted).wait_for()
    turn(page, "Order answers lost", on=False)
    assert purchases(page, "VOO").count() == bought + 1


def test_with_the_broker_down_nothing_is_bought_until_it_is_back(page: "Page") -> None:
    _, sms = executed(page)
    texted = sms.count()
    turn(page, "Broker down", on=True)
    invest(page, "303")
    page.wait_for_timeout(500)
    assert sms.count() == texted
    turn(page, "Broker down", on=False)
    sms.nth(texted).wait_for()


def test_with_telegram_down_the_sms_comes_and_the_chat_follows_later(page: "Page") -> None:
    chat, sms = executed(page)
    alerts, texted = chat.count(), sms.count()
    turn(page, "Telegram down", on=True)
    page.get_by_text("waiting for network").wait_for()
    invest(page, "304")
    sms.nth(texted).wait_for()
    assert chat.count() == alerts
    turn(page, "Telegram down", on=False)
    chat.nth(alerts).wait_for()


def test_without_credit_the_chat_comes_and_the_sms_follows_later(page: "Page") -> None:
    chat, sms = executed(page)
    alerts, texted = chat.count(), sms.count()
    turn(page, "SMS out of credit", on=True)
    page.get_by_text("Out of credit", exact=True).wait_for()
    invest(page, "305")
    chat.nth(alerts).wait_for()
    assert sms.count() == texted
    turn(page, "SMS out of credit", on=False)
    sms.nth(texted).wait_for()


def test_a_killed_bot_starts_again_and_answers(page: "Page") -> None:
    page.get_by_role("button", name="Kill the bot").click()
    page.get_by_role("status").filter(has_text="The bot is killed").wait_for()
    page.get_by_role("status").filter(has_text="The bot is running").wait_for()
    notes(page).filter(has_text="was killed").first.wait_for()
    notes(page).filter(has_text="started again").first.wait_for()
    before = page.locator(".message").count()
    say(page, "/status")
    page.locator(".message").nth(before + 1).wait_for()


def test_time_stands_still_and_runs_at_another_speed(page: "Page") -> None:
    time = page.locator("#time")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Play").wait_for()
    page.wait_for_timeout(200)
    stood = time.inner_text()
    page.wait_for_timeout(1200)
    assert time.inner_text() == stood
    page.get_by_role("button", name="600 times as fast").click()
    page.get_by_role("button", name="600 times as fast", pressed=True).wait_for()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("stood => document.querySelector('#time').textContent > stood", arg=stood[:4] + "9:59")
    page.get_by_role("button", name="real time").click()


def test_the_chat_can_be_used_by_keyboard_alone(page: "Page") -> None:
    page.get_by_role("button", name="Commands").focus()
    page.keyboard.press("Enter")
    commands = page.get_by_role("list", name="Commands")
    commands.wait_for()
    page.keyboard.press("Escape")
    commands.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.id") == "menu"
    before = page.locator(".message.own").count()
    page.keyboard.press("Tab")
    page.keyboard.type("/help")
    page.keyboard.press("Enter")
    page.locator(".message.own").nth(before).wait_for()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_keeps_anybody_out_in_light_and_dark(page: "Page", width: int, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.base", reason="axe-playwright-python is not installed").AXE_SCRIPT
    page.set_viewport_size({"width": width, "height": 860})
    try:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            page.screenshot(path=tmp_path / f"{width}-{scheme}.png", full_page=True)
            page.evaluate(axe)
            found = page.evaluate("axe.run()")["violations"]
            assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == [], scheme
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    finally:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 860})
