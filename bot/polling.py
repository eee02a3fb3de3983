"""Listening to the chat: started, watched and started again, while everything else goes on without it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from telegram import BotCommand, Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application
from telegram.request import HTTPXRequest

log = logging.getLogger(__name__)

POLL_SECONDS = 10
"""How long Telegram holds an empty poll open."""

DEAF_AFTER = 45.0
"""Seconds without an answered poll after which polling is started anew: a 401 ends it without a word."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
STOP_SECONDS = 2.0

AnyApplication = Application[Any, Any, Any, Any, Any, Any]


class WatchedRequest(HTTPXRequest):
    """The connection that polls, with the moment of its last answer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.answered_at: float | None = None

    async def do_request(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Pass a request on, and note when it was answered well."""
        status, body = await super().do_request(*args, **options)
        if status == 200:
            self.answered_at = time.monotonic()
        return status, body


class Polling:
    """Keeps the chat connected. `commands` are shown in Telegram's menu."""

    def __init__(
        self,
        application: AnyApplication,
        request: WatchedRequest,
        commands: list[BotCommand],
        on_refused: Callable[[], None],
    ) -> None:
        self._application = application
        self._request = request
        self._commands = commands
        self._on_refused = on_refused
        self.connected = False

    async def run(self) -> None:
        """Connect, listen, and connect again after growing pauses, until cancelled."""
        failures = 0
        while True:
            try:
                await self._connect()
                failures = 0
                log.info("the chat is connected")
                await self._listen()
            except InvalidToken:
                # Its text holds the token.
                log.error("Telegram refuses the bot's token: get a new one from @BotFather and restart")
                self._on_refused()
            except TelegramError as error:
                log.warning("the chat is not connected (%s)", type(error).__name__)
            self.connected = False
            await self._disconnect()
            failures += 1
            await asyncio.sleep(min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 16)))

    async def close(self) -> None:
        """Stop listening, in bounded time."""
        await self._disconnect()
        if self._application.running:
            with contextlib.suppress(TimeoutError, TelegramError):
                await asyncio.wait_for(self._application.stop(), STOP_SECONDS)
        with contextlib.suppress(TimeoutError, TelegramError):
            await asyncio.wait_for(self._application.shutdown(), STOP_SECONDS)

    async def _connect(self) -> None:
        await self._application.initialize()
        if not self._application.running:
            await self._application.start()
        await self._application.bot.set_my_commands(self._commands)
        updater = self._application.updater
        if updater is None:
            raise RuntimeError("the application was built without an updater, so it cannot listen")
        self._request.answered_at = time.monotonic()
        await updater.start_polling(
            timeout=POLL_SECONDS,
            allowed_updates=[Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY],
            error_callback=_note,
        )
        self.connected = True

    async def _listen(self) -> None:
        """Return when no poll was answered for too long."""
        while time.monotonic() - (self._request.answered_at or 0.0) < DEAF_AFTER:  # noqa: ASYNC110  silence has no event
            await asyncio.sleep(1.0)
        log.warning("no poll was answered for %.0f s: connecting anew", DEAF_AFTER)

    async def _disconnect(self) -> None:
        updater = self._application.updater
        if updater is not None and updater.running:
            # It asks Telegram once more, to confirm what was read; Telegram may be what is away.
            with contextlib.suppress(TimeoutError, TelegramError):
                await asyncio.wait_for(updater.stop(), STOP_SECONDS)


def _note(error: TelegramError) -> None:
    log.warning("polling: %s", type(error).__name__)
