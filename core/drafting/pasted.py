"""A whole allocation as a person pastes it: one sector a line, with commas, tabs or spaces."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from core import symbols
from core.allocation import LONGEST_NAME
from core.drafting.drafts import Draft, DraftSector
from core.drafting.problems import MOST_SECTORS
from core.drafting.weights_text import BadWeight, Writing, WrittenWeight, looks_like_weight, read_weight
from core.symbols import one_word

EXAMPLE = "VOO 35, or Domestic Large Cap, VOO, 35%"

_DELIMITERS = ("\t", "|", ";", ",")
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
_RULE = re.compile(r"[-=_+|:─━\s]+")
_TITLE = re.compile(r"(the )?(active )?(allocation|draft|preset)\b[^0-9%]*(\(version [0-9]+\))?", re.IGNORECASE)
_HEADINGS = frozenset(
    {
        *("sector", "sectors", "name", "names", "asset", "class", "fund", "funds", "etf", "etfs"),
        *("symbol", "symbols", "ticker", "tickers", "weight", "weights", "target", "share", "allocation"),
        *("percent", "percentage", "%", "(%)", "in", "of", "and"),
    }
)
_TOTALS = frozenset({"total", "sum"})


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used: its number from 1, what is wrong with it, and the way out."""

    number: int
    wrong: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.wrong}: {self.remedy}"


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    sector: DraftSector
    writing: Writing | None


def read_table(text: str, known: Draft) -> Draft | tuple[BadLine, ...]:
    """Read sectors, one a line (or `VOO 60 AGG 40` on one), or return every line that cannot be used.

    Blank lines, headings, rules and a total are left out. A sector without a name keeps the one that `known` has for
    its symbol, otherwise its symbol becomes its name; a name of `known` may stand without its symbol. The weights need
    not sum to 100%; there is no tolerance, and a weight may be missing after `Name, SYMBOL`.
    """
    found: list[_Entry] = []
    bad: list[BadLine] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if _is_no_sector(line):
            continue
        read = _line(number, line.strip(), known)
        if isinstance(read, BadLine):
            bad.append(read)
        else:
            found += read
    bad += [*_mixed(found), *_repeated(found)]
    if len(found) > MOST_SECTORS:
        bad.append(
            BadLine(found[MOST_SECTORS].line, f"{len(found)} sectors are too many", f"give {MOST_SECTORS} at most")
        )
    if not found and not bad:
        bad.append(BadLine(1, "there is no sector in it", f"write lines such as {EXAMPLE}"))
    return tuple(sorted(bad, key=lambda one: one.number)) or Draft(tuple(entry.sector for entry in found))


def _is_no_sector(line: str) -> bool:
    """Tell whether a line is blank, a rule, a heading or a total."""
    words = [word for word in re.split(r"[\s,;|]+", line.strip().casefold()) if word]
    if not words or _RULE.fullmatch(line) or _TITLE.fullmatch(line.strip()):
        return True
    if words[0].rstrip(":") in _TOTALS and len(words) <= 2 and all(map(looks_like_weight, words[1:])):
        return True
    return all(word.strip("*:") in _HEADINGS for word in words)


def _line(number: int, line: str, known: Draft) -> tuple[_Entry, ...] | BadLine:
    if (quoted := _after_quotes(line)) is not None:
        name, rest = quoted
        return _entry(number, name, [part for part in re.split(r"[\s,;|]+", _joined(rest)) if part], known)
    fields = _fields(_joined(line))
    if len(fields) == 1:
        return _words(number, fields[0].split(), known)
    pairs = [field.split() for field in fields]
    if all(len(pair) == 2 and looks_like_weight(pair[1]) for pair in pairs):
        return _several(number, pairs, known)
    if len(fields) == 2 and looks_like_weight(fields[1]):
        return _named(number, fields[0], fields[1], known)
    if len(fields) > 3:
        return BadLine(
            number,
            f"{_shown(line)} has {len(fields)} parts",
            f"write name, symbol and weight, such as {EXAMPLE}; quote a name with commas, and write 12.5 with a point",
        )
    return _entry(number, fields[0], fields[1:], known)


def _words(number: int, words: list[str], known: Draft) -> tuple[_Entry, ...] | BadLine:
    """Read a line that has only spaces between its words."""
    *before, last = words
    if not before or not looks_like_weight(last):
        remedy = f"end it with one, such as {EXAMPLE}"
        return BadLine(number, f"{_shown(' '.join(words))} has no weight at its end", remedy)
    pairs = [words[start : start + 2] for start in range(0, len(words), 2)]
    is_known = not isinstance(_known(known, " ".join(before)), str)
    if not is_known and len(pairs) > 1 and all(len(pair) == 2 and looks_like_weight(pair[1]) for pair in pairs):
        return _several(number, pairs, known)
    # `International Bonds 10%` names no fund: a symbol after a name is written in capitals.
    if not is_known and len(before) > 1 and before[-1] == before[-1].upper():
        return _entry(number, " ".join(before[:-1]), [before[-1], last], known)
    return _named(number, " ".join(before), last, known)


