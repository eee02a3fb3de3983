"""One browser and one demo for all the tests of the page."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import browser
from tests.browser.demo_process import RunningDemo, running_demo

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


# Not for the session: while playwright runs, no other test of this process could run an event loop.
@pytest.fixture(scope="module")
def chromium() -> "Iterator[BrowserContext]":
    """A running Chromium."""
    with browser() as context:
        yield context


@pytest.fixture(scope="module")
def demo(chromium: "BrowserContext") -> Iterator[RunningDemo]:
    """`allocator demo` on a terminal; asked for after the browser, without which nothing need be started."""
    assert chromium is not None
    with running_demo() as running:
        yield running
