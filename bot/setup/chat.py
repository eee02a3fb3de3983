"""The chat: the bot's token, and its owner's id, found by a word that the owner sends."""

import re
import secrets
from dataclasses import replace

from bot.settings.model import TelegramSettings
from bot.setup import trying
from bot.setup.fields import Field
from bot.setup.interview import Interview, Stopped
from bot.setup.questions import Question, Unanswered
from bot.setup.settings_text import Value
from bot.setup.trying import Away, NobodyWrote, Person, WrongKeys

API_URL = "https://api.telegram.org"

FIND = "find"
"""Answered in place of an id, it lets the bot find it out."""


def _ids(answer: str) -> list[str]:
    return [] if answer.casefold() == FIND else [one.strip() for one in answer.strip("[] ").split(",") if one.strip()]


def _ids_trouble(answer: str) -> str | None:
    ids = _ids(answer)
    # Bot API, User: an id has at most 52 significant bits.
    if all(re.fullmatch("[0-9]{1,16}", one) and 0 < int(one) < 2**52 for one in ids) and (ids or answer in {"", FIND}):
        return None
    return "must be a number such as 12345678, several with commas: @userinfobot tells you yours"


TOKEN = Field(
    "telegram.token",
    Question(
        "Telegram bot token",
        "--telegram-token-file",
        "https://t.me/BotFather: write /newbot, choose a name, and copy the token it answers with.",
    ),
    is_secret=True,
)
OWNER = Field(
    "telegram.owner_ids",
    Question("Your Telegram user id (Enter: the bot finds it out)", "--telegram-owner-id"),
    judged=_ids_trouble,
)
ORIGIN = Field("telegram.api_url", Question("Telegram's address", "--telegram-url"))

LISTEN_SECONDS = 300.0
"""How long the word may take."""

_WORDS = ("maple", "harbor", "copper", "meadow", "lantern", "walnut", "river", "saddle")


def ask(interview: Interview) -> dict[str, Value | None]:
    """Return the section's values, once the token is a bot's and the owner is known."""
    origin = interview.unasked(ORIGIN, API_URL).rstrip("/")
    while True:
        token = interview.take(TOKEN)
        match trying.telegram(token, origin):
            case WrongKeys(reason):
                interview.wrong(reason, TOKEN)
            case Away(reason):
                interview.away(reason)
            case name:
                interview.prompter.say(f"  Telegram answers: the token is that of {name}.")
                return _values(interview, token, name, origin)


def change(interview: Interview) -> dict[str, Value | None]:
    """Ask anew whom the bot writes to, and return the section's values."""
    interview.reopen(OWNER)
    return ask(interview)


def _values(interview: Interview, token: str, name: str, origin: str) -> dict[str, Value | None]:
    asked, usual = OWNER, "" if interview.prompter.is_person else None
    if interview.kept(OWNER.key) is not None:
        question = Question(f"Telegram user ids ({FIND}: the bot finds yours out)", OWNER.question.option)
        asked = replace(OWNER, question=question)
    ids = _ids(interview.take(asked, usual))
    if not ids:
        if not interview.prompter.is_person:
            raise Unanswered(OWNER.question)
        ids = [str(_found(interview, token, name, origin).id)]
        interview.answer(OWNER, ids[0])
    read = TelegramSettings.model_validate({"token": token, "owner_ids": ids, "api_url": origin})
    return {"token": token, "owner_ids": list(read.owner_ids), "api_url": read.api_url}


def _found(interview: Interview, token: str, name: str, origin: str) -> Person:
    """Let the owner send a word that nobody else can know, and ask whether it was they who did."""
    prompter = interview.prompter
    word = f"{secrets.choice(_WORDS)}-{1000 + secrets.randbelow(9000)}"
    while True:
        prompter.say(f"  Open the chat with {name} (https://t.me/{name.removeprefix('@')}), press Start, and send it:")
        prompter.say(f"      {word}")
        match trying.owner(token, origin, word, LISTEN_SECONDS):
            case Person() as person:
                question = Question(f"{person.name}, Telegram user {person.id}, sent it. Is that you?", "--yes")
                if prompter.agrees(question, usually=True):
                    return person
                prompter.say("  Then somebody else sees this screen. Here is another word.")
                word = f"{secrets.choice(_WORDS)}-{1000 + secrets.randbelow(9000)}"
            case NobodyWrote():
                interview.away("The word did not arrive")
            case WrongKeys(reason):
                raise Stopped(f"{reason}: it was taken back meanwhile, get a new one from @BotFather")
            case Away(reason):
                interview.away(reason)