def _several(number: int, pairs: list[list[str]], known: Draft) -> tuple[_Entry, ...] | BadLine:
    entries: list[_Entry] = []
    for calling, weight in pairs:
        read = _named(number, calling, weight, known)
        if isinstance(read, BadLine):
            return read
        entries += read
    return tuple(entries)


def _named(number: int, calling: str, weight: str, known: Draft) -> tuple[_Entry, ...] | BadLine:
    """Read a weight for what is called by its symbol, or by a name that is known."""
    sector = _known(known, calling)
    if isinstance(sector, str):
        return _entry(number, "", [calling, weight], known)
    return _entry(number, sector.name, [sector.symbol, weight], known)


def _entry(number: int, name: str, rest: list[str], known: Draft) -> tuple[_Entry, ...] | BadLine:
    """Read what follows a name: a symbol, and a weight unless it is missing."""
    if name and len(rest) == 1 and looks_like_weight(rest[0]):
        sector = _known(known, name)
        if isinstance(sector, str):
            return BadLine(number, f"{_shown(name)} has no symbol", f"write one before the weight, such as {EXAMPLE}")
        rest = [sector.symbol, *rest]
    if len(rest) not in (1, 2):
        return BadLine(number, f"{_shown(name)} is not followed by a symbol and a weight", f"write it like {EXAMPLE}")
    try:
        symbol = symbols.normalise(rest[0])
    except ValueError:
        remedy = "write a US fund such as VOO, or a pair such as BTC/USD"
        return BadLine(number, f"{_shown(rest[0])} is not a symbol", remedy)
    name = _full_name(name.strip(), symbol, known)
    if len(name) > LONGEST_NAME or not name.isprintable():
        return BadLine(number, f"the name {_shown(name)} cannot be used", f"use 1 to {LONGEST_NAME} plain characters")
    read: WrittenWeight | BadWeight | None = read_weight(rest[1]) if len(rest) == 2 else None
    match read:
        case None:
            return (_Entry(number, DraftSector(name, symbol, None), None),)
        case BadWeight(reason):
            wrong, _, remedy = reason.partition(": ")
            return BadLine(number, f"{symbol}: {wrong}", remedy)
        case WrittenWeight(weight, writing):
            return (_Entry(number, DraftSector(name, symbol, weight), writing),)


def _full_name(written: str, symbol: str, known: Draft) -> str:
    """Return a sector's name: as written, or as known where it was left out or shortened to fit a phone."""
    sector = next((one for one in known.sectors if one.symbol == symbol), None)
    if sector is not None and (not written or (written.endswith("…") and sector.name.startswith(written[:-1]))):
        return sector.name
    return written or one_word(symbol)


def _known(known: Draft, calling: str) -> DraftSector | str:
    sector = known.find(" ".join(calling.split()))
    return sector if isinstance(sector, DraftSector) else calling


def _after_quotes(line: str) -> tuple[str, str] | None:
    """Return the name in quotes that a line begins with and what follows, None when it begins otherwise."""
    closing = _QUOTES.get(line[0])
    end = line.rfind(closing) if closing else -1
    return (line[1:end], line[end + 1 :]) if end > 1 else None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")


def _joined(text: str) -> str:
    """Return a text with its percent signs joined to their numbers."""
    return re.sub(r"\s+%", "%", text)


def _fields(line: str) -> list[str]:
    delimiter = next((one for one in _DELIMITERS if one in line), None)
    fields = [field.strip() for field in line.split(delimiter)] if delimiter else [line]
    # Tables of other programs end, or begin, their lines with a delimiter.
    return [field for field in fields if field] or [line]


def _mixed(found: list[_Entry]) -> Iterator[BadLine]:
    """Yield the fractions of a table that has percentages too: 0.5 beside 99.5 was meant as 0.5%."""
    if any(entry.writing is Writing.BARE_PERCENT for entry in found):
        for entry in found:
            if entry.writing is Writing.FRACTION:
                yield BadLine(
                    entry.line,
                    f"{entry.sector.symbol} has a fraction where other lines have percentages",
                    "write the % after it",
                )


def _repeated(found: list[_Entry]) -> Iterator[BadLine]:
    seen: Counter[str] = Counter()
    for entry in found:
        for what, value in (("symbol", entry.sector.symbol), ("name", entry.sector.name)):
            key = f"{what} {value.casefold()}"
            seen[key] += 1
            if seen[key] == 2:
                yield BadLine(entry.line, f"{what} {value} appears twice", f"give each sector its own {what}")
