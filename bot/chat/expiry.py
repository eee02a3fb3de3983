"""Questions whose time is over say so by themselves, after a restart too."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from telegram import Bot
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.chat.confirming import Question, unanswered
from bot.records import now
from bot.services import Services
from storage.confirmations import Waiting

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""How often the questions are looked at."""


class Expiry:
    """Changes the messages of questions that nobody answered in time."""

    def __init__(self, services: Services, bot: Bot, questions: Mapping[str, Question]) -> None:
        self._services = services
        self._bot = bot
        self._questions = questions
        # Only of this process: said again after a restart, Telegram finds the message not modified.
        self._said: set[str] = set()

    async def run(self) -> None:
        """Look until cancelled, whatever happens."""
        while True:
            try:
                await self.look(now())
            except Exception:
                log.exception("it could not be looked up which questions are over")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, at: datetime) -> None:
        """Say of every question whose time is over that it is; what Telegram cannot be told now waits for the next."""
        asked = await asyncio.to_thread(unanswered, self._services, self._questions)
        over = {one.token: one for one in asked if one.expires <= at and one.message_id is not None}
        self._said &= over.keys()
        for token, question in over.items():
            if token not in self._said and await self._say(question):
                self._said.add(token)

    async def _say(self, question: Waiting) -> bool:
        """Return whether there is nothing more to do for it."""
        text = self._questions[question.kind].over
        try:
            await self._bot.edit_message_text(
                text, chat_id=question.chat, message_id=question.message_id, parse_mode=ParseMode.HTML
            )
        except (BadRequest, Forbidden):
            # It says so already, or is gone, or the owner has blocked the bot: a tap on it is still too late.
            return True
        except TelegramError as error:
            log.info("it could not be said that a question is over: %s", type(error).__name__)
            return False
        return True
