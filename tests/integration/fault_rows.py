"""How rows of the fault table are lived through, whichever they are."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import trustme

from tests.integration import fault_broker_rows, fault_chat_rows, fault_sale_rows, fault_start_rows
from tests.integration.fault_table import Occasion, Row, Seen

AT_THE_START = {Occasion.START, Occasion.MENU}


def groups(table: Iterable[Row]) -> Iterator[tuple[Row, ...]]:
    """Return the rows, in their order, by what one installation lives through: a row, or a call's rows of the chat."""
    for _, together in groupby(enumerate(table), key=_installation):
        yield tuple(row for _, row in together)


def live_through(rows: Sequence[Row], folder: Path, authority: trustme.CA) -> list[Seen]:
    """Live through rows of one kind in `folder`, and return what came of each.

    Rows of the chat and the SMS share a service; all others have an installation each.
    """
    if all(map(_shares_a_service, rows)):
        return list(fault_chat_rows.live_through(rows, folder))
    seen = []
    for number, row in enumerate(rows):
        own = folder / str(number)
        own.mkdir()
        if row.call.occasion in AT_THE_START:
            seen.append(fault_start_rows.live_through(row, own))
        elif row.call.occasion is Occasion.REBALANCING:
            seen.append(fault_sale_rows.live_through(row, own, authority))
        else:
            seen.append(fault_broker_rows.live_through(row, own, authority))
    return seen


def _installation(place: tuple[int, Row]) -> object:
    number, row = place
    return row.call if _shares_a_service(row) else number


def _shares_a_service(row: Row) -> bool:
    return row.call.service != "alpaca" and row.call.occasion not in AT_THE_START
