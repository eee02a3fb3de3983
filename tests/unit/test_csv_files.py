"""The books as CSV: what went in comes out, and nothing of it is a formula."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views import csv_files
from core.investing import AccountBlocked
from core.orders import Order, OrderIntent, OrderState
from core.runs import Run, RunKey, RunState
from core.schedule import Routine
from storage.chronicle import OrderRecord, RunRecord
from tests.unit.histories import day, flow, holding, snapshot

NOW = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
KEY = RunKey("main", Routine.INVEST, date(2026, 11, 27))


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def order(reason: str, sector: str = "Stocks") -> OrderRecord:
    refused = Order(OrderIntent("id-1", sector, "VOO", 105_50), OrderState.REJECTED, reason=reason)
    return OrderRecord(3, 2, KEY, refused, NOW)


def test_amounts_are_plain_decimals_and_an_unknown_one_is_empty() -> None:
    known = snapshot(day(20), "1234.5", holding("VOO", "0.000000001", None, "610.123456789"))
    assert read(csv_files.snapshots([known])) == [
        {
            "day": "2026-11-20",
            "symbol": "",
            "quantity": "",
            "cost_basis": "",
            "value": "1234.5",
            "reconstructed": "no",
        },
        {
            "day": "2026-11-20",
            "symbol": "VOO",
            "quantity": "0.000000001",
            "cost_basis": "",
            "value": "610.123456789",
            "reconstructed": "no",
        },
    ]
    assert [line["amount"] for line in read(csv_files.flows([flow(day(2), 100), flow(day(3), "-5.5")]))] == [
        "100",
        "-5.5",
    ]


def test_a_run_is_one_line_with_what_came_of_it() -> None:
    run = Run(KEY, RunState.SKIPPED, 250_00, None)
    (line,) = read(csv_files.runs([RunRecord(2, run, AccountBlocked("blocked", 250_00), None, NOW, NOW)]))
    assert line["outcome"] == "Alpaca let nothing be traded: blocked"
    assert (line["cash"], line["bought"], line["allocation"]) == ("250.00", "0.00", "")
    assert line["ended"] == "2026-11-27T14:35:00+00:00"


@pytest.mark.parametrize("reason", ["=HYPERLINK(1)", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1"])
def test_a_text_that_a_spreadsheet_would_take_for_a_formula_is_none(reason: str) -> None:
    (line,) = read(csv_files.orders([order(reason)]))
    assert line["reason"] == f"'{reason}"


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.text(max_size=40))
def test_whatever_somebody_wrote_stays_in_its_cell(reason: str, sector: str) -> None:
    (line,) = read(csv_files.orders([order(reason, sector.encode(errors="replace").decode())]))
    assert line["reason"].removeprefix("'") in {reason, reason.removeprefix("'")}
    assert (line["symbol"], line["notional"]) == ("VOO", "105.50")
    assert Decimal(line["filled"]) == 0
