"""Who is listened to: the owners, in their private chat with the bot, and nobody else anywhere."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from datetime import datetime, timedelta
from typing import Any

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop, ContextTypes

from bot.channels.telegram import TelegramChannel
from bot.records import Records, now
from core.messages.chat_messages import intruded
from storage.outbox import Recipient

log = logging.getLogger(__name__)

LONGEST_NOTE = 200

LINES_EACH, LINES_IN_ALL = 5, 100
"""How many refusals of one stranger, and of all together, the audit has of an hour one by one; the rest is counted."""

HOUR = timedelta(hours=1)
REFUSED = "refused: not an owner in a private chat"
OTHERS = "other strangers"

_NAMES = {Update.MESSAGE: "message", Update.EDITED_MESSAGE: "edit", Update.CALLBACK_QUERY: "tap"}


KINDS = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY)
"""What an owner may send. Telegram is asked for nothing else, and whatever comes all the same is stopped."""

Gate = Callable[[Update, ContextTypes.DEFAULT_TYPE], Coroutine[Any, Any, None]]


def gate(
    owners: Collection[int],
    records: Records,
    clock: Callable[[], datetime] = now,
    *,
    passed: Callable[[Update], None] = lambda _: None,
    said: Callable[[], None] = lambda: None,
) -> Gate:
    """Return the handler that all updates pass first; it stops whatever is not an owner's in their private chat.

    Denied by default: an update without a user or a chat, of any kind, is stopped too. Nothing is answered, so that
    a stranger learns nothing; what was asked is written to the audit, and the owners are told, at most once an hour.
    Whoever passes can be written to, so what was held for them is released. `passed` is called with each update that
    does, before anything is awaited for it; `said` after something was put into the outbox.
    """
    refusals = Refusals()

    async def check(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        passes = False
        # Without ApplicationHandlerStop the library goes on to the commands, after any other exception too: whatever
        # fails in here, what is not known to be an owner's is stopped.
        try:
            passes = is_an_owners(update, owners)
            if passes:
                passed(update)
            at = clock()
            lines = refusals.ended(at) if passes else refusals.met(_who(update), _asked(update), at)
            for who, what in lines:
                log.warning("refused: %s", who)
                await asyncio.to_thread(records.audit.note, who, what, REFUSED, at)
            user = update.effective_user
            if passes and user is not None:
                owner = Recipient(TelegramChannel.name, str(user.id))
                await asyncio.to_thread(records.outbox.release, owner, at)
            elif not passes and refusals.is_news(at):
                alert = intruded(user.id if user is not None else None, is_owner=user is not None and user.id in owners)
                await asyncio.to_thread(records.outbox.say, alert, at, once_key=f"refused-{at:%Y-%m-%d %H}")
                said()
        except Exception:
            log.exception("the gate could not keep its records; the update is %s", "passed" if passes else "stopped")
        if not passes:
            raise ApplicationHandlerStop

    return check


def is_an_owners(update: Update, owners: Collection[int]) -> bool:
    """Tell whether an update comes from an owner in their private chat with the bot, whose id is their own."""
    if sum(getattr(update, kind) is not None for kind in KINDS) != 1 or _kind(update) not in KINDS:
        return False
    user, chat = update.effective_user, update.effective_chat
    if user is None or chat is None:
        return False
    return user.id in owners and chat.type == ChatType.PRIVATE and chat.id == user.id


class Refusals:
    """Decides what the audit says of strangers, so that none of them can fill the disk; an hour at a time."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._written: Counter[str] = Counter()
        self._counted: Counter[str] = Counter()
        self._told: datetime | None = None

    def is_news(self, at: datetime) -> bool:
        """Return whether the owners are to hear that somebody was refused, which they are once an hour."""
        if self._told is not None and self._told <= at < self._told + HOUR:
            return False
        self._told = at
        return True

    def met(self, who: str, what: str, at: datetime) -> list[tuple[str, str]]:
        """Return the lines to write, who and what each, now that someone was refused."""
        lines = self.ended(at)
        self._began = self._began or at
        if self._written[who] < LINES_EACH and self._written.total() < LINES_IN_ALL:
            self._written[who] += 1
            return [*lines, (who, what)]
        # Nobody who is only counted takes up memory: there may be any number of them.
        self._counted[who if who in self._written else OTHERS] += 1
        return lines

    def ended(self, at: datetime) -> list[tuple[str, str]]:
        """Return a line for each stranger who was only counted, once the hour is over; the next update tells that."""
        if self._began is None or self._began <= at < self._began + HOUR:
            return []
        lines = [(who, f"{more} more since {self._began:%Y-%m-%d %H:%M} UTC") for who, more in self._counted.items()]
        self._began, self._written, self._counted = None, Counter(), Counter()
        return lines


def _who(update: Update) -> str:
    return f"telegram user {update.effective_user.id}" if update.effective_user is not None else "unknown"


def _kind(update: Update) -> str:
    """Return what kind of update it is, by its name in the Bot API."""
    return next((kind for kind in Update.ALL_TYPES if getattr(update, kind, None) is not None), "unknown")


def _asked(update: Update) -> str:
    kind = _kind(update)
    name = _NAMES.get(kind, kind.replace("_", " "))
    if update.callback_query is not None:
        text = update.callback_query.data or ""
    else:
        message: Any = update.effective_message
        text = getattr(message, "text", None) or getattr(message, "caption", None) or ""
    return f"{name}: {text[:LONGEST_NOTE]}"
