"""Updates as nobody would send them, and as everybody does: drawn from the Bot API's own description."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from bot.channels.telegram import CONFIRM
from bot.chat.handling import RUN
from bot.commands import COMMANDS, TAPS
from sandbox.telegram import Message
from sandbox.telegram.wire import message_json
from tests.fuzz.house import OWNER

STRANGER = 666

Json = dict[str, Any]

KINDS = ("message", "edited_message", "callback_query")
"""What the chat listens to; every other kind must be stopped, an owner's too."""

_MESSAGES = ("channel_post", "edited_channel_post", "business_message", "edited_business_message", "guest_message")

_SCRAPS = (
    "until 2026-12-01", "until", "2026-02-30", "9999999999", "-1", "0", "NaN", "40%", "VOO 35", "set VOO 40", "AGG",
    "<b>", "</pre>", "&amp;", "&#0;", "%s", "{}", "\\", "'; DROP TABLE run; --", "\x00", "\u202e", "\ufeff", "٣",
    "🏦" * 40, "x" * 4096, "\n", "\t", "e\u0301" * 30, "@allocator_sandbox_bot", "confirm", "conservative",
    '"Domestic Large Cap"', "Crypto", "undo", "history", "presets", "restore", "1e9", "½",
    "\N{MINUS SIGN}5", "$5,000.00",
)  # fmt: skip


_LEADING_TO_QUESTIONS = ("/invest", "/invest", "/resume", "/allocation restore 1", "/allocation undo")
"""Chance alone rarely comes to a question, and what is confirmed must be tried too."""


@dataclass(frozen=True)
class Sender:
    """Who sends from where, and whether that is an owner in their own private chat."""

    user: int | None
    chat: int
    kind: str

    @property
    def is_owner(self) -> bool:
        """Tell whether it may be answered."""
        return self.user == OWNER == self.chat and self.kind == "private"


@dataclass(frozen=True)
class Imagined:
    """An update, and whether it is one that may be answered: an owner's, of a kind the chat listens to."""

    kind: str
    update: Json
    may_be_answered: bool

    @property
    def data(self) -> str:
        """Return a tap's callback data, empty for anything else."""
        return str(self.update.get("callback_query", {}).get("data", "")) if self.may_be_answered else ""


HERE = Sender(OWNER, OWNER, "private")

ELSEWHERE = (
    Sender(STRANGER, STRANGER, "private"),
    Sender(STRANGER, OWNER, "private"),
    Sender(OWNER, STRANGER, "private"),
    Sender(OWNER, -77, "group"),
    Sender(OWNER, -1001, "supergroup"),
    Sender(STRANGER, -1002, "channel"),
    Sender(OWNER, -1003, "channel"),
    Sender(None, OWNER, "private"),
    Sender(None, -1004, "channel"),
    Sender(-OWNER, OWNER, "private"),
)
"""Everybody who must get no answer."""


