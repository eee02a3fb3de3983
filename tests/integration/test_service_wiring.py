"""The service's parts are wired to the watchdog: in a whole outage each still gives its signs of life."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from bot import app
from bot.operations.ending import Ending
from bot.operations.pulse import LONGEST_WORK, Part, Pulse
from bot.service import SIGNALS, _Service
from bot.settings.file import load
from bot.settings.model import Settings
from sandbox.server import Sandbox
from storage import database
from storage.database import Database

LONGEST = 15.0


class Signed(Pulse):
    """A pulse that records who has signed, and says when everybody has."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: set[Part] = set()
        self.promised: list[tuple[Part, float]] = []
        self.all = asyncio.Event()

    def sign(self, part: Part, within: float) -> None:
        """Note who signs; every part does so in the event loop."""
        super().sign(part, within)
        self.promised.append((part, within))
        self.parts.add(part)
        if self.parts == set(Part):
            self.all.set()


class Patient(Ending):
    """An ending that never comes: this process has more to test."""

    def begin(self, code: int) -> None:
        """Do nothing."""


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Give this process its own handling of signals back, which a service takes for good."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def settings(tmp_path: Path, authority: trustme.CA) -> Iterator[Settings]:
    """Return the settings of an installation for which nothing outside answers."""
    with Sandbox(authority=authority) as sandbox:
        for service in ("alpaca", "telegram", "vonage"):
            sandbox.stop_service(service)
        file = tmp_path / "settings.toml"
        file.write_text(sandbox.settings(storage={"url": f"sqlite:///{tmp_path / 'books.db'}"}), encoding="utf-8")
        yield load(file).settings


@pytest.fixture
def books(settings: Settings) -> Iterator[Database]:
    """Open the installation's books."""
    with database.open(settings.storage.url) as opened:
        yield opened


async def test_every_part_of_the_service_signs_although_nothing_outside_answers(
    settings: Settings, books: Database
) -> None:
    pulse = Signed()
    with app.core_over(settings, books) as core:
        running = asyncio.create_task(_Service(settings, replace(core, pulse=pulse), Patient()).run())
        with suppress(TimeoutError):
            await asyncio.wait_for(pulse.all.wait(), LONGEST)
        signal.raise_signal(signal.SIGTERM)
        await running
    assert pulse.parts == set(Part)
    assert (Part.TICK, LONGEST_WORK) in pulse.promised
