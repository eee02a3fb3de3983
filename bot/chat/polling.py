"""Listening to the chat, by a loop of our own: PTB's Updater ends for good at a single 401, and cannot begin again."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import Enum
from typing import Any

from telegram import BotCommand
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import Application
from telegram.request import HTTPXRequest

from bot.chat.access import KINDS
from core.pauses import growing_pause

log = logging.getLogger(__name__)

POLL_SECONDS = 10
"""How long Telegram holds an empty poll open."""

GRACE_SECONDS = 10.0
"""How much longer than it is held a poll may take: httpx's own time-out begins anew with each byte."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between tries, doubled each time."""

OPEN_SECONDS = 30.0
"""How long getting ready to poll may take, for the same reason."""

LONGEST_TRY = OPEN_SECONDS + POLL_SECONDS + GRACE_SECONDS + 30.0
"""Seconds that one try may take, with what is noted and set around it."""

SHORTEST_POLL = 1.0
"""Seconds between two polls that bring nothing: something in between may answer for Telegram, and at once."""

SAID_AFTER = 3
"""Refusals in a row before the owner hears of it: a restart alone can meet its predecessor's last poll."""

MENU_PAUSE, MENU_SECONDS = 60.0, 5.0
"""Seconds between tries to set the menu, and for one of them."""

STOP_SECONDS = 2.0
"""How long each step of the end may take."""


AnyApplication = Application[Any, Any, Any, Any, Any, Any]


class Refused(Enum):
    """Why Telegram turns polls away until somebody does something, in words for the owner."""

    REVOKED = "it refuses the bot's token"
    TAKEN = "another program polls with the same token"


class Polling:
    """Keeps the chat connected. `commands` are shown in Telegram's menu.

    `on_refused` is told what Telegram turns polls away for, and None once they are answered undisturbed again; `signs`,
    at each try and each pause, how many seconds there are until the next.
    """

    def __init__(
        self,
        application: AnyApplication,
        request: HTTPXRequest,
        commands: list[BotCommand],
        on_refused: Callable[[Refused | None], Awaitable[None]],
        *,
        first_pause: float = FIRST_PAUSE,
        signs: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._signs = signs
        self._application = application
        self._request = request
        self._commands = commands
        self._on_refused = on_refused
        self._first_pause = first_pause
        self._offset: int | None = None
        self._heard = False
        # An earlier process may have said it.
        self._may_be_said = True
        self._menu_at: float | None = 0.0
        self.connected = False

    async def run(self) -> None:
        """Listen, and after a failure listen again after growing pauses, until cancelled."""
        failures = refusals = 0
        while True:
            self._signs(LONGEST_TRY)
            try:
                await self._poll()
            except Exception as error:  # noqa: BLE001  a strange answer makes PTB raise all kinds; the chat must not end
                failures += 1
                refused = _refused(error)
                refusals = refusals + 1 if refused else 0
                self.connected = False
                _note(error)
                if refused is not None and refusals == SAID_AFTER:
                    self._may_be_said = True
                    await self._tell(refused)
                await self._renew()
                pause = self._pause(error, failures)
                self._signs(pause)
                await asyncio.sleep(pause)
            else:
                failures = refusals = 0
                await self._show_menu()

    async def confirm(self) -> None:
        """Tell Telegram, once and in bounded time, what was read, so that it does not come again. After `run`."""
        if self._offset is not None:
            with contextlib.suppress(TimeoutError, TelegramError):
                async with asyncio.timeout(STOP_SECONDS):
                    await self._application.bot.get_updates(self._offset, timeout=0, allowed_updates=KINDS)

    async def close(self) -> None:
        """Let what was read be answered, and close the connections, in bounded time."""
        if self._application.running:
            with contextlib.suppress(TimeoutError, TelegramError):
                await asyncio.wait_for(self._application.stop(), STOP_SECONDS)
        with contextlib.suppress(TimeoutError, TelegramError):
            await asyncio.wait_for(self._application.shutdown(), STOP_SECONDS)

    async def _poll(self) -> None:
        """Wait for updates once, and hand on what came."""
        if not self.connected:
            async with asyncio.timeout(OPEN_SECONDS):
                await self._open()
        # The very first poll returns at once, so that it is known soon whether the chat is there.
        seconds = POLL_SECONDS if self._heard else 0
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.timeout(seconds + GRACE_SECONDS):
            updates = await self._application.bot.get_updates(self._offset, timeout=seconds, allowed_updates=KINDS)
        self._heard = True
        if not self.connected:
            self.connected = True
            log.info("the chat is connected")
        for update in updates:
            await self._application.update_queue.put(update)
            self._offset = update.update_id + 1
        if seconds and not updates:
            held = loop.time() - began
            # With another poller about, polls are cut short.
            if held >= seconds / 2:
                await self._undisturbed()
            await asyncio.sleep(SHORTEST_POLL - held)

    async def _open(self) -> None:
        await self._application.initialize()
        if not self._application.running:
            await self._application.start()
        # Telegram refuses polls while there is one.
        await self._application.bot.delete_webhook()

    async def _undisturbed(self) -> None:
        """Tell, once, that nothing is refused any more."""
        if self._may_be_said:
            self._may_be_said = False
            await self._tell(None)

    async def _tell(self, refused: Refused | None) -> None:
        try:
            await self._on_refused(refused)
        except Exception:
            # The books may be locked, or the disk full: no reason to stop listening.
            log.exception("it could not be noted how polls are answered")

    async def _renew(self) -> None:
        # A connection that was lost in mid-poll may still count as taken, and the pool has only one.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._request.shutdown()
        await self._request.initialize()

    async def _show_menu(self) -> None:
        """Set the menu of commands, once; the chat works without it."""
        now = asyncio.get_running_loop().time()
        if self._menu_at is None or now < self._menu_at:
            return
        try:
            async with asyncio.timeout(MENU_SECONDS):
                await self._application.bot.set_my_commands(self._commands)
        except (TelegramError, TimeoutError) as error:
            log.warning("the menu of commands is not set (%s)", type(error).__name__)
            self._menu_at = now + MENU_PAUSE
        else:
            self._menu_at = None

    def _pause(self, error: Exception, failures: int) -> float:
        pause = growing_pause(failures, self._first_pause, LONGEST_PAUSE)
        if isinstance(error, RetryAfter):
            asked = error.retry_after
            pause = max(pause, asked.total_seconds() if isinstance(asked, timedelta) else float(asked))
        return pause


def _refused(error: Exception) -> Refused | None:
    match error:
        case InvalidToken():
            return Refused.REVOKED
        case Conflict():
            return Refused.TAKEN
        case _:
            return None


def _note(error: Exception) -> None:
    """Log a failure without its text where that may hold the token."""
    match error:
        case InvalidToken():
            log.error("Telegram refuses the bot's token: get a new one from @BotFather and restart")
        case Conflict():
            log.error("Telegram turns the chat away: another program polls with the same token")
        case TelegramError() | TimeoutError():
            log.warning("the chat is not connected (%s)", type(error).__name__)
        case _:
            log.error("the chat is not connected, for a reason nobody expected", exc_info=error)
