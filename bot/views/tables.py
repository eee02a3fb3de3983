"""Tables for a narrow screen: in Telegram's <pre> each line is as wide as it is, or it wraps and nothing is aligned."""

import re
import textwrap
from collections.abc import Iterable, Sequence

from core.alerts import Table

WIDTH = 34
"""Characters in a line of <pre>, in Telegram's type, that a phone 360 pixels wide shows without wrapping."""

SHORTEST_NAME = 12
"""Below this many characters a name says too little: the figures then go on a line of their own."""

MINUS = "\N{MINUS SIGN}"

_FIGURE = re.compile(r"[-+\u2212]?\$?\d[\d,]*(\.\d+)?( ?(%|pp|bp|x))?|-|")
_HYPHEN = re.compile(r"(?<![\w.,-])-(?=\$?\d)")

Row = tuple[str, ...]


def laid_out(facts: Table) -> list[str]:
    """Return a table's lines: text to the left, figures to the right, none wider than WIDTH.

    What is too wide loses the end of its names first; then each name stands above its figures; and where even those
    are too many, each figure has a line of its own with its column's name. No figure is ever cut.
    """
    rows = [_with_minus(row) for row in (*facts.rows, *facts.totals)]
    to_the_right = _figures(facts)
    widths = _widths([facts.columns, *rows])
    room = WIDTH - sum(widths[1:]) - len(widths[1:])
    if room >= min(SHORTEST_NAME, widths[0]):
        shown = [_shortened(row, room) for row in (facts.columns, *rows)]
        return _ruled(_aligned(shown, to_the_right), totals=len(facts.totals))
    if sum(widths[1:]) + len(widths[1:]) <= WIDTH + 1:
        return _stacked(facts.columns, rows, to_the_right)
    return _listed(facts.columns, rows)


def signed(text: str) -> str:
    """Return a text with a real minus sign before each negative figure; dates and hyphens stay as they are."""
    return _HYPHEN.sub(MINUS, text)


def _figures(facts: Table) -> tuple[bool, ...]:
    """Tell of each column whether it holds figures; the last one does in an empty table."""
    rows = [row for row in (*facts.rows, *facts.totals) if any(row)]
    if not rows:
        return tuple(number == len(facts.columns) - 1 for number in range(len(facts.columns)))
    columns = list(zip(*rows, strict=True))
    return (False, *(any(column) and all(map(_FIGURE.fullmatch, column)) for column in columns[1:]))


def _with_minus(row: Row) -> Row:
    return (row[0], *map(signed, row[1:]))


def _widths(rows: Sequence[Row]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _shortened(row: Row, room: int) -> Row:
    name = row[0]
    return row if len(name) <= room else (f"{name[: room - 1]}…", *row[1:])


def _aligned(rows: Sequence[Row], to_the_right: Sequence[bool]) -> list[str]:
    widths = _widths(rows)
    return [
        " ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, to_the_right, strict=True)
        ).rstrip()
        for row in rows
    ]


def _ruled(lines: list[str], totals: int) -> list[str]:
    """Draw a line above the totals."""
    if not totals:
        return lines
    rule = "-" * max(map(len, lines))
    return [*lines[:-totals], rule, *lines[-totals:]]


def _stacked(columns: Row, rows: Sequence[Row], to_the_right: Sequence[bool]) -> list[str]:
    """Return each name above its figures."""
    aligned = _aligned([row[1:] for row in (columns, *rows)], to_the_right[1:])
    width = max(map(len, aligned))
    heading, *figures = (line.rjust(width) if to_the_right[-1] else line for line in aligned)
    names = (_wrapped(row[0]) for row in rows)
    below = [line for name, line in zip(names, figures, strict=True) for line in (*name, line)]
    return [*_wrapped(columns[0]), heading, *below]


def _listed(columns: Row, rows: Sequence[Row]) -> list[str]:
    """Return each figure on a line of its own, after its column's name where there is room for both."""
    lines: list[str] = [] if rows else _wrapped(" ".join(columns))
    for row in rows:
        lines += _wrapped(row[0])
        for column, cell in zip(columns[1:], row[1:], strict=True):
            beside = f" {column}: {cell}"
            lines += [beside] if len(beside) <= WIDTH else [*_wrapped(f" {column}:"), *_broken(cell)]
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH) or [""]


def _broken(cell: str) -> Iterable[str]:
    """Return a cell that has no room in any line in as many as it takes."""
    return (cell[start : start + WIDTH] for start in range(0, len(cell), WIDTH))
