"""The service's life: it starts whatever is reachable, goes on without the rest, and ends cleanly when told to."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import Any, TypeVar

from telegram import BotCommand, Update
from telegram.ext import ContextTypes, JobQueue, TypeHandler

from bot import app
from bot.app import Core
from bot.channels.telegram import TelegramChannel
from bot.chat import access, handling
from bot.chat.expiry import Expiry
from bot.chat.polling import AnyApplication, Polling, Refused
from bot.chat.turns import Turns
from bot.commands import COMMANDS, QUESTIONS, TAPS
from bot.delivery import Pump
from bot.exits import FAILED, OK
from bot.jobs import Jobs
from bot.operations import notify
from bot.operations.ending import Ending
from bot.operations.pulse import Part, watch
from bot.records import now
from bot.services import Services
from bot.settings.model import Settings
from core.messages import trouble_messages

log = logging.getLogger(__name__)

STOP_SECONDS = 8.5
"""How long the whole end may take; what has not ended by then is left as it is."""

LANE_SECONDS = 2.0
"""How long a run may take to come to a safe point once the process is asked to stop."""

LAST_WORDS_SECONDS = 5.0
"""How long the process tries to say why it ends by itself."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)

TAKEN_KEY = "chat-taken"

REMEDIES = {
    Refused.REVOKED: "Put a new one into the settings and restart the service.",
    Refused.TAKEN: "Stop the other program, or get a new token from @BotFather.",
}

_T = TypeVar("_T")


def serve(settings: Settings, ending: Ending) -> int:
    """Run the service until it is told to stop, or fails, which `ending` is told; return the exit code.

    Raises storage.errors.StorageError when the database or the account cannot be used, and
    bot.allocations.acceptance.UnusableAllocation when the settings' allocation cannot.
    """
    with app.opened(settings) as books, app.core_over(settings, books) as core:
        asyncio.run(_Service(settings, core, ending).run())
    return OK


class _Service:
    def __init__(self, settings: Settings, core: Core, ending: Ending) -> None:
        self._core = core
        self._ending = ending
        self._stop = asyncio.Event()
        self._failure: Exception | None = None
        self._application, connection = app.application(settings)
        self._services = app.services(settings, core, self._application)
        add_handlers(self._application, settings, self._services)
        menu = [BotCommand(command.name, command.summary) for command in COMMANDS]
        signs = partial(core.pulse.sign, Part.POLLING)
        self._polling = Polling(self._application, connection, menu, on_refused=self._chat_refused, signs=signs)
        self._expiry = Expiry(self._services, self._application.bot, QUESTIONS)
        self._jobs = Jobs(self._services, self._fail, core.pulse)
        self._notifier = notify.from_environment()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(_Threads())
        for number in SIGNALS:
            # Not the loop's own way, which takes what the ending listens to.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._stop.set))
        # Settings and books are in order; whatever else is out of order outside is waited for, and is no failed start.
        self._notifier.ready()
        watching = self._start(watch(self._core.pulse, self._notifier, self._status))
        # The job queue first, and not through the application: that starts it only once Telegram has answered.
        queue = app.job_queue(self._application)
        self._jobs.register(queue)
        await queue.start()
        pump = self._start(self._services.pump.run())
        polling = self._start(self._polling.run())
        expiry = self._start(self._expiry.run())
        log.info("allocator is running, with %s money", "real" if self._core.rules.live else "paper")
        await self._stop.wait()
        log.info("stopping")
        watching.cancel()
        self._notifier.stopping()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._wind_down(queue, polling, expiry, pump)
        except TimeoutError:
            log.warning("not all has ended in %.1f s; the rest is left as it is", STOP_SECONDS)
        except Exception:
            log.exception("the end was not in good order")
        for number in SIGNALS:
            # It is as good as over: asked once more, it still ends with the same exit code.
            signal.signal(number, signal.SIG_IGN)
        if self._failure is not None:
            raise self._failure

    async def _wind_down(
        self,
        queue: "JobQueue[Any]",
        polling: "asyncio.Task[None]",
        expiry: "asyncio.Task[None]",
        pump: "asyncio.Task[None]",
    ) -> None:
        self._jobs.stop()
        polling.cancel()
        expiry.cancel()
        self._services.pump.stop()
        await asyncio.wait({polling, expiry}, timeout=LANE_SECONDS)
        await asyncio.gather(self._leave_lane(), pump, self._polling.confirm(), return_exceptions=True)
        await queue.stop(wait=False)
        if self._failure is not None:
            await _last_words(self._services.pump, self._services, self._failure)
        await self._polling.close()

    async def _leave_lane(self) -> None:
        """Let what moves money come to a safe point; a call that hangs is ended, and the ledger knows what it did."""
        self._core.pace.stop()
        entered = await self._entered_lane()
        # In any case: what only reads may hang too, and must start no worker from now on.
        await asyncio.to_thread(self._core.gateway.close)
        if not entered:
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

    def _status(self) -> str:
        """Say in a line how things are, for the system's own view of the service."""
        money = "real" if self._core.rules.live else "paper"
        return f"Running with {money} money; the chat is {'' if self._polling.connected else 'not '}connected"

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._ending.begin(FAILED)
        self._stop.set()

    async def _chat_refused(self, refused: Refused | None) -> None:
        await asyncio.to_thread(self._say_refused, refused)
        self._services.pump.nudge()

    def _say_refused(self, refused: Refused | None) -> None:
        outbox, name = self._services.records.outbox, TelegramChannel.name
        match refused:
            case None:
                outbox.clear(TAKEN_KEY)
            case Refused.REVOKED:
                # The delivery's own key: refused there too, it is said once.
                alert = trouble_messages.channel_trouble("Telegram", refused.value, REMEDIES[refused])
                outbox.say(alert, now(), once_key=f"channel-{name}", except_by=name)
            case Refused.TAKEN:
                outbox.say(trouble_messages.chat_deaf(refused.value, REMEDIES[refused]), now(), once_key=TAKEN_KEY)


class _Threads(ThreadPoolExecutor):
    """A new thread for every call, and none that the end waits for.

    asyncio's own executor has a few threads, so that calls that hang keep all others waiting, and it is joined at the
    end. Only a ThreadPoolExecutor may take its place.
    """

    def submit(self, function: Callable[..., _T], /, *arguments: Any, **named: Any) -> "Future[_T]":
        """Call in a thread that dies with the process."""
        future: Future[_T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function(*arguments, **named)
            except BaseException as error:  # noqa: BLE001  whoever awaits the call is who must see it
                future.set_exception(error)
            else:
                future.set_result(result)

        Thread(target=work, name="call", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Do nothing: there is nothing to take back, and nothing to wait for."""


def add_handlers(application: AnyApplication, settings: Settings, services: Services) -> None:
    """Let all updates pass the gate first, and let the commands and buttons have what it lets through."""
    turns, owners = Turns(), frozenset(settings.telegram.owner_ids)
    gate = access.gate(owners, services.records, passed=turns.take, said=services.pump.nudge)
    application.add_handler(TypeHandler(Update, gate), group=-1)
    application.add_handlers(handling.handlers(COMMANDS, TAPS, services, turns))
    application.add_error_handler(_log_error)


async def _last_words(pump: Pump, services: Services, error: Exception) -> None:
    log.error("stopping: %s", error)
    alert, key = trouble_messages.stopped(str(error)), f"stopped-{type(error).__name__}"
    await asyncio.to_thread(services.records.outbox.say, alert, now(), once_key=key)
    await pump.flush(LAST_WORDS_SECONDS)


async def _log_error(_update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    log.error("an update or a job failed", exc_info=context.error)
