"""How an update reaches its command or button, and what an owner hears when that fails."""

import difflib
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from html import escape
from typing import Any

from telegram import Chat, Update
from telegram.error import TelegramError
from telegram.ext import (
    ApplicationHandlerStop,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.chat import access, references
from bot.chat.exchange import TelegramChat
from bot.chat.grammar import Command, Handle, WrongWords
from bot.chat.turns import Turns
from bot.chat.typing_signs import typing
from bot.services import Services
from core.ports import BrokerAway

log = logging.getLogger(__name__)

NEAR_ENOUGH = 0.6
"""How much alike (difflib's ratio) what was written and a command must be for the command to be suggested."""

RUN = "run"
"""What the data of a button begins with that stands for a command without any words: `run:status`."""

AnyHandler = CommandHandler[Any, Any] | CallbackQueryHandler[Any, Any] | MessageHandler[Any, Any]
Answer = Callable[[TelegramChat, Update, ContextTypes.DEFAULT_TYPE], Awaitable[None]]


def handlers(
    commands: Sequence[Command], taps: Mapping[str, Handle], services: Services, turns: Turns
) -> list[AnyHandler]:
    """Return the handlers for all commands and buttons, and for whatever else an owner may send."""
    answers = _Answers(commands, taps, services)

    def reached_by(answer: Answer) -> Any:
        return _reached_by(answer, frozenset(services.settings.telegram.owner_ids), turns)

    new = filters.UpdateType.MESSAGE
    return [
        *(
            CommandHandler(command.name, reached_by(answers.obeying(command)), filters=new, block=False)
            for command in commands
        ),
        CallbackQueryHandler(reached_by(answers.tapped), block=False),
        # An edit is answered, but never acted on: the owner could not tell what was done and what was not.
        MessageHandler(filters.UpdateType.EDITED_MESSAGE, reached_by(_edited), block=False),
        MessageHandler(new, reached_by(answers.not_understood), block=False),
    ]


def nearest(name: str, commands: Sequence[Command]) -> str:
    """Return ` Did you mean /status?`, nothing where no command comes near."""
    near = difflib.get_close_matches(name, [command.name for command in commands], n=1, cutoff=NEAR_ENOUGH)
    return f" Did you mean /{near[0]}?" if near else ""


class _Answers:
    """What is answered to a command, to a tap, and to anything else."""

    def __init__(self, commands: Sequence[Command], taps: Mapping[str, Handle], services: Services) -> None:
        self._commands = {command.name: command for command in commands}
        self._taps = taps
        self._services = services

    def obeying(self, command: Command) -> Answer:
        async def answer(chat: TelegramChat, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
            if update.message is not None and update.message.forward_origin is not None:
                # Whoever wrote it is not known to be an owner.
                await chat.reply("Forwarded messages are not acted on. Please write the command yourself.")
                return
            try:
                await command.handle(chat, self._services, _words(command, update, context))
            except WrongWords as wrong:
                await chat.show(f"{escape(str(wrong), quote=False)}{_for_example(command)}")

        return answer

    async def tapped(self, chat: TelegramChat, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        data = update.callback_query.data if update.callback_query else None
        name, _, rest = (data or "").partition(":")
        handle = self._taps.get(name)
        if name == RUN and rest in self._commands:
            # The menu stays as it is: what is answered is a message of its own.
            chat.begin_anew()
            await self.obeying(self._commands[rest])(chat, update, context)
        elif handle is not None and rest:
            try:
                await handle(chat, self._services, [rest])
            except WrongWords as wrong:
                await chat.reply(escape(str(wrong), quote=False))
        else:
            await chat.notice("This button is of no use any more.")

    async def not_understood(self, chat: TelegramChat, update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        text = (update.message.text if update.message else None) or ""
        meant = _suggestion(text, tuple(self._commands.values()))
        await chat.reply(f"That is no command of mine.{meant} /help lists what I can do.")


def _reached_by(answer: Answer, owners: Collection[int], turns: Turns) -> Any:
    """Return what the library calls: the answer, for an owner, in their turn, and with an end to every tap."""

    async def run(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        if not access.is_an_owners(update, owners):
            raise ApplicationHandlerStop  # the gate stopped it already, unless the gate itself is broken
        chat = TelegramChat(update)
        try:
            await turns.come(update)
            async with typing(_to_type_in(update)):
                await _guarded(answer, chat, update, context)
        finally:
            turns.end(update)
            await chat.settle()

    return run


def _words(command: Command, update: Update, context: ContextTypes.DEFAULT_TYPE) -> Sequence[str]:
    """Return what follows a command's name, in words or as it was written."""
    if not command.as_written:
        return context.args or ()
    return ((update.message.text if update.message else None) or "").split(maxsplit=1)[1:]


async def _guarded(answer: Answer, chat: TelegramChat, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Let no failure end without an answer, and none go further."""
    try:
        try:
            await answer(chat, update, context)
        except BrokerAway as error:
            why = escape(str(error), quote=False)
            await chat.show(f"Alpaca cannot be reached: {why}. Please try again in a moment.")
        except TelegramError:
            raise
        except Exception:
            reference = references.new()
            log.exception("an answer failed, reference %s", reference)
            await chat.show(f"Something went wrong, and the log says what. Reference: <code>{reference}</code>")
    except TelegramError as error:
        # Its text may hold the token; the owner cannot be answered now, and the outbox says what matters.
        log.warning("an answer could not be given: %s", type(error).__name__)


def _to_type_in(update: Update) -> Chat | None:
    """Return where to show that the bot is at work; a tapped button shows that by itself."""
    return update.effective_chat if update.message is not None else None


def _for_example(command: Command) -> str:
    return f"\nFor example: <code>{escape(command.example, quote=False)}</code>" if command.example else ""


def _suggestion(text: str, commands: Sequence[Command]) -> str:
    """Return the command that somebody may have meant, as a question; nothing where none comes near."""
    words = text.split(maxsplit=1)
    if not words or not words[0].startswith("/"):
        return ""
    return nearest(words[0].removeprefix("/").partition("@")[0].lower(), commands)


async def _edited(chat: TelegramChat, _update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    await chat.reply("Edited messages are not acted on. Please send it again as a new one.")
