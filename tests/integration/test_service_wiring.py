"""A whole service in this process: its parts are wired to the watchdog, and locked books stop it only so long."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot import app
from bot.app import Core
from bot.operations.ending import Ending
from bot.operations.pulse import LONGEST_WORK, Part, Pulse
from bot.records import now
from bot.service import SIGNALS, _Service
from bot.settings.file import load
from bot.settings.model import Settings
from core.alerts import Alert, AlertKind
from core.calendar import NEW_YORK
from sandbox.server import Sandbox
from sandbox.world import World
from storage import database
from tests.integration.breaking_books import locked

LONGEST = 15.0
EXECUTED = "Orders have been executed"
WAITING = Alert(AlertKind.TROUBLE, "This was said before")
BROKE = "Something went wrong inside Allocator: OperationalError"


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
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    """Run the stand-ins."""
    with Sandbox(authority=authority, cash=Decimal(250)) as running:
        yield running


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    """Return the settings of an installation."""
    file = tmp_path / "settings.toml"
    file.write_text(sandbox.settings(storage={"url": f"sqlite:///{tmp_path / 'books.db'}"}), encoding="utf-8")
    return load(file).settings


@asynccontextmanager
async def serving(settings: Settings, pulse: Pulse) -> AsyncIterator[Core]:
    """Let a service run during the block, and end it as the system does."""
    with database.open(settings.storage.url) as books, app.core_over(settings, books) as core:
        running = asyncio.create_task(_Service(settings, replace(core, pulse=pulse), Patient()).run())
        try:
            yield core
        finally:
            signal.raise_signal(signal.SIGTERM)
            await running


async def test_every_part_of_the_service_signs_although_nothing_outside_answers(
    sandbox: Sandbox, settings: Settings
) -> None:
    for service in ("alpaca", "telegram", "vonage"):
        sandbox.stop_service(service)
    pulse = Signed()
    async with serving(settings, pulse):
        with suppress(TimeoutError):
            await asyncio.wait_for(pulse.all.wait(), LONGEST)
    assert pulse.parts == set(Part)
    assert (Part.TICK, LONGEST_WORK) in pulse.promised


async def test_books_that_are_locked_while_the_service_runs_cost_no_order_and_are_made_up_for_once(
    sandbox: Sandbox, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    caplog.set_level(logging.INFO, "bot")

    async def until(reached: Callable[[World], object], what: str) -> None:
        await asyncio.to_thread(sandbox.wait_for, reached, LONGEST, what)

    sandbox.call(lambda world: world.telegram.press_start(sandbox.keys.owner_id))
    async with serving(settings, Signed()) as core:
        await until(lambda _: "the first tick is done" in caplog.text, "the first tick")
        sandbox.stop_service("vonage")
        core.records.outbox.say(WAITING, now())
        await until(lambda _: "alert not sent by SMS" in caplog.text, "a try that fails")
        with locked(core.records.database.file):
            sandbox.start_service("vonage")
            sandbox.call(lambda world: world.clock.set(datetime(2026, 11, 23, 9, 35, tzinfo=NEW_YORK)))
            # Not even that it fails can be said: the job's own error is what is left of it.
            await until(lambda _: caplog.text.count("an update or a job failed") >= 2, "two ticks that fail")
            await until(lambda _: "the outbox cannot be used" in caplog.text, "a delivery that cannot be noted")
            assert sandbox.call(lambda world: world.brokerage.orders()) == []
            assert sandbox.call(lambda world: world.sms.requests_seen) == []
        await until(lambda world: any(EXECUTED in one.text for one in world.sms.messages), "an SMS")
        await until(lambda world: any(EXECUTED in one.text for one in world.telegram.messages), "an alert in the chat")
    texts = sandbox.call(lambda world: [one.text for one in world.sms.messages])
    # A tick that failed as the lock went could say so.
    told = [text.partition(".")[0] for text in texts if not text.startswith(BROKE)]
    assert sorted(told) == [EXECUTED, WAITING.text]
    assert len(sandbox.call(lambda world: world.brokerage.orders())) == 7
