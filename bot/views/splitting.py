"""Words of any length as messages that Telegram takes: split between lines, with the layout whole in each part."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape

LONGEST_MESSAGE, LONGEST_CAPTION = 4096, 1024
"""Telegram's limits, in UTF-16 code units of what is shown: tags do not count, and an escape is one character."""

_TOKEN = re.compile(r"<[^<>]*>|&[#\w]{1,10};|\s+|[^<&\s]+|.", re.DOTALL)
_TAG_NAME = re.compile(r"</?([\w-]+)")


def parts(html: str, longest: int = LONGEST_MESSAGE) -> tuple[str, ...]:
    """Return Telegram's HTML in as many parts as it takes, nothing lost but the line ends between them.

    Tags that are open where a part ends are closed there and opened again in the next one. A line that is too long
    by itself is split between words, a word that is too long between characters. Parts without any words are left out.
    """
    if shown_length(html) <= longest:
        return (html,)
    made = _Parts(longest)
    for number, line in enumerate(html.split("\n")):
        made.add_line(_TOKEN.findall(line), first=number == 0)
    return made.finished()


def shown_length(html: str) -> int:
    """Return how long Telegram finds a text, in UTF-16 code units."""
    return sum(_length(token) for token in _TOKEN.findall(html))


def plain(html: str) -> str:
    """Return the words alone, as a file can hold them."""
    return unescape("".join(token for token in _TOKEN.findall(html) if not _is_tag(token)))


@dataclass(slots=True)
class _Parts:
    """Parts under way: `open` are the tags that are open where the words have come to."""

    longest: int
    done: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    now: list[str] = field(default_factory=list)
    length: int = 0

    def add_line(self, tokens: Sequence[str], *, first: bool) -> None:
        """Add a line, in a new part if this one has no room for all of it."""
        line = sum(map(_length, tokens))
        if self.length + line + 1 > self.longest and self.length:
            self._end()
        elif not first:
            self._put("\n")
        for token in tokens:
            if _is_tag(token):
                self._note(token)
            else:
                for piece in self._pieces(token):
                    if self.length + _length(piece) > self.longest:
                        self._end()
                    self._put(piece)

    def finished(self) -> tuple[str, ...]:
        """End the last part, and return all."""
        self._end()
        return tuple(self.done)

    def _pieces(self, token: str) -> Iterator[str]:
        """Cut a word that no part has room for; two code units are what one character may take."""
        if _length(token) <= self.longest:
            yield token
            return
        step = self.longest // 2
        for start in range(0, len(token), step):
            yield token[start : start + step]

    def _put(self, token: str) -> None:
        self.now.append(token)
        self.length += _length(token)

    def _note(self, tag: str) -> None:
        self.now.append(tag)
        if not tag.startswith("</"):
            self.open.append(tag)
        elif self.open:
            self.open.pop()

    def _end(self) -> None:
        if any(not _is_tag(token) and not token.isspace() for token in self.now):
            closing = (f"</{_name(tag)}>" for tag in reversed(self.open))
            self.done.append("".join([*self.now, *closing]))
        self.now, self.length = list(self.open), 0


def _is_tag(token: str) -> bool:
    return len(token) > 1 and token.startswith("<")


def _name(tag: str) -> str:
    found = _TAG_NAME.match(tag)
    return found[1] if found else ""


def _length(token: str) -> int:
    return 0 if _is_tag(token) else len(unescape(token).encode("utf-16-le", "surrogatepass")) // 2
