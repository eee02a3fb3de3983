"""What the owner's phone shows, drawn in a terminal or as plain text."""

from dataclasses import dataclass, field
from datetime import datetime

from rich import box
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from sandbox.sessions import NEW_YORK
from sandbox.telegram import Message, Notice
from sandbox.vonage import Sms
from sandbox.world import World

_STYLES = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strike",
    "text_link": "underline",
}

# Wide enough for the product's tables where the output is a file or a pipe and has no width of its own.
_PLAIN_WIDTH = 100

News = Message | Sms | Notice


@dataclass(slots=True)
class Inbox:
    """Remember what has been shown, so that each message, edit and notice is news once."""

    _versions: dict[int, int] = field(default_factory=dict)
    _sms: int = 0
    _notices: int = 0

    def news(self, world: World) -> list[News]:
        """Return what has arrived or changed since the last time, in the order of the virtual clock."""
        messages = [m for m in world.telegram.messages if self._versions.get(m.id) != len(m.earlier)]
        self._versions |= {message.id: len(message.earlier) for message in messages}
        sms, self._sms = world.sms.messages[self._sms :], len(world.sms.messages)
        notices, self._notices = world.telegram.notices[self._notices :], len(world.telegram.notices)
        return sorted([*messages, *sms, *notices], key=shown_at)


def shown_at(news: News) -> datetime:
    """Return when the phone began to show it like this."""
    if isinstance(news, Message) and news.edited_at is not None:
        return news.edited_at
    return news.at


def screen(*, is_terminal: bool) -> Console:
    """Return a console on standard output; without a terminal it writes no control codes, whatever is set."""
    if is_terminal:
        return Console(highlight=False)
    return Console(highlight=False, force_terminal=False, color_system=None, width=_PLAIN_WIDTH)


class Phone:
    """Draw news: Telegram in blue with round corners at the left, SMS in green, square and indented."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, news: News) -> None:
        """Draw one message or edit, or the notice over the chat if it has a text."""
        when = shown_at(news).astimezone(NEW_YORK).strftime("%a %d %b %H:%M:%S")
        match news:
            case Message():
                change = ", edited" if news.edited_at else ""
                self._console.print(
                    Panel(
                        _content(news),
                        box=box.ROUNDED,
                        expand=False,
                        border_style="blue",
                        title=Text(f"Telegram, {when}{change}"),
                        title_align="left",
                    )
                )
            case Sms():
                panel = Panel(
                    Text(_printable(news.text)),
                    box=box.SQUARE,
                    expand=False,
                    border_style="green",
                    title=Text(f"SMS to +{news.to}, {when}"),
                    title_align="left",
                )
                self._console.print(Padding(panel, (0, 0, 0, 8), expand=False))
            case Notice() if news.text:
                self._console.print(Text(f"Telegram, over the chat: {_printable(news.text)}", style="blue"))

    def say(self, line: str) -> None:
        """Print a line that is not the phone's: what the sandbox does, and what was typed."""
        self._console.print(Text(_printable(line), style="dim"), soft_wrap=True)


def _content(message: Message) -> Group:
    """Return what is attached and its size, the text with its looks, and the buttons by number."""
    lines: list[Text] = []
    if message.attached is not None:
        lines.append(Text(f"[{_printable(message.attached.described())}]", style="italic"))
    if message.text:
        lines.append(_styled(message))
    for number, button in enumerate(message.buttons, start=1):
        lines.append(Text(f"[{number}] {_printable(button.label)}", style="bold blue"))
    return Group(*lines)


def _styled(message: Message) -> Text:
    text = Text(_printable(message.text))
    units = message.text.encode("utf-16-le")
    for entity in message.entities:
        style = _STYLES.get(entity.type)
        if style is not None:
            start, end = (
                len(units[: 2 * offset].decode("utf-16-le", "replace"))
                for offset in (entity.offset, entity.offset + entity.length)
            )
            text.stylize(style, start, end)
    return text


def _printable(text: str) -> str:
    """Return a text that cannot move the terminal's cursor, of the same length."""
    return "".join(character if character.isprintable() or character == "\n" else "?" for character in text)