class Imagination:
    """Makes updates out of a source of chance. `types` are those of the Bot API's description."""

    def __init__(self, random: Random, types: Mapping[str, Any], words: Sequence[str] = ()) -> None:
        self._random = random
        self._types = types
        self._words = (*words, *_SCRAPS)
        self._kinds = [field["name"] for field in types["Update"]["fields"] if field["name"] != "update_id"]
        self._number = 0

    def kinds(self) -> Sequence[str]:
        """Return every kind of update that the description has."""
        return tuple(self._kinds)

    def update(self, shown: Sequence[Message]) -> Imagined:
        """Return any update by anybody; `shown` is what the bot has said, for taps on it."""
        sender = HERE if self._random.random() < 0.7 else self._random.choice(ELSEWHERE)
        usual = self._random.random() < 0.85
        return self.of(self._random.choice(KINDS if usual else self._kinds), sender, shown)

    def of(self, kind: str, sender: Sender, shown: Sequence[Message] = ()) -> Imagined:
        """Return an update of a kind, by a sender, otherwise as chance has it."""
        self._number += 1
        if kind == "callback_query":
            content = self._tap(sender, shown)
        elif kind in ("message", "edited_message", *_MESSAGES):
            content = self._message(sender, self.text())
        else:
            (field,) = (field for field in self._types["Update"]["fields"] if field["name"] == kind)
            content = self._filled(field["types"][0], sender, 0)
        return Imagined(kind, {"update_id": self._number, kind: content}, sender.is_owner and kind in KINDS)

    def text(self) -> str:
        """Return what somebody may write: mostly a command, mostly with something after it."""
        if self._random.random() < 0.3:
            return self._random.choice(_LEADING_TO_QUESTIONS)
        words = [self._random.choice(self._words) for _ in range(self._random.randrange(4))]
        if self._random.random() < 0.8:
            name = self._random.choice(COMMANDS).name
            if self._random.random() < 0.1:
                name = name[:-1] + self._random.choice("abc_9")
            words.insert(0, f"/{name}")
        return self._random.choice((" ", "  ", "\n")).join(words)[:4096]

    def _message(self, sender: Sender, text: str) -> Json:
        made: Json = {
            "message_id": self._random.randrange(1, 10**6),
            "date": 1_795_000_000,
            "chat": self._chat(sender),
            "text": text,
        }
        if sender.user is not None:
            made["from"] = _user(sender.user)
        if text.startswith("/") and self._random.random() < 0.95:
            made["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        if self._random.random() < 0.2:
            optional = [field for field in self._types["Message"]["fields"] if not field["required"]]
            field = self._random.choice([field for field in optional if field["name"] not in made])
            made[field["name"]] = self._filled(field["types"][0], sender, 1)
            if self._random.random() < 0.5:
                del made["text"]
                made.pop("entities", None)
        return made

    def _tap(self, sender: Sender, shown: Sequence[Message]) -> Json:
        made: Json = {
            "id": str(self._random.randrange(10**12)),
            "chat_instance": "1",
            "data": self._data(shown),
        }
        if sender.user is not None:
            made["from"] = _user(sender.user)
        chance = self._random.random()
        if chance < 0.05:
            made["inline_message_id"] = "1"
            if sender.is_owner:
                # Without a message there is no chat, and nobody knows where it was tapped.
                made["message"] = {"message_id": 1, "date": 0, "chat": self._chat(sender)}
        elif chance < 0.2:
            made["message"] = {"message_id": 1, "date": 0, "chat": self._chat(sender)}
        else:
            recent = [one for one in shown[-20:] if sender.is_owner]
            made["message"] = (
                message_json(self._random.choice(recent)) if recent else self._message(sender, self.text())
            )
        return made

    def _data(self, shown: Sequence[Message]) -> str:
        real = [button.data for message in shown[-20:] for button in message.buttons if button.data]
        asked = [data for data in real if data.startswith(f"{CONFIRM}:")]
        if asked and self._random.random() < 0.4:
            return asked[-1]
        if real and self._random.random() < 0.6:
            data = self._random.choice(real)
            if self._random.random() < 0.7:
                return data
            place = self._random.randrange(len(data))
            return data[:place] + self._random.choice("aZ0:-_é") + data[place + 1 :]
        name = self._random.choice([*TAPS, RUN, ""])
        return f"{name}{self._random.choice((':', '', '::'))}{self._random.choice(self._words)}"[:64]

    def _chat(self, sender: Sender) -> Json:
        return {"id": sender.chat, "type": sender.kind, "first_name": "Somebody", "title": "Everybody"}

    def _filled(self, type_: str, sender: Sender, depth: int) -> Any:
        """Return a value of a type: what it requires, and now and then something more."""
        if type_.startswith("Array of "):
            return [self._filled(type_.removeprefix("Array of "), sender, depth + 1)]
        match type_:
            case "Integer":
                return self._random.randrange(1, 10**6)
            case "Float":
                return self._random.random() * 100
            case "String":
                return self._random.choice(self._words)[:64]
            case "Boolean" | "True":
                return True
            case "User" if sender.user is not None:
                return _user(sender.user)
            case "Chat":
                return self._chat(sender)
            case "Message" | "MaybeInaccessibleMessage":
                return (
                    self._message(sender, self.text())
                    if depth < 3
                    else {"message_id": 1, "date": 0, "chat": self._chat(sender)}
                )
        described = self._types[type_]
        if "subtypes" in described:
            return self._filled(self._random.choice(described["subtypes"]), sender, depth)
        return {
            field["name"]: self._value(field, sender, depth + 1)
            for field in described.get("fields", [])
            if field["required"] or (depth < 2 and self._random.random() < 0.3)
        }

    def _value(self, field: Json, sender: Sender, depth: int) -> Any:
        # A field whose description says `always "x"` or `must be x` tells apart the types that share a place.
        said = str(field.get("description", ""))
        for words in (", always “", ', always "', ", must be "):
            if words in said:
                return said.partition(words)[2].strip('“”". ').split("”")[0].split('"')[0]
        return self._filled(field["types"][0], sender, depth)


def _user(number: int) -> Json:
    return {"id": number, "is_bot": False, "first_name": "Somebody"}
