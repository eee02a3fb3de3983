"""Trying an answer at once, with a real call: what a key opens, or why it opens nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic

from telegram import Bot, Message
from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot import app
from bot.channels import Attempt, Failed, Held, Omitted, Refused, Rejected, Sent
from bot.charts import Charts
from bot.records import now
from bot.settings.model import Settings, VonageSettings
from broker.access import Access
from broker.gateway import Gateway
from core.account import Account
from core.alerts import Alert, AlertKind
from core.ports import BrokerAway, BrokerRefused
from storage.outbox import Delivery

CALL_SECONDS = 15.0

POLL_SECONDS = 5
"""How long Telegram holds an empty poll open."""

TEST = Alert(
    AlertKind.TROUBLE,
    "Allocator can reach you here. This is a test; nothing was bought.",
    title="Allocator can reach you here",
    notes=("This is a test; nothing was bought.",),
)


@dataclass(frozen=True, slots=True)
class WrongKeys:
    """The service answered, and does not take these keys; the text says it as a clause."""

    reason: str


@dataclass(frozen=True, slots=True)
class Away:
    """The service could not be asked; the text says it as a clause."""

    reason: str


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever wrote to the bot: the Telegram user id, and the name as it can be printed."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class NobodyWrote:
    """The time is over, and the word did not come."""


def alpaca(access: Access) -> Account | WrongKeys | Away:
    """Read the account that a pair of keys opens."""
    try:
        with closing(Gateway(access, 1)) as gateway:
            return gateway.account()
    except BrokerRefused as error:
        return WrongKeys(str(error))
    except BrokerAway as error:
        return Away(str(error))


def telegram(token: str, origin: str) -> str | WrongKeys | Away:
    """Return the bot's name, such as `@my_bot`."""
    return asyncio.run(_name(token, origin))


def owner(token: str, origin: str, word: str, seconds: float) -> Person | NobodyWrote | WrongKeys | Away:
    """Wait until somebody sends the bot this word in a private chat, and return who it was."""
    return asyncio.run(_owner(token, origin, word, seconds))


def vonage(key: str, secret: str, host: str) -> Decimal | WrongKeys | Away:
    """Return the credit in euros, which a pair of keys alone can ask for. Nothing is sent."""
    from bot.channels.sms import SmsChannel  # noqa: PLC0415  not imported where no SMS is wanted

    # Sender and phone are asked for only after the keys; no SMS goes from the one or to the other.
    settings = VonageSettings.model_validate(
        {"api_key": key, "api_secret": secret, "sender": "Allocator", "recipient": "0000000", "rest_host": host}
    )
    match SmsChannel(settings).credit():
        case Refused(reason):
            return WrongKeys(reason)
        case Failed(reason):
            return Away(reason)
        case credit:
            return credit


def alerts(settings: Settings) -> list[tuple[str, Attempt]]:
    """Send a test alert over every channel to each recipient; return the channel's title with what came of it."""
    return asyncio.run(_alerts(settings))


async def _name(token: str, origin: str) -> str | WrongKeys | Away:
    try:
        async with asyncio.timeout(CALL_SECONDS), _bot(token, origin) as bot:
            return f"@{(await bot.get_me()).username}"
    except (TelegramError, TimeoutError) as error:
        return _why(error)


async def _owner(token: str, origin: str, word: str, seconds: float) -> Person | NobodyWrote | WrongKeys | Away:
    deadline = monotonic() + seconds
    offset: int | None = None
    try:
        async with _bot(token, origin) as bot:
            while monotonic() < deadline:
                async with asyncio.timeout(POLL_SECONDS + CALL_SECONDS):
                    updates = await bot.get_updates(offset, timeout=POLL_SECONDS, allowed_updates=["message"])
                for update in updates:
                    offset = update.update_id + 1
                    if update.message is not None and (found := _sender(update.message, word)) is not None:
                        # The word is confirmed, or the service would read it at its first start and wonder.
                        await bot.get_updates(offset, timeout=0, allowed_updates=["message"])
                        return found
    except Conflict:
        return Away("another program listens with this bot's token; stop it meanwhile")
    except (TelegramError, TimeoutError) as error:
        return _why(error)
    return NobodyWrote()


def _sender(message: Message, word: str) -> Person | None:
    who = message.from_user
    if who is None or message.chat.type != "private" or (message.text or "").strip().casefold() != word:
        return None
    name = f"{who.full_name}{f' (@{who.username})' if who.username else ''}"
    # Names are whatever people like; on a terminal some characters would be commands.
    return Person(who.id, "".join(letter if letter.isprintable() else "?" for letter in name))


async def _alerts(settings: Settings) -> list[tuple[str, Attempt]]:
    built, _ = app.application(settings)
    attempts: list[tuple[str, Attempt]] = []
    with closing(Charts()) as charts:
        channels = app.channels(settings, built, charts)
        try:
            with suppress(TelegramError, TimeoutError):
                # What is wrong is said by the sending.
                async with asyncio.timeout(CALL_SECONDS):
                    await built.bot.initialize()
            for recipient in app.recipients(settings):
                channel = channels[recipient.channel]
                delivery = Delivery(0, TEST, recipient.channel, recipient.address, 0, 1, now())
                attempts.append((channel.title, await channel.send(delivery)))
        finally:
            await _close(built.bot)
    return attempts


def outcome(attempt: Attempt) -> str:
    """Say what came of a test alert, with the way out."""
    match attempt:
        case Sent():
            return "sent"
        case Failed(why):
            return f"not sent: {why}. Try again in a minute."
        case Refused(why, remedy) | Held(why, remedy):
            return f"not sent: {why}. {remedy}"
        case Rejected(why) | Omitted(why):
            return f"not sent: {why}."


def _why(error: Exception) -> WrongKeys | Away:
    # In our own words: the library's may hold the token.
    if isinstance(error, InvalidToken):
        return WrongKeys("Telegram does not know this token")
    return Away(f"Telegram cannot be reached ({type(error).__name__})")


@asynccontextmanager
async def _bot(token: str, origin: str) -> AsyncIterator[Bot]:
    bot = Bot(
        token,
        base_url=f"{origin}/bot",
        base_file_url=f"{origin}/file/bot",
        request=HTTPXRequest(connection_pool_size=1),
        get_updates_request=HTTPXRequest(connection_pool_size=1),
    )
    try:
        await bot.initialize()
        yield bot
    finally:
        await _close(bot)


async def _close(bot: Bot) -> None:
    await bot.shutdown()
    # What could not be initialised is not shut down with the bot; its connections are open all the same.
    await bot.request.shutdown()
