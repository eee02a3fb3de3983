"""The pump: whatever happens to a channel or to the books, what was said arrives or its failing is heard elsewhere."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.channels import Attempt, Failed, Held, Refused, Rejected, Sent
from bot.delivery import MOST_ATTEMPTS, Pump
from bot.records import Records, now
from core.alerts import Alert, AlertKind
from storage import database
from storage.outbox import LONGEST_WAIT, Delivery, Outbox, Recipient

OWNER, PARTNER, PHONE = Recipient("telegram", "7"), Recipient("telegram", "8"), Recipient("sms", "15550100")

DISK_FULL = "CREATE TRIGGER full BEFORE UPDATE ON delivery BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"

Answer = Callable[[Delivery], Awaitable[Attempt]]


class Recorder:
    """A channel that takes everything, save where `answers` decides, and records what reached whom."""

    def __init__(self, name: str, title: str) -> None:
        self.name, self.title = name, title
        self.answer: Answer | None = None
        self.tries = 0
        self.arrived: list[tuple[str, str]] = []

    async def send(self, delivery: Delivery) -> Attempt:
        """Answer as told to."""
        self.tries += 1
        attempt = await self.answer(delivery) if self.answer else Sent("1")
        if isinstance(attempt, Sent):
            self.arrived.append((delivery.recipient, delivery.alert.text))
        return attempt

    def texts(self) -> list[str]:
        """Return what arrived, whoever it was for."""
        return [text for _, text in self.arrived]


class WatchedOutbox(Outbox):
    """An outbox that counts how often it is looked at."""

    looks = 0

    def due(self, now: datetime) -> tuple[Delivery, ...]:
        """Return what is due, and count."""
        self.looks += 1
        return super().due(now)


class Office:
    """Books, a pump and two channels that record."""

    def __init__(self, file: Path, records: Records, send_seconds: float) -> None:
        self.file = file
        self.records = records
        self.telegram = Recorder("telegram", "Telegram")
        self.sms = Recorder("sms", "SMS")
        self.pump = Pump(records, {"telegram": self.telegram, "sms": self.sms}, send_seconds)

    def say(self, *texts: str) -> None:
        """Say some alerts to everyone."""
        for text in texts:
            self.records.outbox.say(Alert(AlertKind.TROUBLE, text), now())

    async def pump_dry(self) -> None:
        """Pump until nothing is due at this moment; a hundred rounds are never needed."""
        for _ in range(100):
            if not await self.pump.pump_once():
                return
        raise AssertionError("the pump tries the same thing over and over")

    def deliveries(self, column: str) -> list[str | int]:
        """Return a column of all deliveries, in the order in which they were said."""
        with closing(sqlite3.connect(self.file)) as books:
            return [value for (value,) in books.execute(f"SELECT {column} FROM delivery ORDER BY id")]  # noqa: S608

    def execute(self, statement: str) -> None:
        """Change the books behind the pump's back."""
        with closing(sqlite3.connect(self.file)) as books, books:
            books.execute(statement)


Open = Callable[..., Office]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    file = tmp_path / "books.db"
    with database.open(f"sqlite:///{file}") as books:

        def office(recipients: Sequence[Recipient] = (OWNER, PHONE), send_seconds: float = 5) -> Office:
            return Office(file, Records.over(books, recipients), send_seconds)

        yield office


@asynccontextmanager
async def running(pump: Pump) -> AsyncIterator["asyncio.Task[None]"]:
    """Let a pump run meanwhile, and end it."""
    task = asyncio.create_task(pump.run())
    try:
        yield task
    finally:
        pump.stop()
        await asyncio.wait_for(task, 5)


