"""What `allocator check` asks of the world: a real call to each service, with the keys of the settings."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import assert_never

from telegram.constants import ChatAction
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from bot import app
from bot.app import Core
from bot.channels import Failed, Refused
from bot.chat.polling import AnyApplication
from bot.operations.findings import Finding, Verdict
from bot.operations.reconciling import RECENT, compare
from bot.records import now
from bot.settings.model import Settings, VonageSettings
from broker.gateway import Gateway
from core.messages.reconciliation_messages import explain
from core.ports import BrokerAway, BrokerRefused
from storage.errors import WrongAccount

CALL_SECONDS = 10.0

SMALL_SKEW = timedelta(seconds=30)
"""The machine's clock decides no order, but it dates alerts and backups, and certificates are judged by it."""

SMALL_CREDIT = Decimal(1)
"""Euros: about 30 segments."""

RECENT_ALERTS = 100
"""How many alerts are looked through for why they have not arrived."""

_GO_ON = "The service waits and tries again by itself"


def alpaca(gateway: Gateway) -> Iterator[Finding]:
    """Read the account and the market's clock."""
    try:
        account = gateway.account()
        before = now()
        market = gateway.clock().now
        after = now()
    except BrokerRefused as error:
        remedy = "put the account's keys into the settings; paper and live have their own"
        yield Finding("Alpaca", Verdict.FAIL, f"the keys are refused ({error}): {remedy}")
        return
    except BrokerAway as error:
        yield Finding("Alpaca", Verdict.FAIL, f"it cannot be used ({error}): look at this machine's network. {_GO_ON}")
        return
    if account.trouble:
        yield Finding("Alpaca", Verdict.FAIL, f"the account cannot trade ({account.trouble}): look at it at Alpaca")
    else:
        yield Finding("Alpaca", Verdict.PASS, f"the keys open the account ending in {account.account_id[-4:]}")
    skew = timedelta(seconds=round(((before + (after - before) / 2) - market).total_seconds(), 1))
    if abs(skew) > SMALL_SKEW:
        side = "ahead of" if skew > timedelta(0) else "behind"
        words = f"this machine's clock is {_span(abs(skew))} {side} the market's"
        yield Finding(
            "clock", Verdict.WARN, f"{words}: set it, as with `timedatectl set-ntp true`; orders go by Alpaca's"
        )
    else:
        yield Finding("clock", Verdict.PASS, f"within {abs(skew).total_seconds():.1f} s of the market's")


def _span(length: timedelta) -> str:
    """Return a length of time as a person says it, by its two largest units."""
    minutes, seconds = divmod(length.total_seconds(), 60)
    hours, minutes = divmod(int(minutes), 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds:.0f} s" if minutes else f"{seconds:.1f} s"


def telegram(settings: Settings) -> Iterator[Finding]:
    """Ask who the bot is, and whether each owner can be written to, without writing anything."""
    built, _ = app.application(settings)
    yield from asyncio.run(_telegram(built, settings.telegram.owner_ids))


async def _telegram(built: AnyApplication, owners: tuple[int, ...]) -> list[Finding]:
    bot = built.bot
    found: list[Finding] = []
    try:
        async with asyncio.timeout(CALL_SECONDS):
            await bot.initialize()
        found.append(Finding("Telegram", Verdict.PASS, f"the token is that of @{bot.username}"))
        found += [await _reachable(built, owner) for owner in owners]
    except InvalidToken:
        text = "the bot's token is refused: get a new one from @BotFather and put it into the settings"
        found.append(Finding("Telegram", Verdict.FAIL, text))
    except (TelegramError, TimeoutError) as error:
        text = f"it cannot be reached ({type(error).__name__}): look at this machine's network. {_GO_ON}"
        found.append(Finding("Telegram", Verdict.FAIL, text))
    finally:
        await bot.shutdown()
    return found


async def _reachable(built: AnyApplication, owner: int) -> Finding:
    name = "owner's chat"
    try:
        async with asyncio.timeout(CALL_SECONDS):
            # Shows "typing" for a moment; it fails exactly where a message would.
            await built.bot.send_chat_action(owner, ChatAction.TYPING)
    except (Forbidden, BadRequest):
        remedy = f"open the chat with the bot as Telegram user {owner} and press Start"
        return Finding(name, Verdict.FAIL, f"the bot may not write to owner {owner}: {remedy}")
    return Finding(name, Verdict.PASS, f"the bot can write to owner {owner}")


def vonage(settings: VonageSettings) -> Iterator[Finding]:
    """Ask for the account's credit."""
    from bot.channels.sms import SmsChannel  # noqa: PLC0415  not imported where no SMS is wanted: it costs memory

    match SmsChannel(settings).credit():
        case Refused(reason, remedy):
            yield Finding("Vonage", Verdict.FAIL, f"{reason}: {remedy}")
        case Failed(reason):
            yield Finding("Vonage", Verdict.FAIL, f"{reason}: look at this machine's network. {_GO_ON}")
        case Decimal() as euros if euros <= 0:
            yield Finding("Vonage", Verdict.FAIL, f"the credit is {euros:.2f} EUR: add some in Vonage's dashboard")
        case Decimal() as euros if euros < SMALL_CREDIT:
            yield Finding("Vonage", Verdict.WARN, f"the credit is {euros:.2f} EUR: add some in Vonage's dashboard")
        case Decimal() as euros:
            yield Finding("Vonage", Verdict.PASS, f"the key is accepted, and the credit is {euros:.2f} EUR")
        case other:
            assert_never(other)


def ledger(core: Core) -> Iterator[Finding]:
    """Compare the ledger with the broker over the last weeks."""
    name = "ledger"
    try:
        compared = compare(core, since=core.gateway.clock().today - RECENT)
    except WrongAccount as error:
        yield Finding(name, Verdict.FAIL, str(error))
    except BrokerAway as error:
        yield Finding(name, Verdict.FAIL, f"it could not be compared with Alpaca ({error}). {_GO_ON}")
    else:
        for difference in compared.grave:
            yield Finding(name, Verdict.FAIL, f"{explain(difference)} `allocator reconcile` shows everything.")
        if not compared.grave:
            yield Finding(name, Verdict.PASS, f"{compared.orders} orders and all holdings agree with Alpaca's")


def alerts(core: Core) -> Iterator[Finding]:
    """Examine what was said and has not reached its recipients."""
    name = "alerts"
    waiting = core.records.outbox.undelivered_count()
    if waiting:
        lately = (delivery for said in core.records.outbox.recent(RECENT_ALERTS) for delivery in said.deliveries)
        reasons = sorted({f"{one.recipient.channel}: {one.error}" for one in lately if one.error and not one.ended_at})
        why = f" ({'; '.join(reasons)})" if reasons else ""
        yield Finding(name, Verdict.WARN, f"{waiting} deliveries wait or are held{why}: the running service sends them")
    else:
        yield Finding(name, Verdict.PASS, "everything that was said has been delivered")
