"""The only place that wires things."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from telegram.ext import Application, JobQueue
from telegram.request import HTTPXRequest

from bot.channels import Channel
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_request import BoundedRequest
from bot.charts import Charts
from bot.chat.polling import AnyApplication
from bot.delivery import Pump
from bot.lane import Lane
from bot.operations.backups import Rotation
from bot.operations.pulse import LONGEST_WORK, Part, Pulse
from bot.records import Records
from bot.routines import limits
from bot.routines.limits import ActiveLimits
from bot.routines.looking import LookingLedger
from bot.routines.market import Market
from bot.routines.offers import Offers, Rules
from bot.routines.pace import StoppablePace
from bot.routines.rebalancing import Rebalancing
from bot.routines.reports import Reports
from bot.routines.rounds import Rounds
from bot.routines.trouble import Trouble
from bot.services import Services
from bot.settings.model import Settings
from broker.access import Access
from broker.gateway import Gateway
from core.ports import Ports
from storage import database
from storage.database import Database
from storage.lock import ServiceLock
from storage.outbox import Recipient

READERS_AT_MOST = 2
"""How many answers in the chat may ask the broker at a time; there is one worker for all that is read."""


@dataclass(frozen=True, slots=True)
class Core:
    """What every way of working with the account needs: the service, and the shell's commands."""

    records: Records
    market: Market
    ports: Ports
    rules: Rules
    gateway: Gateway
    pace: StoppablePace
    charts: Charts
    limits: ActiveLimits
    pulse: Pulse

    def rounds(self, settings: Settings) -> Rounds:
        """Return what a tick does."""
        return Rounds(self.records, self.market, self.ports, self.rules, settings.allocation)

    def offers(self) -> Offers:
        """Return the owner's way to invest."""
        return Offers(self.records, self.market, self.ports, self.rules)

    def rebalancing(self) -> Rebalancing:
        """Return the owner's way to rebalance."""
        return Rebalancing(self.records, self.market, self.ports, self.rules)

    def reports(self) -> Reports:
        """Return the reports."""
        return Reports(self.records, self.market, self.ports, self.rules)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """Open the database alone, migrated. Raises storage.errors.StorageError; AlreadyRunning beside the service."""
    file = database.file_of(settings.storage.url)
    with ServiceLock(file), database.open(settings.storage.url) as books:
        yield books


@contextmanager
def core_over(settings: Settings, books: Database, *, looking: bool = False) -> Iterator[Core]:
    """Wire the account's books to its broker; the processes of the broker and of the pictures end with the context.

    `looking`: the books are open only to read, and what is read of the broker is kept in memory.
    """
    records = Records.over(books, recipients(settings))
    if looking:
        records = replace(records, ledger=LookingLedger(books, records.account))
    broker = gateway(settings)
    pulse, charts = Pulse(), Charts()
    # A run that is turned away for hours waits and tries again: that is life too.
    pace = StoppablePace(lambda seconds: pulse.sign(Part.TICK, seconds + LONGEST_WORK))
    ports = Ports(broker, records.ledger, pace)
    active = ActiveLimits(books, records.account, limits.starting(settings))
    if not looking:
        active.adopt()
    rules = Rules(active.policy, settings.alpaca.live, settings.reports.pictures)
    try:
        yield Core(records, Market(broker, pace), ports, rules, broker, pace, charts, active, pulse)
    finally:
        charts.close()
        broker.close()


def gateway(settings: Settings) -> Gateway:
    """Return the way to the broker; no process of it starts before it is asked something."""
    alpaca = settings.alpaca
    access = Access(
        alpaca.trading_url,
        alpaca.data_url,
        alpaca.key_id.get_secret_value(),
        alpaca.secret_key.get_secret_value(),
        settings.execution.timeout_seconds,
    )
    return Gateway(access, settings.execution.max_workers)


def recipients(settings: Settings) -> tuple[Recipient, ...]:
    """Return everyone who hears every alert."""
    phones = [Recipient("sms", settings.vonage.recipient)] if settings.vonage else []
    return (*(Recipient("telegram", str(owner)) for owner in settings.telegram.owner_ids), *phones)


def channels(settings: Settings, bot: AnyApplication, charts: Charts) -> dict[str, Channel]:
    """Return the channels that the settings name; the pictures of alerts are drawn by `charts`."""
    named: dict[str, Channel] = {TelegramChannel.name: TelegramChannel(bot.bot, charts)}
    if settings.vonage is not None:
        # Not imported where no SMS is wanted: it costs memory.
        from bot.channels.sms import SmsChannel  # noqa: PLC0415

        named[SmsChannel.name] = SmsChannel(settings.vonage)
    return named


def application(settings: Settings) -> tuple[AnyApplication, HTTPXRequest]:
    """Build the Telegram application, not yet connected to anything, and the connection that it polls over."""
    origin = settings.telegram.api_url
    polling = HTTPXRequest(connection_pool_size=1)
    built: AnyApplication = (
        Application.builder()
        .token(settings.telegram.token.get_secret_value())
        .base_url(f"{origin}/bot")
        .base_file_url(f"{origin}/file/bot")
        .request(BoundedRequest(connection_pool_size=8))
        .get_updates_request(polling)
        .job_queue(JobQueue())
        .concurrent_updates(True)
        # bot.chat.polling listens in its place.
        .updater(None)
        .build()
    )
    return built, polling


def job_queue(built: AnyApplication) -> "JobQueue[Any]":
    """Return the application's job queue. Raises RuntimeError when it has none."""
    if built.job_queue is None:
        raise RuntimeError("the application was built without a job queue, so nothing would ever be due")
    return built.job_queue


def services(settings: Settings, core: Core, built: AnyApplication) -> Services:
    """Wire what the chat and the jobs work with."""
    return Services(
        settings=settings,
        records=core.records,
        market=core.market,
        ports=core.ports,
        rules=core.rules,
        rounds=core.rounds(settings),
        offers=core.offers(),
        rebalancing=core.rebalancing(),
        reports=core.reports(),
        trouble=Trouble(core.records, core.pace, settings.execution.tick_seconds),
        pump=Pump(
            core.records,
            channels(settings, built, core.charts),
            live=core.rules.live,
            signs=partial(core.pulse.sign, Part.PUMP),
        ),
        charts=core.charts,
        rotation=Rotation(core.records, core.market, settings.storage.backups, settings.storage.keep),
        limits=core.limits,
        lane=Lane(partial(core.pulse.sign, Part.TICK), settings.execution.tick_seconds),
        readers=asyncio.Semaphore(READERS_AT_MOST),
    )
