"""The chat's grammar: what a command is, and what its handler may do in one exchange with an owner."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Protocol

from telegram import InlineKeyboardMarkup

from bot.services import Services


class Chat(Protocol):
    """One exchange with an owner, in their private chat: its id is theirs.

    All words are Telegram's HTML, with everything that is not a tag escaped. They may be of any length: what is too
    long for one message goes on in the next, or comes as a file.
    """

    owner: int

    async def reply(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> int | None:
        """Say something; later calls of `show` change it. Returns the id of the message with the buttons."""

    async def show(self, html: str, buttons: InlineKeyboardMarkup | None = None) -> int | None:
        """Change what this exchange shows, buttons included; say it anew if there is nothing that can be changed.

        Returns the id of the message with the buttons.
        """

    async def notice(self, text: str) -> None:
        """Answer a tap with a short notice (200 characters) that leaves the message as it is. Never fails."""

    async def photo(self, png: bytes, caption: str = "", buttons: InlineKeyboardMarkup | None = None) -> None:
        """Send a picture, with words under it; words that are too long for that follow as a message."""

    async def document(self, filename: str, content: bytes, caption: str = "") -> None:
        """Send a file, with words under it; words that are too long for that follow as a message."""


Handle = Callable[[Chat, Services, Sequence[str]], Awaitable[None]]
"""What a command does with the words after its name, or a button with what its data holds after the first colon."""


class WrongWords(Exception):
    """What a handler raises for words it cannot use. The text says, unescaped, what was wrong in whole sentences.

    The answer adds the command's example by itself.
    """


class Group(IntEnum):
    """Where a command stands in the menu: groups in this order, each in the order in which it is listed."""

    BASICS = auto()
    INVESTING = auto()
    TARGET = auto()
    ACCOUNT = auto()
    REPORTS = auto()
    SETTINGS = auto()


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the chat. `usage` is what follows its name, `summary` its line in Telegram's menu.

    `example` is a whole message that works (`/pause until 2026-12-01`), shown by /help COMMAND and after WrongWords;
    `explanation` is two to four sentences for /help COMMAND. With `as_written` the handler gets all that follows the
    name as one word, lines and tabs as they are.
    """

    name: str
    summary: str
    handle: Handle
    usage: str = ""
    example: str = ""
    explanation: str = ""
    group: Group = Group.BASICS
    as_written: bool = False


def in_order(commands: Sequence[Command]) -> tuple[Command, ...]:
    """Return commands as the menu has them."""
    return tuple(sorted(commands, key=lambda command: command.group))
