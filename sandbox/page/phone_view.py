"""The owner's phone on the page: the chat, its command menu and typing sign, and the SMS beside it."""

from time import monotonic

from sandbox.page.words import day, minute
from sandbox.telegram import Button, Message, Telegram
from sandbox.telegram.chat import Document, Photo
from sandbox.vonage import PRICE, SmsService

_SHOWN_MESSAGES = 200
_SHOWN_NOTICES = 10
# The Bot API: a chat action is shown for 5 seconds or less, until a message of the bot arrives.
_TYPING_SECONDS = 5.0


class PhoneView:
    """Show one person's phone."""

    def __init__(self, telegram: Telegram, sms: SmsService, owner_id: int) -> None:
        self._telegram = telegram
        self._sms = sms
        self._owner_id = owner_id
        self._calls_seen = 0
        self._typing_until = 0.0

    def chat(self) -> dict[str, object]:
        """Return the chat with the bot, ready for JSON."""
        telegram = self._telegram
        return {
            "name": telegram.me.first_name,
            "is_started": telegram.may_write_to(self._owner_id),
            "is_typing": self._is_typing(),
            "commands": [{"command": command, "description": text} for command, text in telegram.commands],
            "messages": [self._message(each) for each in telegram.conversation(self._owner_id)[-_SHOWN_MESSAGES:]],
            "notices": [
                {"query": notice.query_id, "text": notice.text, "is_alert": notice.is_alert}
                for notice in telegram.notices[-_SHOWN_NOTICES:]
            ],
        }

    def sms(self) -> dict[str, object]:
        """Return what came by SMS, ready for JSON; the credit is the sender's."""
        first = max(0, len(self._sms.messages) - _SHOWN_MESSAGES)
        return {
            "has_credit": self._sms.balance >= PRICE,
            "credit": f"€{self._sms.balance:.2f}",
            "messages": [
                {
                    "id": number,
                    "day": day(sms.at),
                    "time": minute(sms.at),
                    "sender": sms.sender,
                    "text": sms.text,
                    "segments": sms.segments,
                }
                for number, sms in enumerate(self._sms.messages[first:], start=first)
            ],
        }

    def _message(self, message: Message) -> dict[str, object]:
        return {
            "id": message.id,
            "is_own": message.sender.id == self._owner_id,
            "day": day(message.at),
            "time": minute(message.at),
            "edited": minute(message.edited_at) if message.edited_at is not None else "",
            "text": message.text,
            "entities": [
                {"type": entity.type, "offset": entity.offset, "length": entity.length, "url": entity.url}
                for entity in message.entities
            ],
            "keyboard": [[_button(button) for button in row] for row in message.keyboard],
            "attached": _attached(message),
        }

    def _is_typing(self) -> bool:
        """Tell whether the bot's last word was that it is busy; the time is this machine's, as on a real phone."""
        calls = self._telegram.requests_seen[self._calls_seen :]
        self._calls_seen += len(calls)
        for call in calls:
            method = call.method.lower()
            if method == "sendchataction" and call.status == 200:
                self._typing_until = monotonic() + _TYPING_SECONDS
            elif method.startswith(("send", "edit")):
                self._typing_until = 0.0
        return monotonic() < self._typing_until


def _button(button: Button) -> dict[str, object]:
    return {"label": button.label, "data": button.data, "url": button.url}


def _attached(message: Message) -> dict[str, object] | None:
    address = f"/attached/{message.id}"
    match message.attached:
        case Photo() as photo:
            return {"kind": "photo", "url": address, "width": photo.width, "height": photo.height}
        case Document() as document:
            return {
                "kind": "document",
                "url": address,
                "name": document.name,
                "size": f"{len(document.content):,} bytes",
            }
        case None:
            return None
