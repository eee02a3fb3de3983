"""Every call with every fault: each order exists once, and what is said is what the table says."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from sandbox.faults.kinds import CATALOGUE
from sandbox.sessions import all_sessions
from tests.integration.fault_expected import expected
from tests.integration.fault_rows import groups, live_through
from tests.integration.fault_table import BROKER_CALLS, CALLS, SALE_CALLS, Call, Occasion, Row, Seen, in_the_suite, rows


@pytest.mark.parametrize("call", [*BROKER_CALLS, *SALE_CALLS], ids=lambda call: call.what)
def test_each_fault_in_a_call_comes_to_what_the_table_says(call: Call, tmp_path: Path, authority: trustme.CA) -> None:
    table = [row for row in rows() if row.call == call and in_the_suite(row)]
    folders = [tmp_path / f"{place}" for place in range(len(table))]
    for folder in folders:
        folder.mkdir()

    def live(row: Row, folder: Path) -> Seen:
        return live_through([row], folder, authority)[0]

    # Once before the threads: the calendar's library silences a warning in a way that threads cannot share.
    all_sessions()
    # Most of a fault is waiting for it, so they are lived through side by side.
    with ThreadPoolExecutor(5) as side_by_side:
        seen = list(side_by_side.map(live, table, folders))
    assert timeless(table, seen) == {named(row): expected(row) for row in table}


@pytest.mark.parametrize(
    "occasions",
    [
        {Occasion.ALERT, Occasion.TEXT, Occasion.QUESTION, Occasion.TAP, Occasion.NOTICE, Occasion.POLL},
        {Occasion.START},
    ],
    ids=["while it runs", "at its start"],
)
def test_a_fault_in_the_chat_or_the_sms_costs_no_order_and_no_other_alert(
    occasions: set[Occasion], tmp_path: Path, authority: trustme.CA
) -> None:
    table = [row for row in rows() if row.call.occasion in occasions and in_the_suite(row)]
    assert {row.call.occasion for row in table} == occasions
    assert timeless(table, live_through(table, tmp_path, authority)) == {named(row): expected(row) for row in table}


def test_the_table_has_every_call_with_every_fault() -> None:
    table = {(row.call, row.fault) for row in rows()}
    # A connection that is refused never says what it was for: of Alpaca's calls one stands for all, of a
    # rebalancing as of an investing morning.
    refused = {(call, "refuse") for call in (*BROKER_CALLS, *SALE_CALLS) if (call, "refuse") not in table}
    assert len(refused) == len(BROKER_CALLS) + len(SALE_CALLS) - 2
    assert table | refused == {(call, fault) for call in CALLS for fault in CATALOGUE}


def test_the_groups_of_the_table_hold_each_row_once_and_in_its_order() -> None:
    assert [row for group in groups(rows()) for row in group] == list(rows())


def named(row: Row) -> str:
    return f"{row.call.what}: {row.fault}{' (lasting)' if row.lasting else ''}"


def timeless(table: Sequence[Row], seen: Sequence[Seen]) -> dict[str, Seen]:
    return {named(row): replace(came, seconds=0.0) for row, came in zip(table, seen, strict=True)}
