"""Telegram's HTML: what becomes plain text with entities, and what is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sandbox.telegram.refusals import bad_request

_ENTITY_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)(?![a-zA-Z])|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));?")
_TAG_NAME = re.compile(r"/?[^\s>/]*")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>/]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]+))?""")
_COMMAND = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@\w+)?(?!\w)")


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of a text with a meaning; offset and length count UTF-16 code units, as in the Bot API."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None

    @property
    def end(self) -> int:
        """Return the offset just after the stretch."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class FormattedText:
    """A plain text and its entities, sorted by offset, the outer before the inner."""

    text: str
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class _OpenTag:
    name: str
    offset: int
    attributes: dict[str, str]


def utf16_length(text: str) -> int:
    """Count the UTF-16 code units of a text, the unit of every offset and limit of Telegram."""
    return len(text.encode("utf-16-le")) // 2


def commands_in(text: str) -> tuple[Entity, ...]:
    """Find what a client marks as bot commands in what a person typed."""
    return tuple(
        Entity("bot_command", utf16_length(text[: found.start()]), utf16_length(found.group()))
        for found in _COMMAND.finditer(text)
    )


def parse_html(source: str) -> FormattedText:
    """Parse what was sent with parse_mode HTML.

    Raise Refusal (400, can't parse entities, with the byte offset) for what Telegram refuses: unknown,
    unclosed or crossing tags. Unknown character references stay as they are, as there.
    """
    return _Parser(source).run()


def trimmed(formatted: FormattedText) -> FormattedText:
    """Cut white space at the end, and at the start up to the first entity, as Telegram does."""
    text = formatted.text.rstrip()
    first = formatted.entities[0].offset if formatted.entities else utf16_length(text)
    leading = min(len(text) - len(text.lstrip(" \n")), first)
    text = text[leading:]
    end = utf16_length(text)
    entities = (
        replace(entity, offset=entity.offset - leading, length=min(entity.length, end - entity.offset + leading))
        for entity in formatted.entities
    )
    return FormattedText(text, tuple(entity for entity in entities if entity.length > 0))


class _Parser:
    """One pass over a source text, collecting plain text, open tags and finished entities."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._position = 0
        self._plain: list[str] = []
        self._offset = 0
        self._open: list[_OpenTag] = []
        self._entities: list[Entity] = []

    def run(self) -> FormattedText:
        for piece in self._pieces():
            self._plain.append(piece)
            self._offset += utf16_length(piece)
        if self._open:
            raise _unparsable(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')
        entities = sorted(self._entities, key=lambda entity: (entity.offset, -entity.length))
        return FormattedText("".join(self._plain), tuple(entities))

    def _pieces(self) -> Iterator[str]:
        while self._position < len(self._source):
            character = self._source[self._position]
            if character == "<":
                self._read_tag()
            elif character == "&" and (found := _REFERENCE.match(self._source, self._position)):
                self._position = found.end()
                yield _character(found)
            else:
                self._position += 1
                yield character

    def _read_tag(self) -> None:
        start = self._position
        found = _TAG_NAME.match(self._source, start + 1)
        name = found.group().lower() if found else ""
        self._position = start + 1 + len(name)
        if name.startswith("/"):
            self._close(name[1:], start)
            return
        if not name:
            raise _unparsable(f'Unsupported start tag "" at byte offset {self._bytes(start)}')
        if name not in _ENTITY_TYPES:
            raise _unparsable(f'Unsupported start tag "{name}" at byte offset {self._bytes(start)}')
        attributes = self._read_attributes(start)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _unparsable(f'Tag "span" must have class "tg-spoiler" at byte offset {self._bytes(start)}')
        self._open.append(_OpenTag(name, self._offset, attributes))

    def _read_attributes(self, start: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while True:
            while self._source[self._position : self._position + 1].isspace():
                self._position += 1
            if self._source[self._position : self._position + 1] == ">":
                self._position += 1
                return attributes
            found = _ATTRIBUTE.match(self._source, self._position)
            if found is None:
                raise _unparsable(f"Unclosed start tag at byte offset {self._bytes(start)}")
            value = (found.group(2) or "").strip("\"'")
            attributes[found.group(1).lower()] = _REFERENCE.sub(_character, value)
            self._position = found.end()

    def _close(self, name: str, start: int) -> None:
        offset = self._bytes(start)
        if not self._open:
            raise _unparsable(f"Unexpected end tag at byte offset {offset}")
        if self._source[self._position : self._position + 1] != ">":
            raise _unparsable(f"Unclosed end tag at byte offset {offset}")
        self._position += 1
        tag = self._open.pop()
        if name not in ("", tag.name):
            raise _unparsable(f'Unmatched end tag at byte offset {offset}, expected "</{tag.name}>", found "</{name}>"')
        self._finish(tag)

    def _finish(self, tag: _OpenTag) -> None:
        length = self._offset - tag.offset
        if length == 0 or any(outer.name in ("code", "pre") for outer in self._open[:-1]):
            return
        if self._open and self._open[-1].name == "pre":
            # <pre><code class="language-..."> is one pre with a language; anything else inside is dropped.
            language = tag.attributes.get("class", "")
            if tag.name == "code" and language.startswith("language-"):
                self._open[-1].attributes["language"] = language.removeprefix("language-")
            return
        if self._open and self._open[-1].name == "code":
            return
        if tag.name == "a" and not tag.attributes.get("href"):
            return
        self._entities.append(
            Entity(
                _ENTITY_TYPES[tag.name],
                tag.offset,
                length,
                url=tag.attributes.get("href") if tag.name == "a" else None,
                language=tag.attributes.get("language") if tag.name == "pre" else None,
            )
        )

    def _bytes(self, position: int) -> int:
        return len(self._source[:position].encode())


def _character(reference: re.Match[str]) -> str:
    name, decimal, hexadecimal = reference.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else reference.group()


def _unparsable(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")
