"""How things look in the chat: Telegram's HTML, with figures in aligned columns and real minus signs."""

from collections.abc import Sequence
from html import escape

from bot.views.splitting import LONGEST_MESSAGE, parts
from bot.views.tables import laid_out, signed
from core.alerts import Alert, Table
from core.allocation import Allocation, percent
from core.symbols import one_word

__all__ = ["LONGEST_MESSAGE", "alert", "allocation", "escaped", "lines", "table"]


def alert(said: Alert) -> tuple[str, ...]:
    """Return an alert as one or more messages, none longer than Telegram takes."""
    told = [f"<b>{escaped(said.title)}</b>"] if said.title else []
    if said.table is None:
        told.append(escaped(said.text))
    else:
        told += [*map(table, (said.table, *said.tables)), *map(escaped, said.notes)]
    return parts("\n".join(told))


def table(facts: Table) -> str:
    """Return a table that no phone wraps, with its first column to the left and its figures to the right."""
    # Not `escaped`: what is a figure, and so has a minus sign, is decided by column.
    return f"<pre>{escape(chr(10).join(laid_out(facts)), quote=False)}</pre>"


def allocation(version: int, active: Allocation) -> str:
    """Return the allocation as a table, in its owner's order."""
    rows = tuple((sector.name, one_word(sector.symbol), percent(sector.weight)) for sector in active.sectors)
    facts = Table(("Sector", "Symbol", "Weight"), rows, (("Total", "", "100%"),))
    return f"<b>Allocation</b> (version {version})\n{table(facts)}"


def lines(title: str, facts: Sequence[tuple[str, str]]) -> str:
    """Return facts one a line, each with its name."""
    told = "\n".join(f"{escaped(name)}: {escaped(value)}" for name, value in facts)
    return f"<b>{escaped(title)}</b>\n{told}"


def escaped(text: str) -> str:
    """Return words as Telegram's HTML, with real minus signs."""
    return escape(signed(text), quote=False)
