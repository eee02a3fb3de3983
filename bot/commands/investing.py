"""/invest: the plan, a tap, and the run."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from html import escape
from typing import Any

from telegram import InlineKeyboardMarkup
from telegram.error import BadRequest, TelegramError

from bot import views
from bot.channels.telegram import CANCEL, CONFIRM, buttons
from bot.chat import Chat, Command, Handle
from bot.offers import FIRST_INVESTMENT, INVEST, Changed, Offer, Refusal, payload
from bot.records import now
from bot.services import Services
from core import messages
from core.money import as_text
from core.ports import BrokerAway
from core.runs import Run
from storage.confirmations import AlreadyUsed, Expired, NotYours, Taken, Unknown, Use

log = logging.getLogger(__name__)

OFFER_STANDS = timedelta(minutes=5)


async def _invest(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    await chat.reply("Looking at the account...")
    async with services.lane:
        offer = await asyncio.to_thread(services.offers.make)
    await asyncio.to_thread(_note, services, chat, "invest", type(offer).__name__)
    if isinstance(offer, Refusal):
        await chat.show(escape(offer.text, quote=False))
    else:
        await chat.show(*await _shown(chat, services, offer))


async def _confirm(chat: Chat, services: Services, words: Sequence[str]) -> None:
    await _politely(chat.notice("Looking at the account..."))
    # The tap counts within the lane: a tick in between would ask for the first investment again.
    async with services.lane:
        use = await asyncio.to_thread(_use, services, chat, words[0], "confirm")
        if not isinstance(use, Taken):
            await _explain(chat, use)
            return
        await _politely(chat.show("Investing..."))
        try:
            done = await asyncio.to_thread(services.offers.take, use.payload)
        except BrokerAway as error:
            await _tell(chat, await asyncio.to_thread(_interrupted, services, error))
            return
        finally:
            services.pump.nudge()
    match done:
        case Refusal(text):
            await _tell(chat, escape(text, quote=False))
        case Changed(offer):
            html, markup = await _shown(chat, services, offer)
            changed = "The account has changed meanwhile, so nothing was done. Now it would be:"
            await _tell(chat, f"{changed}\n{html}", markup)
        case Run(state=state) if state.is_final:
            await _tell(chat, "Done. The alert says what was bought.")
        case Run():
            await _tell(chat, "Some orders have no answer yet. They are looked up until they do; an alert will say it.")


async def _cancel(chat: Chat, services: Services, words: Sequence[str]) -> None:
    await _politely(chat.notice("Canceled."))
    async with services.lane:
        use = await asyncio.to_thread(_use, services, chat, words[0], "cancel")
        if isinstance(use, Taken) and use.kind == FIRST_INVESTMENT:
            await asyncio.to_thread(services.offers.decline, use.payload)
            services.pump.nudge()
    if isinstance(use, Taken):
        await _tell(chat, "Canceled. Nothing was bought.")
    else:
        await _explain(chat, use)


def _interrupted(services: Services, error: BrokerAway) -> str:
    if services.records.ledger.unfinished():
        return (
            f"Alpaca stopped answering in the middle ({escape(str(error))}). The run goes on by itself as soon as it "
            "answers, and no order is sent twice. An alert says how it ended."
        )
    return f"Alpaca cannot be reached ({escape(str(error))}), so nothing was ordered. /invest makes a new offer."


async def _politely(courtesy: Coroutine[Any, Any, None]) -> None:
    """Do what is only a courtesy: that it fails (a tap is too old to be answered) must not cost the deed."""
    try:
        await courtesy
    except TelegramError as error:
        log.info("a notice could not be shown: %s", type(error).__name__)


async def _tell(chat: Chat, html: str, markup: InlineKeyboardMarkup | None = None) -> None:
    """Show how it ended, as a new message where the old one cannot be changed."""
    try:
        await chat.show(html, markup)
    except BadRequest:
        await chat.reply(html, markup)


def _use(services: Services, chat: Chat, token: str, what: str) -> Use:
    answer = services.records.confirmations.use(token, chat.owner, now())
    _note(services, chat, f"{what} {token}", type(answer).__name__)
    return answer


def _note(services: Services, chat: Chat, what: str, outcome: str) -> None:
    services.records.audit.note(f"telegram user {chat.owner}", what, outcome, now())


async def _explain(chat: Chat, use: AlreadyUsed | Expired | NotYours | Unknown) -> None:
    match use:
        case AlreadyUsed():
            await chat.reply("This was answered already; a second tap changes nothing.")
        case Expired():
            await _tell(chat, "This offer is over. /invest makes a new one.")
        case NotYours():
            await chat.reply("Another owner was asked.")
        case Unknown():
            await chat.reply("This button is of no use any more. /invest makes a new offer.")


async def _shown(chat: Chat, services: Services, offer: Offer) -> tuple[str, InlineKeyboardMarkup]:
    """Commit the question, and return the plan as a message with its buttons."""
    token = await asyncio.to_thread(
        services.records.confirmations.ask,
        INVEST,
        payload(offer.key, offer.plan),
        owner=chat.owner,
        at=now(),
        expires=now() + OFFER_STANDS,
    )
    title = "The plan of today's run, now" if offer.key.number == 0 else "The plan for the cash that is there"
    troubles = "".join(f"\n{escape(text)}: its order would fail." for text in offer.plan.troubles.values())
    html = f"<b>{title}</b>\n{views.table(messages.plan_table(offer.plan))}{troubles}"
    return html, buttons(token, f"Invest {as_text(offer.plan.cash)}")


COMMANDS = (Command("invest", "invest the free cash now; shows the plan first", _invest),)
TAPS: dict[str, Handle] = {CONFIRM: _confirm, CANCEL: _cancel}
