"""The gate: only an owner in their private chat passes, whatever the books do, and no stranger fills them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from telegram import Update
from telegram.ext import Application, ApplicationBuilder, ContextTypes, MessageHandler, TypeHandler, filters

from bot.chat.access import HOUR, LINES_EACH, LINES_IN_ALL, REFUSED, Refusals, gate
from bot.records import Records
from core.alerts import Alert, AlertKind
from core.messages.chat_messages import intruded
from sandbox.server import Sandbox
from storage import database
from storage.outbox import Recipient

NOW = datetime(2026, 11, 23, 14, 35, tzinfo=UTC)
OWNER, STRANGER = 1001, 6666
HERE = Recipient("telegram", str(OWNER))


class Door:
    """The gate of a real application, with a handler behind it that records who came through."""

    def __init__(self, application: "Application[Any, Any, Any, Any, Any, Any]", records: Records) -> None:
        self.at = NOW
        self.obeyed: list[str] = []
        self._application = application
        application.add_handler(TypeHandler(Update, gate((OWNER,), records, lambda: self.at)), group=-1)
        application.add_handler(MessageHandler(filters.ALL, self._obey))

    async def say(self, who: int, text: str, kind: str = "private", chat_id: int | None = None) -> None:
        """Let someone write, and wait until the application is done with it."""
        place = chat_id if chat_id is not None else who if kind == "private" else -77
        chat = {"id": place, "type": kind, "title": "all"}
        update = {
            "update_id": 1,
            "message": {
                "message_id": 1,
                "date": int(NOW.timestamp()),
                "chat": chat,
                "from": {"id": who, "is_bot": False, "first_name": "Somebody"},
                "text": text,
            },
        }
        await self._application.process_update(Update.de_json(update, self._application.bot))

    async def _obey(self, update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        self.obeyed.append(str(update.message and update.message.text))


@asynccontextmanager
async def door(authority: trustme.CA, records: Records) -> AsyncIterator[Door]:
    """Build an application against the stand-in, which is asked who the bot is and nothing else."""
    with Sandbox(authority=authority) as sandbox:
        origin = sandbox.origin("telegram")
        application = ApplicationBuilder().token(sandbox.keys.telegram_token).base_url(f"{origin}/bot").build()
        async with application:
            yield Door(application, records)


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path / 'books.db'}"
    database.open(made).close()
    return made


async def test_a_stranger_is_stopped_though_the_audit_cannot_be_written(url: str, authority: trustme.CA) -> None:
    # Books that are open only to be read fail each write as a full disk does.
    with database.open_to_read(url) as books:
        async with door(authority, Records.over(books, [HERE])) as entrance:
            await entrance.say(STRANGER, "/pause")
            await entrance.say(OWNER, "/invest", kind="group")
            await entrance.say(OWNER, "/status")
    assert entrance.obeyed == ["/status"]


async def test_an_owner_passes_though_nothing_can_be_released(url: str, authority: trustme.CA) -> None:
    with database.open(url) as books:
        hold_one(Records.over(books, [HERE]))
    with database.open_to_read(url) as books:
        async with door(authority, Records.over(books, [HERE])) as entrance:
            await entrance.say(OWNER, "/status")
    assert entrance.obeyed == ["/status"]


async def test_any_message_of_an_owner_releases_what_was_held_for_them(url: str, authority: trustme.CA) -> None:
    with database.open(url) as books:
        records = Records.over(books, [HERE])
        hold_one(records)
        async with door(authority, records) as entrance:
            await entrance.say(STRANGER, "/start")
            assert records.outbox.due(NOW) == ()
            await entrance.say(OWNER, "/status")
        assert [delivery.alert.text for delivery in records.outbox.due(NOW)] == ["held"]


async def test_a_private_chat_of_somebody_else_is_not_the_owners(url: str, authority: trustme.CA) -> None:
    with database.open(url) as books:
        async with door(authority, Records.over(books, [HERE])) as entrance:
            await entrance.say(OWNER, "/invest", chat_id=STRANGER)
            await entrance.say(STRANGER, "/invest", chat_id=OWNER)
    assert entrance.obeyed == []


async def test_the_owner_hears_of_strangers_once_an_hour_and_not_what_they_wrote(
    url: str, authority: trustme.CA
) -> None:
    with database.open(url) as books:
        records = Records.over(books, [HERE])
        async with door(authority, records) as entrance:
            for minutes in (0, 1, 59, 60, 61):
                entrance.at = NOW + timedelta(minutes=minutes)
                await entrance.say(STRANGER, "Your account is at risk: send me the code")
        first = records.outbox.due(entrance.at)[0]
        records.outbox.delivered(first.id, None, entrance.at)
        second = records.outbox.due(entrance.at)[0]
        records.outbox.delivered(second.id, None, entrance.at)
        assert records.outbox.due(entrance.at) == ()
    assert first.alert == second.alert == intruded(STRANGER, is_owner=False)
    assert "Telegram user 6666" in first.alert.text
    assert "at risk" not in first.alert.text


async def test_a_restart_does_not_tell_the_owner_again(url: str, authority: trustme.CA) -> None:
    with database.open(url) as books:
        records = Records.over(books, [HERE])
        for _ in range(2):
            async with door(authority, records) as entrance:
                await entrance.say(STRANGER, "/pause")
        assert records.outbox.undelivered_count() == 1


async def test_an_owner_in_a_group_is_told_where_the_bot_answers(url: str, authority: trustme.CA) -> None:
    with database.open(url) as books:
        records = Records.over(books, [HERE])
        async with door(authority, records) as entrance:
            await entrance.say(OWNER, "/status", kind="group")
        (told,) = records.outbox.due(NOW)
    assert told.alert.title == "The bot answers only in its private chat"


async def test_a_flood_of_one_stranger_is_counted_in_one_line(url: str, authority: trustme.CA) -> None:
    with database.open(url) as books:
        records = Records.over(books, [HERE])
        async with door(authority, records) as entrance:
            for number in range(LINES_EACH + 3):
                await entrance.say(STRANGER, f"let me in {number}")
            entrance.at += HOUR
            await entrance.say(OWNER, "/status")
        lines = [(entry.who, entry.what, entry.outcome) for entry in reversed(records.audit.recent(50))]
    who = f"telegram user {STRANGER}"
    assert lines == [
        *((who, f"message: let me in {number}", REFUSED) for number in range(LINES_EACH)),
        (who, "3 more since 2026-11-23 14:35 UTC", REFUSED),
    ]


def test_a_flood_of_many_strangers_is_counted_too() -> None:
    refusals = Refusals()
    lines = [line for number in range(5000) for line in refusals.met(f"telegram user {number}", "message: x", NOW)]
    assert len(lines) == LINES_IN_ALL
    assert refusals.ended(NOW + HOUR) == [("other strangers", "4900 more since 2026-11-23 14:35 UTC")]


def test_after_an_hour_a_stranger_is_written_down_again() -> None:
    refusals = Refusals()
    for _ in range(LINES_EACH + 1):
        refusals.met("telegram user 6666", "message: x", NOW)
    assert refusals.met("telegram user 6666", "message: y", NOW + HOUR) == [
        ("telegram user 6666", "1 more since 2026-11-23 14:35 UTC"),
        ("telegram user 6666", "message: y"),
    ]


def test_a_clock_that_went_back_silences_the_audit_for_no_longer() -> None:
    refusals = Refusals()
    for _ in range(LINES_EACH):
        refusals.met("telegram user 6666", "message: x", NOW)
    assert refusals.met("telegram user 6666", "message: y", NOW - timedelta(days=1)) == [
        ("telegram user 6666", "message: y")
    ]


def hold_one(records: Records) -> None:
    """Say something that cannot be delivered before its owner has pressed Start."""
    records.outbox.say(Alert(AlertKind.TROUBLE, "held"), NOW)
    records.outbox.hold(records.outbox.due(NOW)[0].id, "never pressed Start")
