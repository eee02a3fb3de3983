"""Who is listened to: the owners, in their private chat with the bot, and nobody else anywhere."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop, ContextTypes

from bot.records import Records, now

log = logging.getLogger(__name__)

LONGEST_NOTE = 200

Gate = Callable[[Update, ContextTypes.DEFAULT_TYPE], Coroutine[Any, Any, None]]


def gate(owners: frozenset[int], records: Records) -> Gate:
    """Return the handler that all updates pass first; it stops whatever is not an owner's in a private chat.

    Denied by default: an update without a user or a chat, of any kind, is stopped too. Nothing is answered, so that
    a stranger learns nothing; what was asked is written to the audit.
    """

    async def check(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        user, chat = update.effective_user, update.effective_chat
        if user is not None and chat is not None and user.id in owners and chat.type == ChatType.PRIVATE:
            return
        who = f"telegram user {user.id}" if user is not None else "unknown"
        what = _asked(update)
        log.warning("refused: %s", who)
        await asyncio.to_thread(records.audit.note, who, what, "refused: not an owner in a private chat", now())
        raise ApplicationHandlerStop

    return check


def _asked(update: Update) -> str:
    message: Any = update.effective_message
    text = getattr(message, "text", None) or ""
    kind = "tap" if update.callback_query else "edit" if update.edited_message else "message"
    if update.callback_query:
        text = update.callback_query.data or ""
    return f"{kind}: {text[:LONGEST_NOTE]}"
