"""The service's life: it starts whatever is reachable, goes on without the rest, and ends cleanly when told to."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine
from typing import Any

from telegram import BotCommand, Update
from telegram.ext import ContextTypes, TypeHandler

from bot import access, app, chat
from bot.app import Core
from bot.channels.telegram import TelegramChannel
from bot.commands import COMMANDS, TAPS
from bot.delivery import Pump
from bot.jobs import Jobs
from bot.polling import AnyApplication, Polling
from bot.records import now
from bot.services import Services
from bot.settings import Settings
from core import messages

log = logging.getLogger(__name__)

LANE_SECONDS = 2.0
"""How long a run may take to come to a safe point once the process is asked to stop."""

LAST_WORDS_SECONDS = 5.0
"""How long the process tries to say why it ends by itself."""


def serve(settings: Settings) -> int:
    """Run the service until it is told to stop; return the exit code.

    Raises storage.errors.StorageError when the database or the account cannot be used, and
    bot.acceptance.UnusableAllocation when the settings' allocation cannot.
    """
    with app.opened(settings) as books, app.core_over(settings, books) as core:
        asyncio.run(_Service(settings, core).run())
    return 0


class _Service:
    def __init__(self, settings: Settings, core: Core) -> None:
        self._core = core
        self._stop = asyncio.Event()
        self._failure: Exception | None = None
        self._application, watched = app.application(settings)
        self._services = app.services(settings, core, self._application)
        _add_handlers(self._application, settings, self._services)
        menu = [BotCommand(command.name, command.summary) for command in COMMANDS]
        self._polling = Polling(self._application, watched, menu, on_refused=self._token_refused)

    async def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        # The job queue first, and not through the application: that starts it only once Telegram has answered.
        queue = app.job_queue(self._application)
        Jobs(self._services, self._fail).register(queue)
        await queue.start()
        pump = self._start(self._services.pump.run())
        polling = self._start(self._polling.run())
        log.info("allocator is running, with %s money", "real" if self._core.rules.live else "paper")
        await self._stop.wait()
        log.info("stopping")
        for job in queue.jobs():
            job.schedule_removal()
        polling.cancel()
        self._services.pump.stop()
        await asyncio.gather(self._leave_lane(), pump, return_exceptions=True)
        await queue.stop(wait=False)
        if self._failure is not None:
            await _last_words(self._services.pump, self._services, self._failure)
        await self._polling.close()
        if self._failure is not None:
            raise self._failure

    async def _leave_lane(self) -> None:
        """Let what moves money come to a safe point; a call that hangs is ended, and the ledger knows what it did."""
        self._core.pace.stop()
        if not await self._entered_lane():
            await asyncio.to_thread(self._core.gateway.close)
            await self._entered_lane()

    async def _entered_lane(self) -> bool:
        """Take the lane for good, so that nothing moves money any more; return whether that came about in time."""
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._services.lane.acquire(), LANE_SECONDS)
        return False

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        # What must never end stops the process when it does: the system starts it anew.
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._stop.set()

    def _token_refused(self) -> None:
        alert = messages.channel_trouble(
            "Telegram", "it refuses the bot's token", "Put a new one into the settings and restart the service."
        )
        name = TelegramChannel.name
        self._services.records.outbox.say(alert, now(), once_key=f"channel-{name}", except_by=name)
        self._services.pump.nudge()


def _add_handlers(application: AnyApplication, settings: Settings, services: Services) -> None:
    gate = access.gate(frozenset(settings.telegram.owner_ids), services.records)
    application.add_handler(TypeHandler(Update, gate), group=-1)
    application.add_handlers(chat.handlers(COMMANDS, TAPS, services))
    application.add_error_handler(_log_error)


async def _last_words(pump: Pump, services: Services, error: Exception) -> None:
    log.error("stopping: %s", error)
    services.records.outbox.say(messages.stopped(str(error)), now(), once_key=f"stopped-{type(error).__name__}")
    await pump.flush(LAST_WORDS_SECONDS)


async def _log_error(_update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    log.error("an update or a job failed", exc_info=context.error)
