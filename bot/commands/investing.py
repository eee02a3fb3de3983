"""/invest: the plan, a tap, and the run."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from html import escape

from telegram import InlineKeyboardMarkup

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

OFFER_STANDS = timedelta(minutes=5)


async def _invest(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    await chat.reply("Looking at the account...")
    async with services.lane:
        offer = await asyncio.to_thread(services.offers.make)
    if isinstance(offer, Refusal):
        await chat.show(offer.text)
    else:
        await chat.show(*await _shown(chat, services, offer))


async def _confirm(chat: Chat, services: Services, words: Sequence[str]) -> None:
    use = await _use(chat, services, words[0], "confirm")
    if not isinstance(use, Taken):
        await _explain(chat, use)
        return
    await chat.notice("Investing...")
    await chat.show("Investing... The orders are on their way.")
    try:
        async with services.lane:
            done = await asyncio.to_thread(services.offers.take, use.payload)
    except BrokerAway as error:
        if await asyncio.to_thread(services.records.ledger.unfinished):
            await chat.show(
                f"Alpaca stopped answering in the middle ({error}). The run goes on by itself as soon as it answers, "
                "and no order is sent twice. An alert says how it ended."
            )
            return
        raise
    finally:
        services.pump.nudge()
    match done:
        case Refusal(text):
            await chat.show(text)
        case Changed(offer):
            html, markup = await _shown(chat, services, offer)
            await chat.show(f"The account has changed meanwhile, so nothing was done. Now it would be:\n{html}", markup)
        case Run(state=state) if state.is_final:
            await chat.show("Done. The alert says what was bought.")
        case Run():
            await chat.show("Some orders have no answer yet. They are looked up until they do; an alert will say it.")


async def _cancel(chat: Chat, services: Services, words: Sequence[str]) -> None:
    use = await _use(chat, services, words[0], "cancel")
    if not isinstance(use, Taken):
        await _explain(chat, use)
        return
    await chat.notice("Canceled.")
    if use.kind == FIRST_INVESTMENT:
        async with services.lane:
            await asyncio.to_thread(services.offers.decline, use.payload)
        services.pump.nudge()
    await chat.show("Canceled. Nothing was bought.")


async def _use(chat: Chat, services: Services, token: str, what: str) -> Use:
    def use() -> Use:
        answer = services.records.confirmations.use(token, chat.owner, now())
        outcome = type(answer).__name__
        services.records.audit.note(f"telegram user {chat.owner}", f"{what} {token}", outcome, now())
        return answer

    return await asyncio.to_thread(use)


async def _explain(chat: Chat, use: AlreadyUsed | Expired | NotYours | Unknown) -> None:
    match use:
        case AlreadyUsed():
            await chat.notice("This was answered already; a second tap changes nothing.")
        case Expired():
            await chat.notice("Too late.")
            await chat.show("This offer is over. /invest makes a new one.")
        case NotYours():
            await chat.notice("Another owner was asked.")
        case Unknown():
            await chat.notice("This button is of no use any more.")


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
    troubles = "".join(f"\n{escape(text)}: its order would fail." for text in offer.decision.troubles.values())
    html = f"<b>{title}</b>\n{views.table(messages.plan_table(offer.plan))}{troubles}"
    return html, buttons(token, f"Invest {as_text(offer.plan.cash)}")


COMMANDS = (Command("invest", "invest the free cash now; shows the plan first", _invest),)
TAPS: dict[str, Handle] = {CONFIRM: _confirm, CANCEL: _cancel}
