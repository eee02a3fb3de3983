"""The broker's word written into the ledger afterwards: whole, with a line in the audit, or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.records import Records
from core.alerts import Alert, AlertKind
from core.orders import Order, OrderIntent, OrderState
from core.runs import RunKey, RunState
from core.schedule import Routine
from storage import database, mending
from storage.errors import NoSuchOrder

AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
KEY = RunKey("main", Routine.INVEST, date(2026, 11, 23))


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with database.open(f"sqlite:///{tmp_path / 'allocator.db'}") as books:
        yield Records.over(books, [])


def filled(symbol: str) -> Order:
    intent = OrderIntent(KEY.client_order_id(symbol), f"The sector of {symbol}", symbol, 8750)
    return Order(intent, OrderState.FILLED, f"id-{symbol}", Decimal("0.5"), Decimal(175))


def write_down(records: Records, *, changed: tuple[Order, ...] = (), late: tuple[Order, ...] = ()) -> None:
    mending.write_down(
        records.database,
        [(KEY, order) for order in changed],
        [(KEY, order) for order in late],
        account="main",
        who="shell",
        at=AT,
    )


def test_orders_that_were_never_recorded_make_their_run_which_is_not_owed_any_more(records: Records) -> None:
    write_down(records, late=(filled("VOO"), filled("AGG")))
    run = records.ledger.run(KEY)
    assert run is not None
    assert (run.state, run.orders) == (RunState.DONE, (filled("VOO"), filled("AGG")))
    assert (Routine.INVEST, KEY.day) in records.ledger.ended(KEY.day)
    assert records.ledger.spent_on("main", KEY.day) == 2 * 8750
    assert [(line.what, line.outcome) for line in records.audit.recent(2)] == [
        ("reconcile main-20261123-invest-0-AGG-buy", "written down as filled"),
        ("reconcile main-20261123-invest-0-VOO-buy", "written down as filled"),
    ]


def test_a_run_that_was_called_missed_is_done_once_its_orders_are_known(records: Records) -> None:
    records.ledger.miss([KEY], "Allocator was off", Alert(AlertKind.MISSED, "missed"), at=AT)
    write_down(records, late=(filled("VOO"),))
    run = records.ledger.run(KEY)
    assert run is not None
    assert (run.state, run.orders, records.ledger.outcome(KEY)) == (RunState.DONE, (filled("VOO"),), None)


def test_a_final_state_gives_way_to_the_broker_s_word(records: Records) -> None:
    wrong = replace(filled("VOO"), state=OrderState.NOT_SENT, broker_id=None, filled_quantity=Decimal(0))
    write_down(records, late=(wrong,))
    write_down(records, changed=(filled("VOO"),))
    run = records.ledger.run(KEY)
    assert run is not None
    assert run.orders == (filled("VOO"),)


def test_it_is_all_or_nothing(records: Records) -> None:
    write_down(records, late=(filled("VOO"),))
    canceled = replace(filled("VOO"), state=OrderState.CANCELED)
    with pytest.raises(NoSuchOrder):
        write_down(records, changed=(canceled, filled("AGG")), late=(filled("IJR"),))
    run = records.ledger.run(KEY)
    assert run is not None
    assert run.orders == (filled("VOO"),)
    assert len(records.audit.recent(10)) == 1
