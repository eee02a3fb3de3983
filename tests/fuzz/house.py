"""The chat in this process: real handlers, gate and books; Telegram's stand-in without its wire, and a fake broker."""

import asyncio
import json
import logging
import sqlite3
import struct
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from telegram import Update
from telegram.ext import Application
from telegram.request import BaseRequest, RequestData

from bot import app, service
from bot.charts import Charts
from bot.chat.polling import AnyApplication
from bot.routines.market import Market
from bot.services import Services
from bot.settings.file import load
from core.account import Asset
from core.calendar import NEW_YORK, MarketClock, Session
from core.ports import Ports
from core.reporting.pictures import Picture
from sandbox.clock import VirtualClock
from sandbox.telegram import Telegram
from sandbox.telegram.methods import METHODS
from sandbox.telegram.parameters import Parameters, Upload
from sandbox.telegram.refusals import Refusal, unknown_method
from storage import database
from tests.unit.example import filled_in
from tests.unit.fakes import Events, FakeBroker, FakePace

OWNER = 7
"""The example's owner."""

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK)

WATCHED = {
    "versions": "SELECT count(*) FROM allocation_version",
    "targets": "SELECT count(*) FROM target",
    "runs": "SELECT count(*) FROM run",
    "orders": 'SELECT count(*) FROM "order"',
    "accounts": "SELECT count(*) FROM broker_account",
    "choices": "SELECT count(*) FROM choice_version WHERE subject <> 'alerts'",
}
"""What no update may change without a confirmed tap: the target, the limits, and everything about money."""


@dataclass(frozen=True)
class Call:
    """One call of the Bot API: where it went, and the words of its refusal, empty for none."""

    method: str
    chat: int | None
    refusal: str


class Wire(BaseRequest):
    """Takes the library's requests straight to the stand-in's methods, and notes them."""

    def __init__(self, telegram: Telegram) -> None:
        self.calls: list[Call] = []
        self._telegram = telegram

    @property
    def read_timeout(self) -> float | None:
        """Return that nothing is waited for."""
        return None

    async def initialize(self) -> None:
        """Do nothing: there is no connection."""

    async def shutdown(self) -> None:
        """Do nothing: there is no connection."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: object, **__: object
    ) -> tuple[int, bytes]:
        """Answer as the Bot API does."""
        name = url.rpartition("/")[2]
        values = dict(request_data.json_parameters) if request_data else {}
        sent = dict(request_data.multipart_data) if request_data else {}
        files = {key: Upload(str(part[0]), part[1]) for key, part in sent.items() if isinstance(part[1], bytes)}
        parameters = Parameters(values, files)
        chat = parameters.integer("chat_id") if "chat_id" in values else None
        try:
            if name.lower() not in METHODS:
                raise unknown_method()
            result = await METHODS[name.lower()](self._telegram, parameters)
        except Refusal as refusal:
            self.calls.append(Call(name, chat, refusal.description))
            return refusal.code, json.dumps(refusal.body()).encode()
        self.calls.append(Call(name, chat, ""))
        return 200, json.dumps({"ok": True, "result": result}).encode()


class OpenMarket(FakeBroker):
    """A broker whose market is open at any time, every working day."""

    def clock(self) -> MarketClock:
        """Return the market's time."""
        self._read("clock")
        return MarketClock(self.now, True, self.now + timedelta(days=1), self.now + timedelta(hours=6))

    def calendar(self, first: date, last: date) -> tuple[Session, ...]:
        """Return every working day."""
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return tuple(_session(day) for day in days if day.weekday() < 5)


def _session(day: date) -> Session:
    opens = datetime(day.year, day.month, day.day, 9, 30, tzinfo=NEW_YORK)
    return Session(day, opens, opens + timedelta(hours=6, minutes=30))


class OnePixel(Charts):
    """Draws the smallest picture there is, at once."""

    def draw(self, picture: Picture, *, seconds: float = 0) -> bytes:
        """Return a picture of nothing."""
        return PIXEL


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PIXEL = b"\x89PNG\r\n\x1a\n" + b"".join(
    (
        _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        _chunk(b"IDAT", zlib.compress(b"\0\0\0\0")),
        _chunk(b"IEND", b""),
    )
)


class Complaints(logging.Handler):
    """Keeps what the log has of errors: nothing may go wrong unseen behind a polite answer."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.said.append(self.format(record))


@dataclass
class House:
    """What a test moves and looks at."""

    application: AnyApplication
    services: Services
    telegram: Telegram
    wire: Wire
    broker: OpenMarket
    complaints: Complaints
    books: sqlite3.Connection

    async def receive(self, updates: Sequence[dict[str, Any]]) -> None:
        """Let updates arrive at once, and wait until everything that they began has ended."""
        made = [Update.de_json(update, self.application.bot) for update in updates]
        before = asyncio.all_tasks()
        await asyncio.gather(*(self.application.process_update(update) for update in made))
        while begun := asyncio.all_tasks() - before:
            await asyncio.wait(begun)

    def state(self) -> dict[str, int]:
        """Return how many rows there are of everything that only a confirmed tap may change."""
        return {name: self._count(query) for name, query in WATCHED.items()}

    def waiting(self) -> set[str]:
        """Return the tokens of the questions that a tap could still answer."""
        return {token for (token,) in self.books.execute("SELECT token FROM pending WHERE used_at IS NULL")}

    def audited(self) -> int:
        """Return how many lines the audit has."""
        return self._count("SELECT count(*) FROM audit")

    def _count(self, query: str) -> int:
        (count,) = self.books.execute(query).fetchone()
        return int(count)


@asynccontextmanager
async def inhabited(folder: Path, *, live: bool = False) -> AsyncIterator[House]:
    """Build the chat with one owner, who has pressed Start, and an allocation; a fresh database in `folder`.

    `live`: as if the money were real.
    """
    file = folder / "settings.toml"
    file.write_text(filled_in(), encoding="utf-8")
    file.chmod(0o600)
    settings = load(file).settings
    telegram = Telegram(VirtualClock(MONDAY), token=settings.telegram.token.get_secret_value())
    telegram.press_start(OWNER)
    wire, complaints = Wire(telegram), Complaints()
    application: AnyApplication = (
        Application.builder()
        .token(settings.telegram.token.get_secret_value())
        .request(wire)
        .get_updates_request(wire)
        .job_queue(None)
        .concurrent_updates(True)
        .updater(None)
        .build()
    )
    opened = database.open(f"sqlite:///{folder / 'books.db'}")
    # What it starts, processes for the broker and for pictures, it starts with the first call: there is none.
    with opened, app.core_over(settings, opened) as wired:
        allocation = settings.allocation
        known = {one.symbol: Asset(one.symbol, tradable=True, fractionable=True) for one in allocation.sectors}
        broker = OpenMarket(Events(), MONDAY.astimezone(UTC), cash=Decimal(5000), assets_by_symbol=known)
        wired.records.bind("1", broker.now)
        wired.records.allocations.start_with(allocation, broker.now)
        pace = FakePace(broker)
        ports = Ports(broker, wired.records.ledger, pace)
        rules = replace(wired.rules, live=live)
        core = replace(wired, market=Market(broker, pace), ports=ports, charts=OnePixel(), rules=rules)
        services = app.services(settings, core, application)
        service.add_handlers(application, settings, services)
        books = sqlite3.connect(folder / "books.db", isolation_level=None)
        logging.getLogger().addHandler(complaints)
        try:
            async with application:
                await application.start()
                yield House(application, services, telegram, wire, broker, complaints, books)
                await application.stop()
        finally:
            logging.getLogger().removeHandler(complaints)
            books.close()
