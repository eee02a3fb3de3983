"""The owners: how each is called, and how all hear what one of them has changed."""

import re

from bot.channels.telegram import TelegramChannel
from bot.records import Records, now
from core.messages.chat_messages import changed_by_another
from storage.outbox import Recipient

_NAME = re.compile(r"(telegram user )?(?P<id>\d{1,20})", re.IGNORECASE)


def author(owner: int) -> str:
    """Return how an owner is written into the audit."""
    return f"telegram user {owner}"


def called(who: str, owner: int) -> str:
    """Return somebody of the records as one owner reads it: themselves as `you`."""
    match = _NAME.fullmatch(who)
    return "you" if match is not None and int(match["id"]) == owner else who


def recipient(one: Recipient, owner: int) -> str:
    """Return whom an alert goes to, as one owner reads it; of a phone only the last digits."""
    if one.channel == TelegramChannel.name:
        return "you" if one.address == str(owner) else f"user {one.address}"
    return f"the number ending in {one.address[-4:]}"


def tell_others(records: Records, owner: int, what: str, *, except_by: str | None = None) -> None:
    """Say to every other owner what one of them has changed, a whole sentence; nothing where there is no other."""
    mine = Recipient(TelegramChannel.name, str(owner))
    if any(one.channel == mine.channel and one != mine for one in records.outbox.recipients):
        records.outbox.say(changed_by_another(owner, what), now(), except_by=except_by, except_to=mine)
