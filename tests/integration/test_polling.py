"""Listening to the chat: what is read, what is confirmed, and what happens when Telegram turns a poll away."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
import trustme
from telegram import BotCommand, Update
from telegram.ext import TypeHandler

from bot import app
from bot.chat.polling import SAID_AFTER, Polling, Refused
from bot.settings.file import load
from bot.settings.model import Settings
from sandbox.faults.kinds import Answer, Denial, Hang
from sandbox.server import Sandbox
from sandbox.world import World

OWNER = 4242

TAKEN = Answer(
    409, '{"ok": false, "error_code": 409, "description": "Conflict: terminated by other getUpdates request"}'
)


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    """Run the stand-ins."""
    with Sandbox(authority=authority) as running:
        yield running


class Listener:
    """Polling under way, and what it has handed on."""

    def __init__(self, sandbox: Sandbox, settings: Settings) -> None:
        self._sandbox = sandbox
        self.heard: list[str] = []
        self.told: list[Refused | None] = []
        application, connection = app.application(settings)
        application.add_handler(TypeHandler(Update, self._hear))
        menu = [BotCommand("help", "what I can do")]
        self.polling = Polling(application, connection, menu, on_refused=self._tell, first_pause=0.05)
        self._task = asyncio.create_task(self.polling.run())

    async def until(self, reached: Callable[[World], object], seconds: float = 15.0) -> None:
        """Wait until this is so in the sandbox."""
        await asyncio.to_thread(self._sandbox.wait_for, reached, seconds, "what the test is about")

    async def stop(self) -> None:
        """End the loop, as the service does."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self.polling.confirm()
        await self.polling.close()

    async def _hear(self, update: Update, _context: object) -> None:
        if update.message is not None:
            self.heard.append(update.message.text or "")

    async def _tell(self, refused: Refused | None) -> None:
        self.told.append(refused)


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    """Return the settings of an installation in the sandbox."""
    file = tmp_path / "settings.toml"
    file.write_text(sandbox.settings(), encoding="utf-8")
    return load(file).settings


@pytest.fixture
async def listener(sandbox: Sandbox, settings: Settings) -> AsyncIterator[Listener]:
    """Listen until the test ends."""
    made = Listener(sandbox, settings)
    yield made
    await made.stop()


def refuse_polls(sandbox: Sandbox, fault: Answer | Denial | Hang, times: int | None = None) -> int:
    """Let the next polls fail, the one that waits ended first; return the fault's number."""

    def begin(world: World) -> int:
        number = world.faults.set("telegram", fault, path="*/getUpdates", times=times)
        world.telegram.updates.wake()
        return number

    return sandbox.call(begin)


async def test_connected_means_that_a_poll_was_answered_and_no_webhook_is_in_the_way(
    sandbox: Sandbox, listener: Listener
) -> None:
    await listener.until(lambda world: world.telegram.updates.has_poller)
    assert listener.polling.connected
    seen = sandbox.call(lambda world: [request.method for request in world.telegram.requests_seen])
    assert seen[:4] == ["getMe", "deleteWebhook", "getUpdates", "setMyCommands"]


async def test_nothing_is_asked_for_but_what_an_owner_may_send(sandbox: Sandbox, listener: Listener) -> None:
    await listener.until(lambda world: world.telegram.updates.has_poller)
    polls = sandbox.call(lambda world: [one for one in world.telegram.requests_seen if one.method == "getUpdates"])
    assert json.loads(polls[0].parameters["allowed_updates"]) == ["message", "edited_message", "callback_query"]


@pytest.mark.parametrize(
    "fault", [Denial(401), TAKEN, Denial(500), Answer(200, "no json"), Answer(200, '{"ok": true}'), Answer(200, "[]")]
)
async def test_whatever_polls_are_answered_with_the_chat_is_heard_afterwards(
    sandbox: Sandbox, listener: Listener, fault: Answer | Denial
) -> None:
    await listener.until(lambda world: world.telegram.updates.has_poller)
    number = refuse_polls(sandbox, fault, times=2)
    await listener.until(lambda world: world.faults.left(number) == 0)
    sandbox.call(lambda world: world.telegram.say(OWNER, "still there?"))
    await listener.until(lambda _: listener.heard == ["still there?"])
    assert listener.polling.connected


async def test_what_it_is_asked_to_wait_it_waits(sandbox: Sandbox, listener: Listener) -> None:
    await listener.until(lambda world: world.telegram.updates.has_poller)
    number = refuse_polls(sandbox, Denial(429, wait_seconds=2), times=1)
    await listener.until(lambda world: world.faults.left(number) == 0)
    began = monotonic()
    await listener.until(lambda world: world.telegram.updates.has_poller)
    assert monotonic() - began > 1.8


@pytest.mark.parametrize(("fault", "why"), [(Denial(401), Refused.REVOKED), (TAKEN, Refused.TAKEN)])
async def test_a_refusal_that_lasts_is_said_once(
    sandbox: Sandbox, listener: Listener, fault: Answer | Denial, why: Refused
) -> None:
    await listener.until(lambda world: world.telegram.updates.has_poller)
    number = refuse_polls(sandbox, fault, times=SAID_AFTER + 2)
    await listener.until(lambda world: world.faults.left(number) == 0)
    assert listener.told == [why]


async def test_a_poll_that_nobody_disturbs_ends_what_was_said(sandbox: Sandbox, listener: Listener) -> None:
    number = refuse_polls(sandbox, TAKEN, times=SAID_AFTER)
    await listener.until(lambda world: world.faults.left(number) == 0)
    await listener.until(lambda _: listener.told == [Refused.TAKEN, None])


async def test_an_answer_that_comes_too_soon_is_not_asked_for_again_and_again(
    sandbox: Sandbox, listener: Listener
) -> None:
    await listener.until(lambda world: world.telegram.updates.has_poller)
    number = refuse_polls(sandbox, Answer(200, '{"ok": true, "result": []}'), times=1000)
    await asyncio.sleep(2.5)
    asked = 1000 - (sandbox.call(lambda world: world.faults.left(number)) or 0)
    assert 2 <= asked <= 4


async def test_at_the_end_what_was_read_is_confirmed(sandbox: Sandbox, settings: Settings) -> None:
    listener = Listener(sandbox, settings)
    await listener.until(lambda world: world.telegram.updates.has_poller)

    def say_it_to_the_last_poll(world: World) -> None:
        world.faults.set("telegram", Hang(), path="*/getUpdates", times=1)
        world.telegram.say(OWNER, "once")

    sandbox.call(say_it_to_the_last_poll)
    await listener.until(lambda _: listener.heard == ["once"])
    await listener.stop()
    again = Listener(sandbox, settings)
    await again.until(lambda world: world.telegram.updates.has_poller)
    await again.stop()
    assert again.heard == []
