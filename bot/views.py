"""How things look in the chat: Telegram's HTML, with figures in aligned columns."""

import textwrap
from collections.abc import Sequence
from html import escape

from core.alerts import Alert, Table
from core.allocation import Allocation, percent
from core.symbols import one_word

LONGEST_MESSAGE = 4096
LONGEST_CELL = 22
"""Characters of a name in a table: a phone shows about 40 in a row, and the figures matter more."""


def alert(said: Alert) -> tuple[str, ...]:
    """Return an alert as one or more messages, none longer than Telegram takes."""
    parts = [f"<b>{escape(said.title)}</b>"] if said.title else []
    if said.table is None:
        parts.append(escape(said.text))
    else:
        parts += [table(said.table), *(escape(note) for note in said.notes)]
    whole = "\n".join(parts)
    # Entities only shorten a message, so the HTML's length is on the safe side.
    if len(whole) <= LONGEST_MESSAGE:
        return (whole,)
    # Telegram counts what is shown, not its escapes.
    return tuple(escape(part) for part in textwrap.wrap(said.text, LONGEST_MESSAGE))


def table(facts: Table) -> str:
    """Return a table with its first column to the left and its figures to the right."""
    rows = [facts.columns, *facts.rows, *facts.totals]
    cells = [[_shortened(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    figures_from = len(facts.columns) - 1
    lines = [
        " ".join(
            cell.rjust(width) if column >= figures_from else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    if facts.totals:
        lines.insert(len(lines) - len(facts.totals), "-" * max(map(len, lines)))
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def allocation(version: int, active: Allocation) -> str:
    """Return the allocation as a table, in its owner's order."""
    rows = tuple((sector.name, one_word(sector.symbol), percent(sector.weight)) for sector in active.sectors)
    facts = Table(("Sector", "Symbol", "Weight"), rows, (("Total", "", "100%"),))
    return f"<b>Allocation</b> (version {version})\n{table(facts)}"


def lines(title: str, facts: Sequence[tuple[str, str]]) -> str:
    """Return facts one a line, each with its name."""
    told = "\n".join(f"{escape(name)}: {escape(value)}" for name, value in facts)
    return f"<b>{escape(title)}</b>\n{told}"


def _shortened(cell: str) -> str:
    return cell if len(cell) <= LONGEST_CELL else f"{cell[: LONGEST_CELL - 1]}…"
