"""The chat's grammar: commands and buttons, what they are called, and how their handlers are reached."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

from telegram import InlineKeyboardMarkup, Message, Update
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import (
    ApplicationHandlerStop,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot import access
from bot.services import Services
from core.ports import BrokerAway

log = logging.getLogger(__name__)


class Chat(Protocol):
    """One exchange with an owner."""

    owner: int

    async def reply(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        """Say something; later calls of `show` change it."""

    async def show(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        """Change what this exchange shows, buttons included; say it anew if there is nothing to change."""

    async def notice(self, text: str) -> None:
        """Answer a tap with a short notice that leaves the message as it is."""


Handle = Callable[[Chat, Services, Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the chat. `usage` is what follows its name."""

    name: str
    summary: str
    handle: Handle
    usage: str = ""


class TelegramChat:
    """An exchange that an update began."""

    def __init__(self, update: Update) -> None:
        user = update.effective_user
        if user is None:
            raise ValueError("an update without a user reached a handler: the access gate must stop it")
        self.owner = user.id
        self._update = update
        query = update.callback_query
        self._shown: Message | None = query.message if query and isinstance(query.message, Message) else None

    async def reply(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        """Say something; later calls of `show` change it."""
        chat = self._update.effective_chat
        if chat is not None:
            self._shown = await chat.send_message(html, parse_mode=ParseMode.HTML, reply_markup=buttons)

    async def show(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        """Change what this exchange shows, buttons included; say it anew if there is nothing to change."""
        if self._shown is None:
            await self.reply(html, buttons)
        else:
            await self._shown.edit_text(html, parse_mode=ParseMode.HTML, reply_markup=buttons)

    async def notice(self, text: str) -> None:
        """Answer a tap with a short notice that leaves the message as it is."""
        if self._update.callback_query is not None:
            await self._update.callback_query.answer(text)


def handlers(
    commands: Sequence[Command], taps: dict[str, Handle], services: Services
) -> list[CommandHandler[Any, Any] | CallbackQueryHandler[Any, Any] | MessageHandler[Any, Any]]:
    """Return the handlers for all commands and buttons, and for whatever else an owner may send."""

    def reached_by(handle: Handle, words: Callable[[Update, ContextTypes.DEFAULT_TYPE], Sequence[str]]) -> Any:
        async def run(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
            if not access.is_an_owners(update, services.settings.telegram.owner_ids):
                raise ApplicationHandlerStop  # the gate stopped it already, unless the gate itself is broken
            await _guarded(handle, TelegramChat(update), services, words(update, context))

        return run

    def arguments(_update: Update, context: ContextTypes.DEFAULT_TYPE) -> Sequence[str]:
        return context.args or ()

    def tapped(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> Sequence[str]:
        data = update.callback_query.data if update.callback_query else None
        return (data or "").split(":", 1)

    async def tap(chat: Chat, services: Services, words: Sequence[str]) -> None:
        handle = taps.get(words[0])
        if handle is None or len(words) < 2:
            await chat.notice("This button is of no use any more.")
        else:
            await handle(chat, services, words[1:])

    new = filters.UpdateType.MESSAGE
    return [
        *(
            CommandHandler(command.name, reached_by(command.handle, arguments), filters=new, block=False)
            for command in commands
        ),
        CallbackQueryHandler(reached_by(tap, tapped), block=False),
        # An edit is answered, but never acted on: the owner could not tell what was done and what was not.
        MessageHandler(filters.UpdateType.EDITED, reached_by(_edited, arguments)),
        MessageHandler(filters.ALL, reached_by(_not_understood, arguments)),
    ]


async def _guarded(handle: Handle, chat: Chat, services: Services, words: Sequence[str]) -> None:
    """Let no failure end without an answer."""
    try:
        await handle(chat, services, words)
    except BrokerAway as error:
        await chat.show(f"Alpaca cannot be reached: {escape(str(error), quote=False)}. Please try again in a moment.")
    except TelegramError as error:
        # Its text may hold the token; the owner cannot be answered now, and the outbox says what matters.
        log.warning("an answer could not be given: %s", type(error).__name__)
    except Exception:
        log.exception("a command failed")
        await chat.show("Something went wrong, and the log has the details. /status shows how things stand.")


async def _edited(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
    await chat.reply("Edited messages are not acted on. Please send it again as a new one.")


async def _not_understood(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
    await chat.reply("That is no command of mine. /help lists what I can do.")
