"""What the owner decides: allocations, pauses, confirmations; the account they are about, and the audit of it all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from core.alerts import Alert, AlertKind
from core.allocation import Allocation, Sector
from storage import database
from storage.allocations import Allocations, Version
from storage.audit import Audit, Entry
from storage.binding import bind, first_start
from storage.confirmations import AlreadyUsed, Confirmations, Expired, NotYours, Taken, Unknown, Use
from storage.control import Control, Pause
from storage.database import Database
from storage.errors import NoSuchConfirmation, WrongAccount
from storage.outbox import Outbox, Recipient

NOW = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
TODAY = NOW.date()
PHONE = Recipient("telegram", "7")
OWNER, ANOTHER = 7, 8

CAUTIOUS = Allocation((Sector("Domestic Large Cap", "VOO", 4_000), Sector("Bonds", "AGG", 6_000)))
BOLD = Allocation(
    (Sector("Crypto", "BTC/USD", 1_225), Sector("Bonds", "AGG", 2_000), Sector("Domestic Large Cap", "VOO", 6_775))
)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path}/allocator.db") as found:
        yield found


@pytest.fixture
def allocations(opened: Database) -> Allocations:
    return Allocations(opened, "main")


@pytest.fixture
def control(opened: Database) -> Control:
    return Control(opened, "main")


@pytest.fixture
def confirmations(opened: Database) -> Confirmations:
    return Confirmations(opened, "main", [PHONE])


def test_the_newest_allocation_is_active_with_its_sectors_in_order(allocations: Allocations) -> None:
    assert allocations.active() is None
    assert allocations.set(CAUTIOUS, "7", "from the chat", NOW) == 1
    assert allocations.set(BOLD, "7", "from the chat", LATER) == 2
    assert allocations.active() == (2, BOLD)


def test_every_version_is_kept_and_undoing_writes_a_new_one(allocations: Allocations) -> None:
    allocations.set(CAUTIOUS, "7", "first", NOW)
    allocations.set(BOLD, "8", "second", LATER)
    allocations.set(CAUTIOUS, "7", "undo", LATER)
    assert allocations.history(2) == (
        Version(3, CAUTIOUS, "7", "undo", LATER),
        Version(2, BOLD, "8", "second", LATER),
    )
    assert allocations.version(1) == Version(1, CAUTIOUS, "7", "first", NOW)
    assert allocations.version(4) is None


def test_the_settings_allocation_counts_only_at_the_very_start(allocations: Allocations) -> None:
    assert allocations.start_with(CAUTIOUS, NOW)
    assert not allocations.start_with(BOLD, LATER)
    assert allocations.active() == (1, CAUTIOUS)


def test_two_who_set_an_allocation_at_once_both_get_a_number(allocations: Allocations) -> None:
    gate = Barrier(4)

    def tap(owner: int) -> int:
        gate.wait()
        return allocations.set(BOLD, str(owner), "from the chat", NOW)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(tap, range(4))) == [1, 2, 3, 4]


@pytest.mark.parametrize("table", ["allocation_version", "target", "audit"])
@pytest.mark.parametrize("change", ["UPDATE {} SET account = 'x'", "DELETE FROM {}"])
def test_what_is_append_only_cannot_be_changed_or_removed(
    allocations: Allocations, opened: Database, table: str, change: str
) -> None:
    allocations.set(CAUTIOUS, "7", "from the chat", NOW)
    Audit(opened, "main").note("7", "/allocation", "set", NOW)
    with pytest.raises(IntegrityError, match=f"{table} is append only"), opened.writing() as session:
        session.connection().exec_driver_sql(change.format(table))


def test_a_pause_holds_until_it_is_ended(control: Control, opened: Database) -> None:
    assert control.paused(TODAY) is None
    control.pause("7", NOW, until=None)
    assert control.paused(TODAY + timedelta(days=999)) == Pause(NOW, None, "7")
    assert Control(opened, "other").paused(TODAY) is None
    assert control.resume("8", LATER)
    assert not control.resume("8", LATER)
    assert control.paused(TODAY) is None


def test_a_pause_is_over_on_the_day_that_it_names(control: Control) -> None:
    until = date(2026, 12, 1)
    control.pause("7", NOW, until)
    assert control.paused(date(2026, 11, 30)) == Pause(NOW, until, "7")
    assert control.paused(until) is None
    assert control.paused(date(2026, 12, 2)) is None


def test_a_second_pause_takes_the_place_of_the_first(control: Control) -> None:
    control.pause("7", NOW, until=None)
    control.pause("8", LATER, until=date(2026, 12, 1))
    assert control.paused(TODAY) == Pause(LATER, date(2026, 12, 1), "8")
    assert control.paused(date(2026, 12, 1)) is None


def test_a_pause_survives_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/allocator.db"
    with database.open(url) as before:
        Control(before, "main").pause("7", NOW, date(2026, 12, 1))
    with database.open(url) as after:
        assert Control(after, "main").paused(TODAY) == Pause(NOW, date(2026, 12, 1), "7")


def test_a_confirmation_counts_once(confirmations: Confirmations) -> None:
    payload = {"cash": 25_000, "day": "2026-11-27", "intents": [["VOO", 8_750]]}
    token = confirmations.ask("invest", payload, OWNER, NOW, LATER)
    assert confirmations.use(token, OWNER, NOW) == Taken("invest", payload)
    assert confirmations.use(token, OWNER, NOW + timedelta(seconds=1)) == AlreadyUsed(NOW)


def test_two_taps_at_once_count_once(confirmations: Confirmations) -> None:
    token = confirmations.ask("invest", {}, None, NOW, LATER)
    gate = Barrier(8)

    def tap(owner: int) -> Use:
        gate.wait()
        return confirmations.use(token, owner, NOW)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(tap, range(8)))
    assert answers.count(Taken("invest", {})) == 1
    assert answers.count(AlreadyUsed(NOW)) == 7


def test_a_tap_by_someone_else_does_not_use_it_up(confirmations: Confirmations) -> None:
    token = confirmations.ask("invest", {}, OWNER, NOW, LATER)
    assert confirmations.use(token, ANOTHER, NOW) == NotYours()
    assert confirmations.use(token, OWNER, NOW) == Taken("invest", {})


def test_a_tap_that_comes_too_late_does_nothing(confirmations: Confirmations) -> None:
    token = confirmations.ask("invest", {}, OWNER, NOW, LATER)
    assert confirmations.use(token, OWNER, LATER) == Expired(LATER)
    assert confirmations.use(token, OWNER, LATER - timedelta(seconds=1)) == Taken("invest", {})


def test_a_made_up_token_is_not_known_and_neither_is_another_accounts(
    confirmations: Confirmations, opened: Database
) -> None:
    token = confirmations.ask("invest", {}, OWNER, NOW, LATER)
    assert confirmations.use("made up", OWNER, NOW) == Unknown()
    assert Confirmations(opened, "other", []).use(token, OWNER, NOW) == Unknown()


def test_tokens_differ_and_leave_room_in_a_buttons_64_bytes(confirmations: Confirmations) -> None:
    tokens = {confirmations.ask("invest", {}, None, NOW, LATER) for _ in range(20)}
    assert len(tokens) == 20
    assert {len(token.encode()) for token in tokens} == {12}


def test_what_waits_is_listed_with_the_message_that_shows_it(confirmations: Confirmations) -> None:
    shown = confirmations.ask("invest", {"n": 1}, OWNER, NOW, LATER)
    confirmations.ask("allocation", {}, OWNER, NOW, LATER)
    confirmations.ask("invest", {}, OWNER, NOW, NOW)
    confirmations.use(confirmations.ask("invest", {}, OWNER, NOW, LATER), OWNER, NOW)
    confirmations.attach(shown, chat=7, message_id=42)
    (waiting,) = confirmations.waiting("invest", NOW)
    assert (waiting.token, waiting.payload, waiting.expires) == (shown, {"n": 1}, LATER)
    assert (waiting.chat, waiting.message_id) == (7, 42)
    with pytest.raises(NoSuchConfirmation, match="made up is not in these records"):
        confirmations.attach("made up", chat=7, message_id=42)


def test_a_question_and_its_alert_are_written_together(confirmations: Confirmations, opened: Database) -> None:
    token = confirmations.ask(
        "invest", {}, None, NOW, LATER, alert=lambda token: Alert(AlertKind.CONFIRM, "Invest?", confirmation=token)
    )
    (delivery,) = Outbox(opened, "main", ()).due(NOW)
    assert (delivery.recipient, delivery.alert.confirmation) == ("7", token)


def test_a_question_that_nobody_can_be_told_of_is_not_asked(opened: Database) -> None:
    unlucky = Confirmations(opened, "main", [PHONE, PHONE])  # the same delivery twice is refused by the database
    with pytest.raises(IntegrityError):
        unlucky.ask("invest", {}, None, NOW, LATER, alert=lambda token: Alert(AlertKind.CONFIRM, token))
    assert unlucky.waiting("invest", NOW) == ()


def test_the_first_contact_binds_the_account(opened: Database) -> None:
    assert first_start(opened, "main") is None
    assert bind(opened, "main", "paper-1a2b", NOW).first_contact_at == NOW
    assert bind(opened, "main", "paper-1a2b", LATER).first_contact_at == NOW
    assert first_start(opened, "main") == NOW


def test_another_brokerage_account_is_refused_without_showing_either_id_whole(opened: Database) -> None:
    bind(opened, "main", "904837e3-3b76-1a2b", NOW)
    with pytest.raises(
        WrongAccount, match=r"main is \.\.\.1a2b, the keys open \.\.\.9f9f.*new database file"
    ) as refused:
        bind(opened, "main", "11111111-2222-9f9f", LATER)
    assert "904837e3" not in str(refused.value)
    assert "11111111" not in str(refused.value)
    assert bind(opened, "main", "904837e3-3b76-1a2b", LATER).broker_account_id == "904837e3-3b76-1a2b"


def test_the_audit_lists_the_newest_first(opened: Database) -> None:
    audit = Audit(opened, "main")
    audit.note("7", "/pause", "paused", NOW)
    audit.note("666", "/invest", "refused: not an owner", LATER)
    Audit(opened, "other").note("7", "/resume", "resumed", LATER)
    assert audit.recent(1) == (Entry(2, LATER, "666", "/invest", "refused: not an owner"),)
    assert [entry.what for entry in audit.recent(10)] == ["/invest", "/pause"]
