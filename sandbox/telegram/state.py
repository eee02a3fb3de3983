"""The state of the Telegram stand-in: chats and what is in them, moved by the bot and by people."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from time import monotonic

from sandbox.clock import VirtualClock
from sandbox.telegram.chat import Chat, Document, Keyboard, Message, Person, Photo
from sandbox.telegram.entities import FormattedText, commands_in
from sandbox.telegram.flood import FloodControl
from sandbox.telegram.refusals import bad_request, forbidden
from sandbox.telegram.updates import UpdateQueue
from sandbox.telegram.wire import callback_json, message_json


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """One call of the bot: the method as called, its parameters as text, the status of the answer and its result."""

    at: datetime
    method: str
    parameters: dict[str, str]
    status: int
    result: object


@dataclass(frozen=True, slots=True)
class Notice:
    """What the bot answered to a tap: a short text over the chat, empty for just the end of the spinner."""

    at: datetime
    query_id: str
    text: str
    is_alert: bool


class Telegram:
    """One bot, the people who know it, and their chats.

    The methods of people (press_start, say, tap, ...) are for tests and the demo; the bot's are behind the
    Bot API. Times are the virtual clock's, but for what limits the bot's haste: `flood`, and how many seconds a
    tap waits for its answer, `tap_lifetime`. One thread only.
    """

    def __init__(self, clock: VirtualClock, *, token: str) -> None:
        number, _, _ = token.partition(":")
        self._clock = clock
        self._token: str | None = token
        self.me = Person(int(number), "Allocator", is_bot=True, username="allocator_sandbox_bot")
        self.updates = UpdateQueue()
        self.flood = FloodControl()
        # Telegram does not say how long; bots that took 20 s were too late.
        self.tap_lifetime = 15.0
        self.commands: tuple[tuple[str, str], ...] = ()
        self.requests_seen: list[RequestSeen] = []
        self.notices: list[Notice] = []
        self._message_ids = count(1)
        self._query_ids = count(5_000_000_001)
        self._tapped_at: dict[str, float] = {}
        self._people: dict[int, Person] = {}
        self._chats: dict[int, Chat] = {}
        self._blocked: set[int] = set()
        self._messages: dict[int, Message] = {}

    # What people do.

    def press_start(self, user_id: int) -> Message:
        """Let a person press Start: from now on, and after a block again, the bot may write to them."""
        self._blocked.discard(user_id)
        return self.say(user_id, "/start")

    def say(self, user_id: int, text: str, chat_id: int | None = None, chat_type: str = "private") -> Message:
        """Let a person write a message, in their private chat with the bot or in another one."""
        if user_id in self._blocked:
            raise ValueError(f"user {user_id} has blocked the bot and must press Start before writing")
        chat = self._chat(user_id if chat_id is None else chat_id, chat_type)
        message = self._add(chat, self._person(user_id), FormattedText(text, commands_in(text)))
        self.updates.put("message", message_json(message))
        return message

    def edit(self, user_id: int, message_id: int, text: str) -> Message:
        """Let a person edit a message of their own."""
        message = self._messages[message_id]
        if message.sender.id != user_id:
            raise ValueError(f"message {message_id} is not user {user_id}'s, so they cannot edit it")
        edited = message.edited(self._clock.now(), FormattedText(text, commands_in(text)), ())
        self._messages[message_id] = edited
        self.updates.put("edited_message", message_json(edited))
        return edited

    def tap(self, user_id: int, message_id: int, button: str | int) -> str:
        """Let a person tap a button, named by number from 1, callback data or label; return the query's id."""
        message = self._messages[message_id]
        data = message.button(button).data
        if data is None:
            raise ValueError(f"button {button!r} of message {message_id} opens a link and sends nothing")
        query_id = str(next(self._query_ids))
        self._tapped_at[query_id] = monotonic()
        self.updates.put("callback_query", callback_json(query_id, self._person(user_id), message, data))
        return query_id

    def block(self, user_id: int) -> None:
        """Let a person block the bot: it may no longer write to them."""
        self._blocked.add(user_id)

    def revoke(self) -> None:
        """Make the token invalid, as its owner can at BotFather, and end the poll that waits."""
        self._token = None
        self.updates.wake()

    @property
    def messages(self) -> list[Message]:
        """Return what the bot has sent, in the order of sending, each as the chats show it now."""
        return [message for message in self._messages.values() if message.sender == self.me]

    def conversation(self, chat_id: int) -> list[Message]:
        """Return what everybody has said in a chat, in the order of sending, each as it shows now."""
        return [message for message in self._messages.values() if message.chat.id == chat_id]

    def may_write_to(self, user_id: int) -> bool:
        """Tell whether a person has pressed Start, and not blocked the bot since."""
        return user_id in self._chats and user_id not in self._blocked

    def newest_with_buttons(self) -> Message | None:
        """Return the bot's newest message that shows buttons now, if there is one."""
        return next((message for message in reversed(self.messages) if message.buttons), None)

    # What the bot does, behind the Bot API.

    def accepts(self, token: str) -> bool:
        """Tell whether a token is this bot's and still valid."""
        return token == self._token

    def deliver(
        self,
        chat_id: int,
        formatted: FormattedText,
        keyboard: Keyboard,
        attached: Photo | Document | None = None,
    ) -> Message:
        """Put a message of the bot into a chat; raise Refusal when it may not write there, or not so soon."""
        chat = self.reachable(chat_id)
        self.flood.admit(chat_id)
        return self._add(chat, self.me, formatted, keyboard, attached)

    def change(
        self,
        chat_id: int,
        message_id: int,
        formatted: FormattedText | None,
        keyboard: Keyboard,
        *,
        is_caption: bool = False,
    ) -> Message:
        """Edit a message of the bot, text None for the keyboard alone; raise Refusal when that cannot be.

        `is_caption`: the words under what is attached, which are not its text.
        """
        chat = self.reachable(chat_id)
        self.flood.admit(chat_id)
        message = self._messages.get(message_id)
        if message is None or message.chat != chat:
            raise bad_request("message to edit not found")
        if message.sender != self.me:
            raise bad_request("message can't be edited")
        if formatted is None:
            formatted = FormattedText(message.text, message.entities)
        elif is_caption and message.attached is None:
            raise bad_request("there is no caption in the message to edit")
        elif not is_caption and message.attached is not None:
            raise bad_request("there is no text in the message to edit")
        if (message.text, message.entities, message.keyboard) == (
            formatted.text,
            formatted.entities,
            keyboard,
        ):
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        edited = message.edited(self._clock.now(), formatted, keyboard)
        self._messages[message_id] = edited
        return edited

    def answer(self, query_id: str, text: str, *, is_alert: bool) -> None:
        """Answer a tap; raise Refusal when there was no such tap, or it was too long ago."""
        tapped_at = self._tapped_at.get(query_id)
        if tapped_at is None or monotonic() - tapped_at > self.tap_lifetime:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        self.notices.append(Notice(self._clock.now(), query_id, text, is_alert))

    def reachable(self, chat_id: int) -> Chat:
        """Return a chat the bot may write to; raise Refusal for one that it may not, or that is unknown."""
        if chat_id in self._blocked:
            raise forbidden("bot was blocked by the user")
        chat = self._chats.get(chat_id)
        if chat is not None:
            return chat
        if chat_id > 0:
            # Any positive id stands for a person who exists; the real service says "chat not found" to some.
            raise forbidden("bot can't initiate conversation with a user")
        raise bad_request("chat not found")

    def record(self, method: str, parameters: dict[str, str], status: int, result: object) -> None:
        """Remember a call of the bot, and what it was answered with; a refusal has no result."""
        self.requests_seen.append(RequestSeen(self._clock.now(), method, parameters, status, result))

    def _person(self, user_id: int) -> Person:
        return self._people.setdefault(user_id, Person(user_id, f"Person {user_id}"))

    def _chat(self, chat_id: int, chat_type: str) -> Chat:
        name = f"Person {chat_id}" if chat_type == "private" else f"Group {-chat_id}"
        return self._chats.setdefault(chat_id, Chat(chat_id, chat_type, name))

    def _add(
        self,
        chat: Chat,
        sender: Person,
        formatted: FormattedText,
        keyboard: Keyboard = (),
        attached: Photo | Document | None = None,
    ) -> Message:
        message = Message(
            id=next(self._message_ids),
            chat=chat,
            sender=sender,
            at=self._clock.now(),
            text=formatted.text,
            entities=formatted.entities,
            keyboard=keyboard,
            attached=attached,
        )
        self._messages[message.id] = message
        return message
