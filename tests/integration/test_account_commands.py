"""The account in the chat where things are not as usual: Alpaca away or slow, other owners, old buttons, long books."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.channels import Attempt, Failed, Held, Omitted, Refused, Rejected, Sent, alert_choices
from bot.channels.channel_states import in_words
from bot.chat import owners
from bot.commands import alerting, exporting, status
from bot.records import Records
from core.alerts import Alert, AlertKind
from core.calendar import MarketClock
from core.investing import NoNewCash
from core.preferences import AlertPreferences, Mode
from core.runs import RunKey
from core.schedule import Routine
from storage import database
from storage.outbox import Recipient
from storage.outbox_tables import DeliveryState
from storage.said import DeliveryStatus, SaidAlert
from tests.fuzz.house import MONDAY, OWNER, House, inhabited
from tests.fuzz.talk import Talk

ALERT = Alert(AlertKind.SKIPPED, "Nothing was bought.")
MINE, OTHER, PHONE = Recipient("telegram", "7"), Recipient("telegram", "8"), Recipient("sms", "15551230123")
AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with inhabited(tmp_path) as house:
        yield Talk(house)


def skipped_days(house: House, days: int) -> None:
    """Let so many days pass on which nothing was bought."""
    for number in range(days):
        key = RunKey("main", Routine.INVEST, (MONDAY - timedelta(days=days - number)).date())
        house.services.records.ledger.skip(key, NoNewCash(12), ALERT, cash=12, at=AT + timedelta(minutes=number))


async def test_status_answers_without_alpaca_all_that_the_books_know(talk: Talk) -> None:
    skipped_days(talk.house, 1)
    talk.house.broker.away = True
    told = await talk.say("/status")
    assert "Alpaca: cannot be reached: no answer in time." in told
    assert "Last run: Sun 22 Nov: no new cash (/run 1)" in told
    assert "SMS to the number ending in 0100: 1 delivery waiting" in told
    assert "Version: " in told
    talk.house.broker.away = False
    assert "Alpaca: answers" in await talk.tap("status:refresh")


async def test_status_does_not_wait_for_an_alpaca_that_hangs(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "PATIENCE_SECONDS", 0.0)
    answers = threading.Event()
    clock = talk.house.broker.clock

    def late() -> MarketClock:
        answers.wait(20)
        return clock()

    monkeypatch.setattr(talk.house.broker, "clock", late)
    first = await talk.say_beside("/status")
    assert "Alpaca: is being asked..." in first
    assert "Last run: none yet" in first
    answers.set()
    async with asyncio.timeout(20):
        while "Alpaca: answers" not in talk.newest.text:  # noqa: ASYNC110  the stand-in tells nobody
            await asyncio.sleep(0.01)
    assert len([one for one in talk.house.telegram.messages if "Status" in one.text]) == 1


async def test_the_last_run_is_the_last_that_invested_however_many_reports_came_after(talk: Talk) -> None:
    skipped_days(talk.house, 1)
    ledger = talk.house.services.records.ledger
    for number in range(status.LOOKED_AT + 1):
        day = (MONDAY + timedelta(days=number)).date()
        ledger.report(RunKey("main", Routine.CLOSE_REPORT, day), ALERT, (), at=AT)
    assert "Last run: Sun 22 Nov: no new cash (/run 1)" in await talk.say("/status")


async def test_a_live_account_says_so_in_every_message_about_money(tmp_path: Path) -> None:
    async with inhabited(tmp_path, live=True) as house:
        talk = Talk(house)
        for command in ("/status", "/positions", "/cash", "/orders", "/deposits", "/history"):
            assert "LIVE" in (await talk.say(command)).splitlines()[0]


async def test_history_is_paged_to_its_end_and_back(talk: Talk) -> None:
    skipped_days(talk.house, 25)
    assert "(run 16)" in await talk.say("/history")
    assert "(run 15)" in await talk.tap("history:16:10")
    last = await talk.tap("history:6:10")
    assert "(run 5)" in last
    assert "(run 1)" in last
    labels = [button.label for button in talk.newest.buttons]
    assert "Older" not in labels
    assert "(run 25)" in await talk.tap("history:0:10")


async def test_a_run_that_there_is_not_names_the_one_before_it(talk: Talk) -> None:
    skipped_days(talk.house, 2)
    assert "There is no run 7. The newest is 2 (Invest of Sun 22 Nov)" in await talk.say("/run 7")
    assert "There is no run 0. The newest is 2" in await talk.say("/run 0")
    assert "Nothing was bought: no new cash has come" in await talk.say("/run #1")


@pytest.mark.parametrize(
    "data",
    [
        "orders:x",
        "orders:9999999999999999999:5",
        "history:1:999",
        "audit:1",
        "story:-1",
        "status:nothing",
        "alerts:set:0:executed:pigeon:off",
        "alerts:set:0:executed:sms:loud",
        "alerts:about:weather",
        "alerts:test:pigeon",
    ],
)
async def test_a_button_that_makes_no_sense_changes_nothing(talk: Talk, data: str) -> None:
    await talk.say("/status")
    before = [one.text for one in talk.house.telegram.messages]
    await talk.house.receive([talk.tapped(talk.newest, "status:refresh", really=data)])
    assert talk.house.telegram.notices[-1].text == "This button is of no use any more."
    assert [one.text for one in talk.house.telegram.messages] == before
    assert talk.house.complaints.said == []


async def test_two_taps_at_once_on_the_same_choice_are_one_change(talk: Talk) -> None:
    await talk.say("/alerts")
    data = "alerts:set:0:variance:sms:off"
    await talk.house.receive([talk.tapped(talk.newest, data), talk.tapped(talk.newest, data)])
    records = talk.house.services.records
    assert alert_choices.active(records).number == 1
    assert [entry.what for entry in records.audit.recent(9)] == ["alerts: Variance alerts by SMS are off"]


async def test_a_choice_that_cannot_be_kept_is_audited_as_refused(talk: Talk) -> None:
    await talk.say("/alerts")
    await talk.tap("alerts:set:0:failed:sms:off")
    await talk.tap("alerts:set:1:failed:telegram:silent")
    await talk.tap("alerts:set:2:failed:telegram:off")
    newest = talk.house.services.records.audit.recent(1)[0]
    assert newest.what == "alerts: Failed alerts by Telegram are off"
    assert newest.outcome.startswith("refused: Failed alerts would be off on every channel")


async def test_what_is_too_large_for_telegram_is_named_with_the_way_to_get_it(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "LARGEST", 1_000)
    skipped_days(talk.house, 20)
    told = await talk.say("/export")
    assert told.startswith("3 files sent. Too large for Telegram")
    assert "runs.csv, the database. On the machine itself, sqlite3 /" in told
    assert told.endswith('.backup copy.db" makes a copy of the database, which has everything.')


def test_the_copy_of_a_database_is_whole_while_others_write(tmp_path: Path) -> None:
    file = tmp_path / "books.db"
    with database.open(f"sqlite:///{file}") as books:
        audit = Records.over(books, []).audit
        audit.note("7", "before", "done", AT)
        writing = sqlite3.connect(file, isolation_level=None)
        writing.execute("BEGIN IMMEDIATE")
        writing.execute("DELETE FROM alembic_version")
        content = exporting.database_copy(file, 50_000_000)
        writing.execute("ROLLBACK")
        writing.close()
    assert content is not None
    copy = tmp_path / "copy.db"
    copy.write_bytes(content)
    with closing(sqlite3.connect(copy)) as read:
        assert read.execute("SELECT what FROM audit").fetchall() == [("before",)]
        assert read.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_other_owners_hear_of_a_change_and_a_single_one_does_not(tmp_path: Path) -> None:
    with database.open(f"sqlite:///{tmp_path / 'books.db'}") as books:
        owners.tell_others(Records.over(books, [MINE, PHONE]), OWNER, "investing goes on.")
        assert Records.over(books, []).outbox.recent(9) == ()
        records = Records.over(books, [MINE, OTHER, PHONE])
        owners.tell_others(records, OWNER, "investing goes on.")
        owners.tell_others(records, OWNER, "alerts.", except_by="sms")
        newest, oldest = records.outbox.recent(9)
    assert [one.recipient for one in newest.deliveries] == [OTHER]
    assert [one.recipient for one in oldest.deliveries] == [OTHER, PHONE]
    assert "Telegram user 7" in oldest.alert.text


def test_a_choice_replaces_only_the_one_that_was_shown(tmp_path: Path) -> None:
    with database.open(f"sqlite:///{tmp_path / 'books.db'}") as books:
        records = Records.over(books, [MINE])
        none = alert_choices.active(records)
        quieter = AlertPreferences().choosing(AlertKind.VARIANCE, "sms", Mode.OFF)
        first = alert_choices.replace(records, none, quieter, "7", "")
        assert first is not None
        assert alert_choices.replace(records, none, AlertPreferences(), "8", "") is None
        assert alert_choices.active(records) == first


def test_what_was_said_at_an_instant_is_found_again(tmp_path: Path) -> None:
    with database.open(f"sqlite:///{tmp_path / 'books.db'}") as books:
        outbox = Records.over(books, [MINE]).outbox
        outbox.say(ALERT, AT)
        outbox.say(Alert(AlertKind.TROUBLE, "later"), AT + timedelta(microseconds=1))
        (found,) = outbox.at(AT)
        assert (found.alert, [one.recipient for one in found.deliveries]) == (ALERT, [MINE])
        assert outbox.at(AT - timedelta(seconds=1)) == ()


def said(state: DeliveryState, error: str | None, ended: datetime | None) -> SaidAlert:
    return SaidAlert(1, ALERT, AT, (DeliveryStatus(MINE, 0, state, 1, error, ended),))


@pytest.mark.parametrize(
    ("recent", "waiting", "words"),
    [
        ((), 0, "nothing was sent yet"),
        ((said(DeliveryState.DELIVERED, None, AT),), 0, "delivers, last "),
        ((said(DeliveryState.GIVEN_UP, "no credit", AT),), 0, "the last delivery was given up ("),
        (
            (said(DeliveryState.WAITING, "Telegram cannot be reached", None),),
            3,
            "3 deliveries waiting: Telegram cannot",
        ),
        ((said(DeliveryState.WAITING, None, None),), 1, "1 delivery waiting"),
    ],
)
def test_a_channel_tells_how_it_does(recent: tuple[SaidAlert, ...], waiting: int, words: str) -> None:
    assert in_words(MINE, recent, waiting, None).startswith(words)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (Sent("5", segments=2), "SMS: the test message was taken. It is billed as 2 segments."),
        (Failed("no answer"), "SMS: the test message did not go out: no answer."),
        (Rejected("no such number"), "SMS: the test message was refused: no such number."),
        (Omitted("a picture"), "SMS: the test message was refused: a picture."),
        (Refused("no credit", "Add some."), "SMS: the test message was refused: no credit. Add some."),
        (Held("blocked", "Press Start."), "SMS: the test message was refused: blocked. Press Start."),
    ],
)
def test_whatever_comes_of_a_test_message_is_said(attempt: Attempt, words: str) -> None:
    assert alerting.in_words(attempt, "SMS").startswith(words)
