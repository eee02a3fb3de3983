"""Debian's Chromium, driven by playwright, where both are there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

PROGRAM = Path("/usr/bin/chromium")

# No traffic of its own: the tests run without the Internet.
_QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def browser() -> "Iterator[BrowserContext]":
    """Run Chromium with a profile of its own; skip the test, with the reason, where it cannot be had."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make test installs it")
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} does not exist: apt-get install chromium")
    # Chromium's own sandbox refuses to run as root.
    options = [*_QUIET, "--no-sandbox"] if os.geteuid() == 0 else _QUIET
    with TemporaryDirectory(prefix="allocator-chromium-") as profile, sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=PROGRAM, args=options, viewport={"width": 1280, "height": 860}
        )
        try:
            yield context
        finally:
            context.close()
