"""A person and a script in front of `allocator init`, and what both of them know."""

from dataclasses import dataclass, field, replace

from bot.setup.interview import Given
from bot.setup.questions import Question
from sandbox.server import Sandbox

STRANGER = 4242


@dataclass
class Script:
    """A person who answers by the option that a question names, and remembers everything that was shown."""

    answers: dict[str, list[str]]
    sandbox: Sandbox
    sends_the_word: bool = True
    is_person: bool = True
    shown: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.shown.append(text)
        word = text.strip()
        if self.sends_the_word and text.startswith("      "):
            owner = self.sandbox.keys.owner_id
            # Somebody else writes first, and the owner something else.
            self.sandbox.call(lambda world: world.telegram.say(STRANGER, "hello"))
            self.sandbox.call(lambda world: world.telegram.say(owner, "is it on?"))
            self.sandbox.call(lambda world: world.telegram.say(owner, word.title()))

    def ask(self, question: Question, present: str | None = None) -> str:
        self.shown.append(f"{question.text} [{present}]")
        return self._answer(question) or present or ""

    def ask_secret(self, question: Question, present: str | None = None) -> str:
        self.shown.append(f"{question.text}{' [kept]' if present else ''}")
        return self._answer(question) or present or ""

    def agrees(self, question: Question, *, usually: bool) -> bool:
        self.shown.append(question.text)
        return {"y": True, "n": False}.get(self._answer(question), usually)

    def paste(self, question: Question) -> str:
        return self._answer(question)

    def _answer(self, question: Question) -> str:
        waiting = self.answers.get(question.option, [])
        return waiting.pop(0) if waiting else ""

    @property
    def told(self) -> str:
        return "\n".join(self.shown)


def addresses(sandbox: Sandbox) -> dict[str, str]:
    alpaca = sandbox.origin("alpaca")
    return {
        "alpaca.trading_url": alpaca,
        "alpaca.data_url": alpaca,
        "telegram.api_url": sandbox.origin("telegram"),
        "vonage.rest_host": sandbox.origin("vonage").removeprefix("https://"),
    }


def everything(sandbox: Sandbox) -> Given:
    """Return what a script gives."""
    keys = sandbox.keys
    values = {
        "alpaca.key_id": keys.alpaca_key_id,
        "alpaca.secret_key": keys.alpaca_secret_key,
        "telegram.token": keys.telegram_token,
        "telegram.owner_ids": str(keys.owner_id),
        "vonage.api_key": keys.vonage_api_key,
        "vonage.api_secret": keys.vonage_api_secret,
        "vonage.sender": keys.sms_sender,
        "vonage.recipient": keys.sms_recipient,
        "investing.max_per_day": "500",
    }
    return Given(addresses(sandbox) | values, preset="moderate")


def secrets(sandbox: Sandbox) -> list[str]:
    keys = sandbox.keys
    return [keys.alpaca_key_id, keys.alpaca_secret_key, keys.telegram_token, keys.vonage_api_secret]


def without(given: Given, key: str) -> Given:
    return replace(given, values={one: value for one, value in given.values.items() if one != key})
