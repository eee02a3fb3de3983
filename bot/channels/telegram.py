"""Alerts as Telegram messages."""

import logging
from datetime import timedelta

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot import views
from bot.channels import Attempt, Failed, Held, Sent
from storage.outbox import Delivery

log = logging.getLogger(__name__)

CONFIRM, CANCEL = "confirm", "cancel"


def buttons(token: str, confirm: str = "Invest") -> InlineKeyboardMarkup:
    """Return the two buttons of a confirmation; each carries its token, so they outlive a restart."""
    return InlineKeyboardMarkup.from_row(
        [
            InlineKeyboardButton(confirm, callback_data=f"{CONFIRM}:{token}"),
            InlineKeyboardButton("Cancel", callback_data=f"{CANCEL}:{token}"),
        ]
    )


class TelegramChannel:
    """Sends to the private chat of an owner, whose id is the chat's."""

    name = "telegram"
    title = "Telegram"

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send(self, delivery: Delivery) -> Attempt:
        """Try once to send the alert, laid out as HTML."""
        chat = int(delivery.recipient)
        asked = delivery.alert.confirmation
        receipts: list[str] = []
        try:
            for text in views.alert(delivery.alert):
                message = await self._bot.send_message(
                    chat, text, parse_mode=ParseMode.HTML, reply_markup=buttons(asked) if asked else None
                )
                receipts.append(str(message.message_id))
        except TelegramError as error:
            return _attempt(error)
        return Sent(",".join(receipts))


def _attempt(error: TelegramError) -> Attempt:
    """Say in our own words what an error means: Telegram's may hold the token."""
    match error:
        case RetryAfter():
            wait = error.retry_after
            seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            return Failed("Telegram asked to slow down", wait=seconds)
        case InvalidToken():
            return Failed("Telegram refuses the bot's token", lasting=True)
        case Forbidden():
            return Held("the owner has not pressed Start in the chat with the bot, or has blocked it")
        case BadRequest() if "chat not found" in error.message.lower():
            return Held("the owner has not pressed Start in the chat with the bot")
        case BadRequest():
            log.error("Telegram refused a message: %s", error.message)
            return Failed(f"Telegram refused the message ({error.message})", lasting=True)
        case NetworkError():
            return Failed("Telegram cannot be reached")
        case _:
            return Failed(f"Telegram did not take it ({type(error).__name__})")
