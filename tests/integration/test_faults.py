"""Every call to Alpaca with every fault: each order exists once, and what is said is what the table says."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from sandbox.sessions import all_sessions
from tests.integration.fault_table import CALLS, Call, Row, Seen, expected, in_the_suite, live_through, rows


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.what)
def test_each_fault_in_a_call_comes_to_what_the_table_says(call: Call, tmp_path: Path, authority: trustme.CA) -> None:
    table = [row for row in rows() if row.call == call and in_the_suite(row)]
    folders = [tmp_path / f"{place}" for place in range(len(table))]
    for folder in folders:
        folder.mkdir()

    def live(row: Row, folder: Path) -> Seen:
        return replace(live_through(row, folder, authority), seconds=0.0)

    # Once before the threads: the calendar's library silences a warning in a way that threads cannot share.
    all_sessions()
    # Most of a fault is waiting for it, so they are lived through side by side.
    with ThreadPoolExecutor(5) as side_by_side:
        seen = list(side_by_side.map(live, table, folders))
    named = [f"{row.fault}{' (lasting)' if row.lasting else ''}" for row in table]
    assert dict(zip(named, seen, strict=True)) == {name: expected(row) for name, row in zip(named, table, strict=True)}
