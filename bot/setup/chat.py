"""The chat: the bot's token, and its owner's id, found by a word that the owner sends."""

import secrets

from pydantic import ValidationError

from bot.settings.model import TelegramSettings
from bot.setup import trying
from bot.setup.interview import Field, Interview, Stopped, named, problems
from bot.setup.questions import Question
from bot.setup.settings_text import Value
from bot.setup.trying import Away, NobodyWrote, Person, WrongKeys

API_URL = "https://api.telegram.org"

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
    "telegram.owner_ids", Question("Your Telegram user id (Enter: the bot finds it out)", "--telegram-owner-id")
)

LISTEN_SECONDS = 300.0
"""How long the word may take."""

_WORDS = ("maple", "harbor", "copper", "meadow", "lantern", "walnut", "river", "saddle")


def ask(interview: Interview) -> dict[str, Value | None]:
    """Return the section's values, once the token is a bot's and the owner is known."""
    origin = interview.in_advance("telegram.api_url") or interview.standing("telegram.api_url") or API_URL
    token, name = _token(interview, origin)
    while True:
        owners = _owners(interview, token, name, origin)
        try:
            read = TelegramSettings(token=token, owner_ids=owners, api_url=origin)
        except ValidationError as error:
            interview.wrong(problems(error), OWNER)
            continue
        return {"token": token, "owner_ids": list(read.owner_ids), "api_url": read.api_url}


def _token(interview: Interview, origin: str) -> tuple[str, str]:
    while True:
        token = interview.take(TOKEN)
        try:
            read = TelegramSettings(token=token, owner_ids=(1,), api_url=origin)
        except ValidationError as error:
            interview.wrong(problems(error), *named((TOKEN,), error))
            continue
        match trying.telegram(token, read.api_url):
            case WrongKeys(reason):
                interview.wrong(reason, TOKEN)
            case Away(reason):
                interview.away(reason)
            case name:
                interview.prompter.say(f"  Telegram answers: the token is that of {name}.")
                return token, name


def _owners(interview: Interview, token: str, name: str, origin: str) -> list[str]:
    written = interview.in_advance(OWNER.key)
    if written is None:
        standing = interview.present.get("telegram", {}).get("owner_ids") or []
        present = ", ".join(map(str, standing if isinstance(standing, list) else [standing]))
        if interview.prompter.is_person:
            question = Question("Telegram user ids", OWNER.question.option) if present else OWNER.question
            written = interview.prompter.ask(question, present)
        else:
            written = interview.prompter.ask(OWNER.question, present or None)
    listed = [one.strip() for one in written.strip("[] ").split(",") if one.strip()]
    return listed or [str(_found(interview, token, name, origin).id)]


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
