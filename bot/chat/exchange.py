"""One exchange with an owner over Telegram: bot.chat.grammar.Chat as the Bot API has it."""

import asyncio
import logging

from telegram import Chat, InlineKeyboardMarkup, Message, Update
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.views import splitting

log = logging.getLogger(__name__)

MOST_PARTS = 4
"""How many messages an answer may take; one that takes more comes as a file."""

FILE_NAME = "answer.txt"

LONGEST_NOTICE = 200

NOTICE_SECONDS = 1.0
"""How long a tap's notice may take: what was tapped waits for it."""

_UNCHANGED = "message is not modified"
_BAD_LAYOUT = "can't parse entities"


class TelegramChat:
    """An exchange that an update began. Implements bot.chat.grammar.Chat."""

    def __init__(self, update: Update) -> None:
        user, chat = update.effective_user, update.effective_chat
        if user is None or chat is None:
            raise ValueError("an update without a user or a chat reached a handler: the access gate must stop it")
        self.owner = user.id
        self._chat: Chat = chat
        self._query = update.callback_query
        self._noticed = False
        message = self._query.message if self._query else None
        # What is too old comes as an InaccessibleMessage: there is nothing to change then.
        self._shown: Message | None = message if isinstance(message, Message) else None

    async def reply(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> int | None:
        """Say something; later calls of `show` change it. Returns the id of the message with the buttons."""
        return await self._say(splitting.parts(html), html, buttons)

    async def show(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> int | None:
        """Change what this exchange shows, buttons included; say it anew if there is nothing that can be changed.

        Returns the id of the message with the buttons.
        """
        parts = splitting.parts(html)
        if self._shown is None or len(parts) > 1:
            return await self._say(parts, html, buttons)
        try:
            if self._shown.text is not None:
                await self._shown.edit_text(html, parse_mode=ParseMode.HTML, reply_markup=buttons)
            elif splitting.shown_length(html) <= splitting.LONGEST_CAPTION:
                await self._shown.edit_caption(html, parse_mode=ParseMode.HTML, reply_markup=buttons)
            else:
                return await self._say(parts, html, buttons)
        except BadRequest as error:
            # It may have been deleted, or be too old. What is shown already needs no change.
            if _UNCHANGED not in error.message.lower():
                return await self._say(parts, html, buttons)
        return self._shown.message_id

    async def notice(self, text: str) -> None:
        """Answer a tap with a short notice that leaves the message as it is. Never fails."""
        if self._query is None or self._noticed:
            return
        self._noticed = True
        try:
            async with asyncio.timeout(NOTICE_SECONDS):
                await self._query.answer(text[:LONGEST_NOTICE])
        except (TelegramError, TimeoutError) as error:
            # Only a courtesy: that a tap is too old to be answered must not cost the deed.
            log.info("a notice could not be shown: %s", type(error).__name__)

    async def photo(self, png: bytes, caption: str = "", buttons: InlineKeyboardMarkup | None = None) -> None:
        """Send a picture, with words under it; words that are too long for that follow as a message."""
        under, after = _captions(caption)
        self._shown = await self._chat.send_photo(
            png, under, parse_mode=ParseMode.HTML, reply_markup=None if after else buttons
        )
        if after:
            await self.reply(after, buttons)

    async def document(self, filename: str, content: bytes, caption: str = "") -> None:
        """Send a file, with words under it; words that are too long for that follow as a message."""
        under, after = _captions(caption)
        # Telegram would show what it takes for a picture or a film as one.
        await self._chat.send_document(
            content, under, filename=filename, parse_mode=ParseMode.HTML, disable_content_type_detection=True
        )
        if after:
            await self.reply(after)

    def begin_anew(self) -> None:
        """Leave the message under which something was tapped as it is, whatever is shown from now on."""
        self._shown = None

    async def settle(self) -> None:
        """End the spinner of a tap that nobody has answered."""
        await self.notice("")

    async def _say(self, parts: tuple[str, ...], html: str, buttons: InlineKeyboardMarkup | None) -> int | None:
        if len(parts) > MOST_PARTS:
            await self.document(FILE_NAME, splitting.plain(html).encode(), "This answer is too long for messages.")
            if buttons is None:
                return None
            parts = ("The whole answer is in the file above.",)
        for number, part in enumerate(parts, start=1):
            await self._send(part, buttons if number == len(parts) else None)
        return self._shown.message_id if self._shown else None

    async def _send(self, html: str, buttons: InlineKeyboardMarkup | None) -> None:
        try:
            self._shown = await self._chat.send_message(html, parse_mode=ParseMode.HTML, reply_markup=buttons)
        except BadRequest as error:
            if _BAD_LAYOUT not in error.message.lower():
                raise
            # Words without their looks are better than none.
            log.error("Telegram does not take the layout (%s); it is sent as plain text", error.message)
            self._shown = await self._chat.send_message(splitting.plain(html), reply_markup=buttons)


def _captions(html: str) -> tuple[str, str]:
    """Return what goes under a picture or a file, and what follows it."""
    return (html, "") if splitting.shown_length(html) <= splitting.LONGEST_CAPTION else ("", html)
