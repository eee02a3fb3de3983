"""What an owner does in the chat of a house, and what comes back."""

import asyncio
from typing import Any

from telegram import Update

from bot.channels.telegram import CONFIRM
from sandbox.telegram import Message
from sandbox.telegram.wire import message_json
from tests.fuzz.house import OWNER, House


class Talk:
    """An owner's side of the chat."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._number = 0

    def said(self, text: str) -> dict[str, Any]:
        """Return the update of a message."""
        self._number += 1
        message: dict[str, Any] = {
            "message_id": 10**6 + self._number,
            "date": 1_795_000_000,
            "chat": {"id": OWNER, "type": "private", "first_name": "Owner"},
            "from": {"id": OWNER, "is_bot": False, "first_name": "Owner"},
            "text": text,
        }
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return {"update_id": self._number, "message": message}

    def tapped(self, message: Message, data: str, really: str = "") -> dict[str, Any]:
        """Return the update of a tap on a button, with other data than the button's if that is given."""
        self._number += 1
        query = {
            "id": self.house.telegram.tap(OWNER, message.id, data),
            "from": {"id": OWNER, "is_bot": False, "first_name": "Owner"},
            "chat_instance": "1",
            "message": message_json(message),
            "data": really or data,
        }
        return {"update_id": self._number, "callback_query": query}

    async def say(self, *texts: str) -> str:
        """Write, all at once, and return the newest answer."""
        await self.house.receive([self.said(text) for text in texts])
        return self.newest.text

    async def say_beside(self, text: str) -> str:
        """Write while something else is under way, and return the next new message."""
        before = len(self.house.telegram.messages)
        await self.house.application.process_update(Update.de_json(self.said(text), self.house.application.bot))
        while len(self.house.telegram.messages) == before:  # noqa: ASYNC110  the stand-in tells nobody
            await asyncio.sleep(0.005)
        return self.newest.text

    async def tap(self, data: str) -> str:
        """Tap a button of the newest message that shows it, and return the newest answer."""
        messages = self.house.telegram.messages
        message = next(one for one in reversed(messages) if data in [button.data for button in one.buttons])
        await self.house.receive([self.tapped(message, data)])
        return self.newest.text

    async def tap_confirm(self) -> str:
        """Tap the confirming button of the newest question, and return the newest answer."""
        shown = [button.data or "" for message in self.house.telegram.messages for button in message.buttons]
        return await self.tap(next(data for data in reversed(shown) if data.startswith(f"{CONFIRM}:")))

    @property
    def newest(self) -> Message:
        """Return the bot's newest message."""
        return self.house.telegram.messages[-1]
