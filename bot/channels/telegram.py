"""Alerts as Telegram messages."""

import asyncio
import logging
import os
import textwrap
from collections.abc import Sequence
from datetime import timedelta

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channels import Attempt, Failed, Held, Omitted, Refused, Rejected, Sent
from bot.charts import Charts, NotDrawn
from bot.views import alerts as views
from storage.outbox import Delivery

log = logging.getLogger(__name__)

# PTB 22.8 asks for this variable each time it makes a RetryAfter, and warns of a deprecation unless it is set. Where
# warnings are errors the RetryAfter itself is lost, and with it how long to wait; elsewhere each one is noise.
# Set here, beside the only code that reads `retry_after`; it takes the old form too, if somebody has chosen that.
os.environ.setdefault("PTB_TIMEDELTA", "true")

DRAWING_SECONDS = 5.0
"""How long a picture may take to be drawn: a try has to end, its sending included, within the pump's time."""

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

    def __init__(self, bot: Bot, charts: Charts) -> None:
        self._bot = bot
        self._charts = charts

    async def send(self, delivery: Delivery) -> Attempt:
        """Try once to send the words or the picture that is due.

        Words are laid out as HTML, and sent as plain text if Telegram does not take the layout.
        """
        if delivery.part:
            return await self._send_picture(delivery)
        attempt = await self._send(delivery, views.alert(delivery.alert), ParseMode.HTML)
        if isinstance(attempt, Rejected):
            log.error("%s; it is sent as plain text", attempt.reason)
            plain = textwrap.wrap(delivery.alert.text, views.LONGEST_MESSAGE)
            attempt = await self._send(delivery, plain, None)
        return attempt

    async def _send(self, delivery: Delivery, texts: Sequence[str], parse_mode: ParseMode | None) -> Attempt:
        chat, asked = int(delivery.recipient), delivery.alert.confirmation
        receipts: list[str] = []
        try:
            for text in texts:
                message = await self._bot.send_message(
                    chat,
                    text,
                    parse_mode=parse_mode,
                    reply_markup=buttons(asked) if asked else None,
                    disable_notification=delivery.silent,
                )
                receipts.append(str(message.message_id))
        except TelegramError as error:
            return _attempt(error, delivery.recipient)
        return Sent(",".join(receipts))

    async def _send_picture(self, delivery: Delivery) -> Attempt:
        picture = delivery.alert.pictures[delivery.part - 1]
        drawn = await asyncio.to_thread(self._charts.draw, picture, seconds=DRAWING_SECONDS)
        if isinstance(drawn, NotDrawn) and drawn.may_pass:
            # A process that was stopped or killed, or a machine too busy, must not cost the picture.
            return Failed(f"the picture is not drawn yet ({drawn.reason})")
        if isinstance(drawn, NotDrawn):
            return Omitted(f"the picture could not be drawn ({drawn.reason})")
        try:
            # Its words have made a sound already, if any was wanted.
            message = await self._bot.send_photo(int(delivery.recipient), drawn, disable_notification=True)
        except TelegramError as error:
            attempt = _attempt(error, delivery.recipient)
            return Omitted(attempt.reason) if isinstance(attempt, Rejected) else attempt
        return Sent(str(message.message_id))


def _attempt(error: TelegramError, owner: str) -> Attempt:
    """Say in our own words what an error means: Telegram's may hold the token."""
    start = f"Open the chat with the bot as Telegram user {owner} and press Start."
    match error:
        case RetryAfter():
            wait = error.retry_after
            seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            return Failed("Telegram asked to slow down", wait=seconds)
        case InvalidToken():
            return Refused(
                "Telegram refuses the bot's token", "Put a new one into the settings and restart the service."
            )
        case Forbidden():
            return Held("the owner has not pressed Start in the chat with the bot, or has blocked it", start)
        case BadRequest() if "chat not found" in error.message.lower():
            return Held("the owner has not pressed Start in the chat with the bot", start)
        case BadRequest():
            return Rejected(f"Telegram refused the message ({error.message})")
        case NetworkError():
            return Failed("Telegram cannot be reached")
        case _:
            return Failed(f"Telegram did not take it ({type(error).__name__})")
