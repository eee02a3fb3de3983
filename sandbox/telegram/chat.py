"""What a Telegram chat is made of: people, chats, buttons and messages, as values."""

from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.telegram.entities import Entity, FormattedText


@dataclass(frozen=True, slots=True)
class Person:
    """A user of Telegram, or the bot itself."""

    id: int
    first_name: str
    is_bot: bool = False
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """Where messages go: a private chat has its person's id, a group a negative one."""

    id: int
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: it sends `data` (at most 64 bytes) back to the bot, or opens `url`."""

    label: str
    data: str | None = None
    url: str | None = None


Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it was uploaded, and its size in pixels."""

    content: bytes
    width: int
    height: int

    def described(self) -> str:
        """Return what stands for it where only words can be shown."""
        return f"picture, {self.width} x {self.height}"


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was uploaded."""

    name: str
    content: bytes

    def described(self) -> str:
        """Return what stands for it where only words can be shown."""
        return f"file {self.name}, {len(self.content):,} bytes"


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the chat shows it now; `earlier` holds what it was before each edit, oldest first.

    `text` is the plain text after its entities were parsed, the caption where there is a photo or a document.
    """

    id: int
    chat: Chat
    sender: Person
    at: datetime
    text: str
    entities: tuple[Entity, ...] = ()
    keyboard: Keyboard = ()
    attached: Photo | Document | None = None
    edited_at: datetime | None = None
    earlier: tuple["Message", ...] = ()

    @property
    def photo(self) -> Photo | None:
        """Return the picture, where there is one."""
        return self.attached if isinstance(self.attached, Photo) else None

    @property
    def document(self) -> Document | None:
        """Return the file, where there is one."""
        return self.attached if isinstance(self.attached, Document) else None

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Return the buttons in reading order."""
        return tuple(button for row in self.keyboard for button in row)

    def edited(self, at: datetime, formatted: FormattedText, keyboard: Keyboard) -> "Message":
        """Return the message with another text and keyboard, remembering what it was."""
        return replace(
            self,
            text=formatted.text,
            entities=formatted.entities,
            keyboard=keyboard,
            edited_at=at,
            earlier=(*self.earlier, replace(self, earlier=())),
        )

    def button(self, wanted: str | int) -> Button:
        """Find a button by number (from 1), callback data or label, in earlier versions too.

        A phone may still show a keyboard that the bot has just taken away. Raise ValueError when there
        never was such a button.
        """
        for version in (self, *reversed(self.earlier)):
            for number, button in enumerate(version.buttons, start=1):
                if wanted in (number, button.data, button.label):
                    return button
        shown = ", ".join(button.label for button in self.buttons) or "no buttons"
        raise ValueError(f"message {self.id} has no button {wanted!r}: it shows {shown}")
