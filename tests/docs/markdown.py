"""The pages as a reader meets them: links, headings, code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^(?:> ?)*(```+)(\w*)\n(.*?)\n(?:> ?)*\1$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^|(?<=\n))\n((?: {4,}.*\n|\n(?= {4}))+)")
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of Markdown, and where it lies."""

    file: Path
    text: str

    @property
    def prose(self) -> str:
        """The text without what is code."""
        return _CODE.sub("`code`", _INDENTED.sub("\n", _FENCE.sub("", self.text)))

    @property
    def links(self) -> list[str]:
        """Whatever is linked or shown."""
        return [one or other for one, other in _LINK.findall(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """What a link may name after its #: each heading as the site and GitHub both name it."""
        headings = _HEADING.findall(_FENCE.sub("", self.text))
        return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", one.replace("`", "")).strip().lower()) for one in headings}

    @property
    def fences(self) -> list[tuple[str, str]]:
        """Each fenced block as its language and its text."""
        return [(language, text) for _, language, text in _FENCE.findall(self.text)]

    def code(self) -> Iterator[str]:
        """Yield each line of code, in blocks and within sentences."""
        for _, _, text in _FENCE.findall(self.text):
            yield from text.splitlines()
        rest = _FENCE.sub("", self.text)
        for block in _INDENTED.findall(rest):
            yield from (line.strip() for line in block.splitlines())
        yield from _CODE.findall(_INDENTED.sub("\n", rest))


def pages() -> list[Page]:
    """Return the README and every page of the documentation."""
    files = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
    return [Page(file, file.read_text(encoding="utf-8")) for file in files]