async def until(condition: Callable[[], bool]) -> None:
    """Return once something is so."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  what is waited for is in a database or a list, which have no events
            await asyncio.sleep(0.02)


async def always(attempt: Attempt) -> Attempt:
    return attempt


async def test_an_error_nobody_expected_costs_one_try_and_no_other_channels_alert(opened: Open) -> None:
    office = opened()

    async def broken_once(_: Delivery) -> Attempt:
        office.telegram.answer = None
        raise IndexError("list index out of range")

    office.telegram.answer = broken_once
    office.say("one")
    async with running(office.pump) as task:
        await until(lambda: office.telegram.texts() == ["one"])
        assert not task.done()
    assert office.sms.texts() == ["one"]
    assert office.deliveries("attempts") == [2, 1]


async def test_an_error_nobody_expected_is_written_down_by_its_name(opened: Open) -> None:
    office = opened()

    async def broken(_: Delivery) -> Attempt:
        raise IndexError("its text may hold anything")

    office.telegram.answer = broken
    office.say("one")
    await office.pump.pump_once()
    assert office.deliveries("error") == ["Telegram did not take it (IndexError)", None]


async def test_a_try_that_never_ends_is_ended(opened: Open) -> None:
    office = opened(send_seconds=0.05)

    async def hang(_: Delivery) -> Attempt:
        await asyncio.Event().wait()
        raise AssertionError

    office.telegram.answer = hang
    office.say("one")
    await office.pump.pump_once()
    assert office.deliveries("error") == ["Telegram did not answer in time", None]


async def test_the_pump_outlives_books_that_cannot_be_written(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    office = opened()
    office.say("one")
    office.execute(DISK_FULL)
    async with running(office.pump) as task:
        await until(lambda: "the outbox cannot be used, number 1 in a row" in caplog.text)
        assert not task.done()
        assert (office.telegram.tries, office.sms.tries) == (0, 0), "what cannot be noted is not sent"
        office.execute("DROP TRIGGER full")
        await until(lambda: office.telegram.texts() == ["one"] and office.sms.texts() == ["one"])


async def test_a_pump_that_rests_after_failures_stops_at_once(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    office = opened()
    office.say("one")
    office.execute(DISK_FULL)
    async with running(office.pump) as task:
        await until(lambda: "number 2 in a row" in caplog.text)
        office.pump.stop()
        await asyncio.wait_for(task, 1)


async def test_last_words_raise_nothing_even_when_the_books_are_gone(opened: Open) -> None:
    office = opened()
    office.say("one")
    office.execute("DROP TABLE delivery")
    await office.pump.flush(1)


async def test_last_words_do_not_spin_while_a_channel_fails(opened: Open) -> None:
    office = opened()
    watched = WatchedOutbox(office.records.database, office.records.account, (OWNER,))
    channel = Recorder("telegram", "Telegram")
    channel.answer = lambda _: always(Failed("Telegram cannot be reached"))
    pump = Pump(replace(office.records, outbox=watched), {"telegram": channel})
    watched.say(Alert(AlertKind.TROUBLE, "one"), now())
    pump.stop()
    await pump.flush(1.5)
    assert channel.tries == 2, "at once, and after the first pause of a second"
    assert watched.looks < 10


async def test_a_wait_of_hours_is_kept_and_said_elsewhere_and_nothing_is_given_up(opened: Open) -> None:
    office = opened()
    office.telegram.answer = lambda _: always(Failed("Telegram asked to slow down", wait=7200))
    office.say("one")
    await office.pump_dry()
    assert office.telegram.tries == 1
    assert office.deliveries("state") == ["waiting", "delivered", "delivered"]
    assert office.sms.texts()[-1].startswith("Telegram does not deliver alerts: Telegram asked to slow down.")
    assert [one.alert.text for one in office.records.outbox.due(now() + LONGEST_WAIT)] == ["one"]


async def test_a_message_refused_for_good_is_given_up_at_once_and_said_elsewhere(opened: Open) -> None:
    office = opened()

    async def only_the_second(delivery: Delivery) -> Attempt:
        return Rejected("Telegram refused the message (x)") if delivery.alert.text == "one" else Sent("1")

    office.telegram.answer = only_the_second
    office.say("one", "two")
    await office.pump_dry()
    assert office.telegram.texts() == ["two"]
    assert office.sms.texts() == [
        "one",
        "two",
        "Telegram does not deliver alerts: Telegram refused the message (x). That alert was given up; /status has the "
        "present state.",
    ]
    assert office.deliveries("state")[0] == "given_up"


async def test_channels_that_both_refuse_every_message_do_not_complain_of_each_other_for_ever(opened: Open) -> None:
    office = opened()
    office.telegram.answer = lambda _: always(Rejected("no"))
    office.sms.answer = lambda _: always(Rejected("no"))
    office.say("one", "two")
    await office.pump_dry()
    assert office.deliveries("state") == ["given_up"] * 6


async def test_a_channel_in_need_of_mending_keeps_everything_and_is_said_once(opened: Open) -> None:
    office = opened()
    office.sms.answer = lambda _: always(Refused("Vonage says: no credit (status 9)", "Add credit."))
    office.say("one", "two")
    for _ in range(4):
        await office.pump_dry()
        office.execute("UPDATE delivery SET next_try = NULL")
    assert office.telegram.texts() == [
        "one",
        "two",
        "SMS does not deliver alerts: Vonage says: no credit (status 9). Add credit. Nothing is lost meanwhile.",
    ]
    assert office.sms.tries == 4
    assert office.deliveries("attempts")[1] == 0, "waiting for credit brings nothing closer to being given up"

    office.sms.answer = None
    await office.pump_dry()
    assert office.sms.texts() == ["one", "two"]


async def test_a_channel_in_need_of_mending_is_tried_after_growing_pauses(opened: Open) -> None:
    office = opened()
    office.sms.answer = lambda _: always(Refused("no credit", "Add credit."))
    office.say("one")
    pauses = []
    for _ in range(4):
        office.execute("UPDATE delivery SET next_try = NULL")
        await office.pump_dry()
        next_due = office.records.outbox.next_due()
        assert next_due is not None
        pauses.append(round((next_due - now()).total_seconds()))
    assert pauses == [1, 2, 4, 8]


async def test_an_alert_given_up_after_a_day_is_said_though_the_trouble_was_said_before(opened: Open) -> None:
    office = opened()
    office.telegram.answer = lambda _: always(Failed("Telegram cannot be reached"))
    office.say("one")
    for tried in (MOST_ATTEMPTS - 2, MOST_ATTEMPTS - 1):
        office.execute(f"UPDATE delivery SET attempts = {tried}, next_try = NULL WHERE channel = 'telegram'")  # noqa: S608
        await office.pump_dry()
    assert office.sms.texts()[1:] == [
        "Telegram does not deliver alerts: Telegram cannot be reached. It is tried again and again, and nothing is "
        "lost meanwhile.",
        "Telegram does not deliver alerts: Telegram cannot be reached, 300 times. That alert was given up; /status has "
        "the present state.",
    ]
    assert office.deliveries("state")[0] == "given_up"


async def test_the_other_owner_hears_of_one_who_never_pressed_start(opened: Open) -> None:
    office = opened((OWNER, PARTNER))

    async def only_the_partner(delivery: Delivery) -> Attempt:
        gone = delivery.recipient == OWNER.address
        return Held("the owner has not pressed Start", "Press Start as user 7.") if gone else Sent("1")

    office.telegram.answer = only_the_partner
    office.say("one")
    await office.pump_dry()
    office.say("two")
    await office.pump_dry()
    told = (
        "Telegram does not deliver alerts: the owner has not pressed Start. Press Start as user 7. What was said is "
        "kept."
    )
    assert office.telegram.arrived == [("8", "one"), ("8", told), ("8", "two")]

    office.telegram.answer = None
    office.records.outbox.release(OWNER, now())
    await office.pump_dry()
    assert [text for owner, text in office.telegram.arrived if owner == "7"] == ["one", "two"]
