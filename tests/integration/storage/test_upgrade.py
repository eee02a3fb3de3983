"""A database of the first schema, with rows in every table, brought up to date: nothing is lost."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.alerts import Alert, AlertKind, Table
from core.allocation import Allocation, Sector
from core.investing import NoNewCash
from core.orders import Order, OrderIntent, OrderState
from core.reporting.pictures import Returns
from core.runs import Run, RunKey, RunState
from core.schedule import Routine, Window
from storage import database, schema
from storage.allocations import Allocations, Version
from storage.audit import Audit, Entry
from storage.binding import first_start
from storage.confirmations import Confirmations, Waiting
from storage.control import Control, Pause
from storage.database import Database
from storage.ledger import SqlLedger
from storage.outbox import Delivery, Outbox, Recipient

NOW = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
DAY = date(2026, 11, 27)
KEY = RunKey("main", Routine.INVEST, DAY)

# As the first version wrote them; `:then` and `:after` are NOW and LATER.
ROWS = """
INSERT INTO broker_account VALUES ('main', 'paper-1a2b', :then);
INSERT INTO allocation_version VALUES ('main', 1, 'settings', 'the starting allocation', :then);
INSERT INTO target VALUES ('main', 1, 0, 'Domestic Large Cap', 'VOO', 10000);
INSERT INTO run VALUES (7, 'main', 'invest', '2026-11-27', 0, 'done', 10000, 1, :then, :after, NULL,
    :then, :after);
INSERT INTO run VALUES (8, 'main', 'invest', '2026-11-30', 0, 'skipped', 12, NULL, NULL, NULL,
    '{"kind": "no_new_cash", "available": 12}', :after, :after);
INSERT INTO "order" VALUES (3, 'main', 7, 0, 'main-20261127-invest-0-VOO-buy', 'Domestic Large Cap', 'VOO', 'buy',
    10000, 'partially_filled', 'b-1', '0.123456789', '405.01', NULL);
INSERT INTO alert VALUES (1, 'main', 'executed', 'Orders have been executed.', 'Done',
    '{"columns": ["Sector"], "rows": [["US"]], "totals": []}', '["a note"]', NULL, NULL, :then);
INSERT INTO alert VALUES (2, 'main', 'trouble', 'Alpaca is away', '', NULL, '[]', NULL, 'broker', :then);
INSERT INTO delivery VALUES (1, 'main', 1, 'telegram', '7', 0, 'delivered', 1, :then, NULL, 'message 5', NULL, :then);
INSERT INTO delivery VALUES (2, 'main', 1, 'sms', '+15550100', 0, 'waiting', 3, :then, :after, NULL, 'away', NULL);
INSERT INTO delivery VALUES (3, 'main', 2, 'telegram', '7', 0, 'held', 1, :then, NULL, NULL, 'no chat', NULL);
INSERT INTO control VALUES (1, 'main', :then, '7', NULL, NULL, NULL);
INSERT INTO pending VALUES ('token', 'main', 'invest', '{"n": 1}', 7, 7, 42, :then, :after, NULL, NULL);
INSERT INTO audit VALUES (5, 'main', :then, '7', '/pause', 'paused');
"""


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/allocator.db"
    first = tmp_path / "first version"
    shutil.copytree(schema.SHIPPED.folder, first, ignore=shutil.ignore_patterns("__pycache__", "000[2-9]_*"))
    database.open(url, migrations=schema.Migrations(first)).close()
    with closing(sqlite3.connect(tmp_path / "allocator.db")) as old:
        old.execute("PRAGMA foreign_keys = ON")
        old.executescript(
            ROWS.replace(":then", "'2026-11-27T14:35:00.000000+00:00'").replace(
                ":after", "'2026-11-27T15:35:00.000000+00:00'"
            )
        )
        old.commit()
        assert old.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    with database.open(url) as found:
        yield found


def test_runs_and_orders_of_the_first_schema_are_what_they_were(upgraded: Database) -> None:
    ledger = SqlLedger(upgraded, "main", [])
    intent = OrderIntent("main-20261127-invest-0-VOO-buy", "Domestic Large Cap", "VOO", 10_000)
    order = Order(intent, OrderState.PARTIALLY_FILLED, "b-1", Decimal("0.123456789"), Decimal("405.01"))
    run = Run(KEY, RunState.DONE, 10_000, Window(NOW, LATER), (order,))
    assert ledger.run(KEY) == run
    assert ledger.open_orders() == ((KEY, order),)
    assert ledger.outcome(RunKey("main", Routine.INVEST, date(2026, 11, 30))) == NoNewCash(12)
    found = ledger.identified(7)
    assert found is not None
    assert (found.run, found.allocation_version, found.opened_at, found.ended_at) == (run, 1, NOW, LATER)
    assert (ledger.activities(), ledger.snapshots()) == ((), ())


def test_what_was_said_by_the_first_schema_goes_on_to_its_recipients(upgraded: Database) -> None:
    outbox = Outbox(upgraded, "main", [Recipient("sms", "+15550100")])
    executed = Alert(
        AlertKind.EXECUTED, "Orders have been executed.", "Done", Table(("Sector",), (("US",),)), ("a note",)
    )
    assert outbox.due(NOW) == ()
    assert outbox.due(LATER) == (Delivery(2, executed, "sms", "+15550100", 0, 3, NOW),)
    assert [said.alert.text for said in outbox.recent(10)] == ["Alpaca is away", "Orders have been executed."]
    assert (outbox.undelivered_count(), outbox.segments_since(NOW)) == (2, 0)
    assert outbox.release(Recipient("telegram", "7"), LATER) == 1
    assert outbox.say(Alert(AlertKind.TROUBLE, "Alpaca is away"), LATER, once_key="broker") is None
    assert outbox.say(Alert(AlertKind.VARIANCE, "with a picture", pictures=(Returns(DAY, ()),)), LATER) == 3


def test_what_the_owner_decided_under_the_first_schema_holds(upgraded: Database) -> None:
    allocation = Allocation((Sector("Domestic Large Cap", "VOO", 10_000),))
    assert Allocations(upgraded, "main").history(9) == (
        Version(1, allocation, "settings", "the starting allocation", NOW),
    )
    assert first_start(upgraded, "main") == NOW
    assert Control(upgraded, "main").paused(DAY) == Pause(NOW, None, "7")
    assert Confirmations(upgraded, "main", []).waiting("invest", NOW) == (
        Waiting("token", "invest", {"n": 1}, LATER, 7, 42),
    )
    assert Audit(upgraded, "main").recent(9) == (Entry(5, NOW, "7", "/pause", "paused"),)
