"""The first week as Markdown: what was typed or tapped, and what came of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from itertools import zip_longest

from sandbox.first_week.diary import Came, Diary, Entry, Remark, Tapped, Typed
from sandbox.first_week.varying import THEN, Varying
from sandbox.sessions import NEW_YORK
from sandbox.telegram import Message, Notice
from sandbox.telegram.chat import Photo
from sandbox.telegram.entities import Entity
from sandbox.vonage import Sms

INTRODUCTION = f"""\
# A first week in the chat

The product itself has lived through this week, against the sandbox: `make docs` plays it again and writes this page, so
it shows what the bot says today. It is the week of Thanksgiving 2026, with a holiday and a half day in it. Times are
New York's, as the market's clock told them; {THEN} stands for a time of the machine's own clock, by which the week took
a minute.

What stands in a box after **You** was typed, what was tapped is named as a button. The bot's messages are quoted, with
tables where the chat shows them in type of one width, and buttons below. What came by SMS as well is marked so."""

_MARKS = re.compile(r"([\\`*_\[\]<>#|~&$])")
# What begins a list or an underlined heading at the start of a line.
_LISTS = re.compile(r"^([-+=]|\d+(?=[.)]))", re.MULTILINE)
_AROUND = {"bold": "**", "italic": "*", "strikethrough": "~~"}
_PICTURE_WIDTH = 360


@dataclass(frozen=True, slots=True)
class Page:
    """A page in Markdown, and the pictures that it shows, by file name."""

    markdown: str
    pictures: dict[str, bytes]


def page(diary: Diary) -> Page:
    """Write a diary as a page whose pictures lie in a folder `pictures` beside it."""
    writer = _Writer(Varying(diary.began, diary.ended))
    blocks = [INTRODUCTION, *(block for entry in diary.entries for block in writer.blocks(entry))]
    return Page("\n\n".join(blocks) + "\n", writer.pictures)


class _Writer:
    """Writes entry after entry, with a heading for each day and each time of it."""

    def __init__(self, varying: Varying) -> None:
        self._varying = varying
        self._day: date | None = None
        self._time = ""
        self._title = ""
        self.pictures: dict[str, bytes] = {}

    def blocks(self, entry: Entry) -> Iterator[str]:
        yield from self._headings(entry.at.astimezone(NEW_YORK))
        match entry:
            case Remark(words=words):
                yield f"*{_escaped(words)}*"
            case Typed(text=text) if "\n" in text:
                yield f"**You:**\n\n```text\n{text}\n```"
            case Typed(text=text):
                yield f"**You:** `{text}`"
            case Tapped(label=label):
                yield f"**You** tap {_button(label)}"
            case Came(news=Notice() as notice) if notice.text:
                yield f"> *Over the chat, for a moment: {_escaped(self._varying.steady(notice.text))}*"
            case Came(news=Sms() as sms):
                yield f"> **SMS:** {_escaped(self._varying.steady(sms.text))}"
            case Came(news=Message() as message, again=again):
                yield _quoted(self._message(message, again=again))

    def _headings(self, at: datetime) -> Iterator[str]:
        if at.date() != self._day:
            self._day, self._time = at.date(), ""
            yield f"## {at:%A} {at.day} {at:%B}"
        if f"{at:%H:%M}" != self._time:
            self._time = f"{at:%H:%M}"
            yield f"### {self._time}"

    def _message(self, message: Message, *, again: bool) -> list[str]:
        lines = ["*The message above has changed:*", ""] if again else []
        if message.photo is not None:
            lines.append(self._picture(message.photo))
        elif message.attached is not None:
            lines.append(f"*A {_escaped(self._varying.steady(message.attached.described()))}*")
        else:
            self._title = message.text.partition("\n")[0]
        if message.text:
            lines += ["", *self._formatted(message)] if message.attached else self._formatted(message)
        if message.keyboard:
            rows = (" ".join(_button(button.label) for button in row) for row in message.keyboard)
            lines += ["", *_broken("\n".join(rows))]
        return lines

    def _picture(self, photo: Photo) -> str:
        # The same picture again is the same file.
        known = {content: name for name, content in self.pictures.items()}
        of_the_day = sum(file.startswith(str(self._day)) for file in self.pictures)
        name = known.get(photo.content, f"{self._day}-{of_the_day + 1}.png")
        self.pictures[name] = photo.content
        about = escape(self._varying.steady(self._title))
        return f'<img src="pictures/{name}" width="{_PICTURE_WIDTH}" alt="The picture to: {about}">'

    def _formatted(self, message: Message) -> list[str]:
        """Return the text with its looks, line by line; each line of prose ends where the chat's does."""
        lines: list[str] = []
        prose = ""
        for looks, text in _stretches(message.text, message.entities):
            steady = self._varying.steady(text)
            if looks == "pre":
                lines += [*_broken(prose), "```text", *steady.split("\n"), "```"]
                prose = ""
            elif looks == "code":
                prose += f"`{steady}`"
            else:
                around = _AROUND.get(looks, "")
                prose += f"{around}{_escaped(steady)}{around}"
        return [*lines, *_broken(prose)]


def _stretches(text: str, entities: tuple[Entity, ...]) -> Iterator[tuple[str, str]]:
    """Give a text in stretches, each with the type of its entity; what is inside another entity looks like that one."""
    # Offsets count UTF-16 code units, which are two bytes each.
    units = text.encode("utf-16-le")
    position = 0
    for entity in entities:
        if entity.offset >= position:
            yield "", units[2 * position : 2 * entity.offset].decode("utf-16-le")
            yield entity.type, units[2 * entity.offset : 2 * entity.end].decode("utf-16-le")
            position = entity.end
    yield "", units[2 * position :].decode("utf-16-le")


def _broken(prose: str) -> list[str]:
    """Return the lines of a text so that Markdown keeps them apart; empty ones stand between paragraphs."""
    lines = prose.strip("\n").splitlines()
    # A backslash at a line's end is a line break, but not before an empty line, and not at the end.
    return [f"{line}\\" if line and after else line for line, after in zip_longest(lines, lines[1:])]


def _quoted(lines: list[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _button(label: str) -> str:
    return f"<kbd>{_escaped(label)}</kbd>"


def _escaped(text: str) -> str:
    return _LISTS.sub(r"\\\1", _MARKS.sub(r"\\\1", text))
