"""Both channels against their stand-ins: every fault in a sending, and every way of being told no."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import trustme
from telegram.ext import ApplicationBuilder

from bot.channels import Channel, Failed, Held, Omitted, Refused, Rejected, Sent
from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel
from bot.charts import Charts, NotDrawn
from bot.delivery import Pump
from bot.records import Records, now
from bot.settings.model import VonageSettings
from core.alerts import Alert, AlertKind
from core.reporting.pictures import Picture, Returns
from sandbox.faults.kinds import CATALOGUE, Answer, Fault, Refuse
from sandbox.server import Sandbox
from sandbox.sessions import all_sessions
from sandbox.world import World
from storage import database
from storage.database import Database
from storage.outbox import Delivery, Recipient
from tests.secrecy import secrets_kept

SENDINGS = {"telegram": "*/sendMessage", "vonage": "/sms/json"}
"""The request by which each service is asked to send."""

TWICE = {
    "hang_after_acting",
    "reset_after_acting",
    "reset_within_answer",
    "504_after_acting",
    "empty_200",
    "slow_body",
    "truncated_body",
    "truncated_json",
    "wrong_types",
}
"""Faults after acting: it arrived, and nothing says so. It is sent again, because twice is better than never."""

LONGEST = 20.0

REPORT = Alert(AlertKind.CLOSE_REPORT, "Sold & up.", pictures=(Returns(date(2026, 11, 27), ()),))

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
"""The smallest PNG."""


class Pencil(Charts):
    """Draws at once what it was told to; nothing, until it was told."""

    drawn: bytes | NotDrawn = NotDrawn("ValueError at paper.py: no figures")

    def draw(self, picture: Picture, *, seconds: float = 0) -> bytes | NotDrawn:
        """Return the same picture, whatever is asked."""
        return self.drawn


@dataclass(frozen=True)
class Line:
    """Both channels of one installation, to their stand-ins."""

    sandbox: Sandbox
    telegram: TelegramChannel
    sms: SmsChannel
    pencil: Pencil

    @property
    def recipients(self) -> list[Recipient]:
        keys = self.sandbox.keys
        return [Recipient("telegram", str(keys.owner_id)), Recipient("sms", keys.sms_recipient)]

    def arrived(self) -> dict[str, list[str]]:
        """Return the texts that each service brought, in their order."""

        def read(world: World) -> dict[str, list[str]]:
            return {
                "telegram": [message.text for message in world.telegram.messages],
                "vonage": [sms.text for sms in world.sms.messages],
            }

        return self.sandbox.call(read)

    def fail(self, service: str, fault: Fault, times: int | None = 1) -> None:
        """Let the next sendings fail; a port that refuses does so until `mend`."""

        def set_fault(world: World) -> None:
            if isinstance(fault, Refuse):
                world.faults.set(service, fault)
            else:
                world.faults.set(service, fault, path=SENDINGS[service], times=times)

        self.sandbox.call(set_fault)

    def refuse_sms(self, status: int) -> None:
        """Let Vonage answer the next sending with a status of its table."""
        self.sandbox.call(lambda world: world.sms.fail_with(status, 1))

    def mend(self) -> None:
        """Let nothing fail any more."""
        self.sandbox.call(lambda world: world.faults.clear())

    def delivery(self, channel: str, text: str = "Bought $87.50 of VOO.", **alert: Any) -> Delivery:
        """Return a delivery by a channel, as the outbox would hand it out."""
        recipient = next(one for one in self.recipients if one.channel == channel)
        return Delivery(1, Alert(AlertKind.EXECUTED, text, **alert), channel, recipient.address, 0, 0, now())


@asynccontextmanager
async def open_line(authority: trustme.CA, folder: Path) -> AsyncIterator[Line]:
    with ExitStack() as stack:
        sandbox = await asyncio.to_thread(stack.enter_context, Sandbox(authority=authority))
        keys, host = sandbox.keys, sandbox.origin("vonage").removeprefix("https://")
        settings = VonageSettings.model_validate(
            {
                "api_key": keys.vonage_api_key,
                "api_secret": keys.vonage_api_secret,
                "sender": keys.sms_sender,
                "recipient": keys.sms_recipient,
                "rest_host": host,
            }
        )
        base_url = f"{sandbox.origin('telegram')}/bot"
        application = ApplicationBuilder().token(keys.telegram_token).base_url(base_url).updater(None).build()
        stack.enter_context(secrets_kept(folder, keys))
        async with application:
            sandbox.call(lambda world: world.telegram.press_start(keys.owner_id))
            pencil = Pencil()
            yield Line(sandbox, TelegramChannel(application.bot, pencil), SmsChannel(settings), pencil)


@pytest.fixture
async def line(authority: trustme.CA, tmp_path: Path) -> AsyncIterator[Line]:
    async with open_line(authority, tmp_path) as opened:
        yield opened


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path / 'books.db'}") as opened:
        yield opened


# Every fault, once, in the sending of either channel.


async def test_after_any_fault_an_alert_arrives_and_so_does_the_next_in_its_order(
    authority: trustme.CA, books: Database
) -> None:
    # Before the threads: the calendar's library silences a warning in a way that threads cannot share.
    all_sessions()
    # Most of a fault is waiting for it, so they are lived through side by side.
    seen = await asyncio.gather(*(live_through(name, authority, books) for name in CATALOGUE))
    assert dict(zip(CATALOGUE, seen, strict=True)) == {name: expected(name) for name in CATALOGUE}


def expected(name: str) -> dict[str, list[str]]:
    told = ["one", "one", "two"] if name in TWICE else ["one", "two"]
    # A status of Vonage's says whether the message was taken; a chat's kind, of Telegram's, nothing of the kind.
    return {"telegram": told, "vonage": ["one", "one", "two"] if name == "unknown_enum" else told}


async def live_through(name: str, authority: trustme.CA, books: Database) -> dict[str, list[str]]:
    """Say two alerts by both channels with a fault in the first sending of each; return what arrived."""
    async with open_line(authority, books.file.parent) as line:
        records = Records.over(books, line.recipients, account=name)
        for service in SENDINGS:
            line.fail(service, CATALOGUE[name])
        for text in ("one", "two"):
            records.outbox.say(Alert(AlertKind.TROUBLE, text), now())
        channels: dict[str, Channel] = {"telegram": line.telegram, "sms": line.sms}
        pump = Pump(records, channels)
        await pump.pump_once()
        if isinstance(CATALOGUE[name], Refuse):
            line.mend()
        await pump.flush(LONGEST)
        return without_complaints(line.arrived())


def without_complaints(arrived: dict[str, list[str]]) -> dict[str, list[str]]:
    """Leave out what one channel says of another."""
    return {
        service: [text for text in texts if "does not deliver alerts" not in text] for service, texts in arrived.items()
    }


# What Telegram says no to.

NO_LAYOUT = Answer(400, '{"ok":false,"error_code":400,"description":"Bad Request: can\'t parse entities: x"}')


async def test_a_layout_that_telegram_refuses_is_sent_as_plain_text(line: Line) -> None:
    line.fail("telegram", NO_LAYOUT)
    delivery = line.delivery("telegram", "Bought $5 of A&B <at once>.", title="A & B")
    assert isinstance(await line.telegram.send(delivery), Sent)
    assert line.arrived()["telegram"] == ["Bought $5 of A&B <at once>."]


async def test_a_message_that_telegram_refuses_as_plain_text_too_is_rejected(line: Line) -> None:
    line.fail("telegram", NO_LAYOUT, times=2)
    attempt = await line.telegram.send(line.delivery("telegram"))
    assert attempt == Rejected("Telegram refused the message (Can't parse entities: x)")


async def test_how_long_telegram_asks_to_wait_is_told(line: Line) -> None:
    # Warnings are errors in these tests: without PTB_TIMEDELTA this would be one.
    body = '{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7200}}'
    line.fail("telegram", Answer(429, body))
    assert await line.telegram.send(line.delivery("telegram")) == Failed("Telegram asked to slow down", wait=7200)


async def test_a_picture_that_cannot_be_drawn_costs_no_words(line: Line, books: Database) -> None:
    records = Records.over(books, line.recipients)
    records.outbox.say(REPORT, now())
    records.outbox.say(Alert(AlertKind.EXECUTED, "Bought."), now())
    pump = Pump(records, {"telegram": line.telegram, "sms": line.sms})
    while await pump.pump_once():
        pass
    assert line.arrived() == {"telegram": ["Sold & up.", "Bought."], "vonage": ["Sold & up.", "Bought."]}
    assert records.outbox.undelivered_count() == 0


async def test_a_picture_follows_its_words_without_a_sound(line: Line) -> None:
    line.pencil.drawn = PIXEL
    picture = replace(line.delivery("telegram", pictures=REPORT.pictures), part=1)
    assert isinstance(await line.telegram.send(picture), Sent)
    (photo,) = line.sandbox.call(lambda world: [message.photo for message in world.telegram.messages])
    assert photo is not None
    assert photo.content == PIXEL


async def test_a_picture_that_telegram_refuses_is_left_out(line: Line) -> None:
    line.pencil.drawn = b"no picture at all"
    picture = replace(line.delivery("telegram", pictures=REPORT.pictures), part=1)
    assert isinstance(await line.telegram.send(picture), Omitted)


@pytest.mark.parametrize(("may_pass", "attempt"), [(True, Failed), (False, Omitted)])
async def test_a_picture_is_left_out_only_when_it_is_to_blame_itself(
    line: Line, may_pass: bool, attempt: type[Failed] | type[Omitted]
) -> None:
    line.pencil.drawn = NotDrawn("the process was told to stop", may_pass=may_pass)
    picture = replace(line.delivery("telegram", pictures=REPORT.pictures), part=1)
    assert isinstance(await line.telegram.send(picture), attempt)


async def test_an_sms_tells_how_many_segments_it_is_billed_as(line: Line) -> None:
    sent = await line.sms.send(line.delivery("sms", "a" * 400))
    assert isinstance(sent, Sent)
    assert sent.segments == 3


async def test_an_sms_of_more_than_six_segments_becomes_its_summary(line: Line) -> None:
    sent = await line.sms.send(line.delivery("sms", "a" * 919, summary="The close report: sectors up: 1, down: 2."))
    assert isinstance(sent, Sent)
    assert sent.segments == 1
    assert line.arrived()["vonage"] == ["The close report: sectors up: 1, down: 2. The full report is in Telegram."]


async def test_an_owner_who_blocked_the_bot_is_told_what_to_do(line: Line) -> None:
    owner = line.sandbox.keys.owner_id
    line.sandbox.call(lambda world: world.telegram.block(owner))
    attempt = await line.telegram.send(line.delivery("telegram"))
    assert attempt == Held(
        "the owner has not pressed Start in the chat with the bot, or has blocked it",
        f"Open the chat with the bot as Telegram user {owner} and press Start.",
    )


async def test_a_revoked_token_is_the_whole_channels_trouble(line: Line) -> None:
    line.sandbox.call(lambda world: world.telegram.revoke())
    assert isinstance(await line.telegram.send(line.delivery("telegram")), Refused)


# What Vonage says no to.


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        (Failed, (1, 5, 10)),
        (Rejected, (2, 3, 6, 12, 15, 22, 23)),
        (Refused, (4, 7, 8, 9, 11, 14, 29, 32, 33)),
    ],
)
async def test_each_status_of_vonage_is_about_the_moment_the_message_or_the_channel(
    line: Line, kind: type, statuses: tuple[int, ...]
) -> None:
    for status in statuses:
        line.refuse_sms(status)
        attempt = await line.sms.send(line.delivery("sms"))
        assert isinstance(attempt, Failed | Rejected | Refused), status
        assert (type(attempt), f"(status {status})" in attempt.reason) == (kind, True), status


async def test_a_message_of_which_vonage_refuses_a_part_has_failed_as_a_whole(line: Line) -> None:
    line.sandbox.call(lambda world: world.sms.fail_parts(9, {2}))
    attempt = await line.sms.send(line.delivery("sms", "long " * 60))
    assert isinstance(attempt, Refused)
    assert "(status 9)" in attempt.reason


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_vonage_refuses_by_http_is_the_whole_channels_trouble(line: Line, status: int) -> None:
    line.fail("vonage", Answer(status, "{}"))
    assert isinstance(await line.sms.send(line.delivery("sms")), Refused)


ODD_BODIES = (
    "",
    "null",
    "[]",
    "{}",
    '{"message-count":"0","messages":[]}',
    '{"message-count":"2","messages":[]}',
    '{"message-count":"3","messages":[{"status":"0","message-id":"a"},{"status":"0","message-id":"b"}]}',
    '{"message-count":"many","messages":[{"status":"0"}]}',
    '{"message-count":"1","messages":[{"status":"4"}]}',
    '{"message-count":"1","messages":["0"]}',
    '{"message-count":"1","messages":null}',
)


async def test_an_answer_of_vonage_that_makes_no_sense_is_a_failed_try(line: Line) -> None:
    for body in ODD_BODIES:
        line.fail("vonage", Answer(200, body))
        attempt = await asyncio.wait_for(line.sms.send(line.delivery("sms")), 10)
        assert isinstance(attempt, Failed), body
        assert attempt.reason.startswith("Vonage's answer was not understood ("), body
