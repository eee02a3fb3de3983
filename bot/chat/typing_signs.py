"""The sign that the bot is at work: Telegram shows it for five seconds, or until the answer comes."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from telegram.constants import ChatAction
from telegram.error import TelegramError

log = logging.getLogger(__name__)

AFTER_SECONDS = 0.1
"""What is answered sooner needs no sign; sending one would only hold its answer up."""

EVERY_SECONDS = 4.0


class Place(Protocol):
    """A chat of the library, as far as this module needs one."""

    async def send_action(self, action: str) -> object:
        """Show what the bot does."""


@asynccontextmanager
async def typing(chat: Place | None) -> AsyncIterator[None]:
    """Show it until the block ends, unless that is at once. It delays nothing, and that it fails is no matter."""
    if chat is None:
        yield
        return
    signs = asyncio.create_task(_repeat(chat))
    try:
        yield
    finally:
        signs.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await signs


async def _repeat(chat: Place) -> None:
    await asyncio.sleep(AFTER_SECONDS)
    while True:
        try:
            await chat.send_action(ChatAction.TYPING)
        except TelegramError as error:
            log.info("the typing sign could not be shown: %s", type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)
