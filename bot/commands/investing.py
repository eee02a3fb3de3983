"""/invest: the plan, a tap, and the run."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date
from html import escape

from telegram.error import TelegramError

from bot import confirming, views
from bot.chat import Chat, Command, Group
from bot.confirming import Payload, Question
from bot.offers import FIRST_INVESTMENT, INVEST, Changed, Offer, Refusal, payload
from bot.records import now
from bot.services import Services
from core import messages
from core.alerts import Table
from core.money import as_text
from core.orders import OrderState
from core.ports import BrokerAway
from core.runs import Run, RunKey
from core.schedule import Routine

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Between two edits of the progress: Telegram takes about one message a second."""

AGAIN = "again"
"""Marks a question that was answered once already, in what a confirmation remembers."""

_STATES = {
    OrderState.PLANNED: "planned",
    OrderState.ACCEPTED: "accepted",
    OrderState.PARTIALLY_FILLED: "in part",
    OrderState.FILLED: "filled",
    OrderState.REJECTED: "rejected",
    OrderState.CANCELED: "canceled",
    OrderState.EXPIRED: "expired",
    OrderState.UNKNOWN: "no answer",
    OrderState.NOT_SENT: "not sent",
}


async def _invest(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    await chat.reply("Looking at the account...")
    async with services.lane:
        offer = await asyncio.to_thread(services.offers.make)
    await asyncio.to_thread(
        services.records.audit.note, f"telegram user {chat.owner}", "invest", type(offer).__name__, now()
    )
    if isinstance(offer, Refusal):
        await chat.show(escape(offer.text, quote=False))
    else:
        await _ask(chat, services, offer)


async def _act(chat: Chat, services: Services, shown: Payload) -> None:
    if _must_ask_again(services, shown):
        await _ask_again(chat, services, shown)
        return
    plan = {name: value for name, value in shown.items() if name != AGAIN}
    try:
        async with _progress(chat, services, plan):
            done = await asyncio.to_thread(services.offers.take, plan)
    except BrokerAway as error:
        await chat.show(await asyncio.to_thread(_interrupted, services, error))
        return
    finally:
        services.pump.nudge()
    match done:
        case Refusal(text):
            await chat.show(escape(text, quote=False))
        case Changed(offer):
            await _ask(
                chat, services, offer, "The account has changed meanwhile, so nothing was done. Now it would be:\n"
            )
        case Run(state=state) if state.is_final:
            await chat.show(f"{_states(done)}\nDone. The alert says what was bought.")
        case Run():
            await chat.show("Some orders have no answer yet. They are looked up until they do; an alert will say it.")


@asynccontextmanager
async def _progress(chat: Chat, services: Services, plan: Payload) -> AsyncIterator[None]:
    """Show how each order fares, by editing the message, while the block runs."""
    key = RunKey(services.records.account, Routine.INVEST, date.fromisoformat(plan["day"]), plan["number"])
    done = asyncio.Event()
    watching = asyncio.create_task(_watch(chat, services, key, done))
    try:
        yield
    finally:
        done.set()
        # An edit that is under way must not come after what is shown next.
        await watching


async def _watch(chat: Chat, services: Services, key: RunKey, done: asyncio.Event) -> None:
    last = ""
    while not done.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), LOOK_SECONDS)
        run = await asyncio.to_thread(services.records.ledger.run, key)
        shown = "" if run is None else _states(run)
        if done.is_set() or shown in {"", last}:
            continue
        last = shown
        try:
            await chat.show(f"Investing...\n{shown}")
        except TelegramError as error:
            log.info("the progress of a run could not be shown: %s", type(error).__name__)


def _states(run: Run) -> str:
    rows = tuple((one.intent.sector, as_text(one.intent.notional), _STATES[one.state]) for one in run.orders)
    return views.table(Table(("Sector", "Buy", "Order"), rows))


def _must_ask_again(services: Services, shown: Payload) -> bool:
    """Return whether so much real money would move that one tap is not enough."""
    above = services.limits.active().ask_twice_above
    total = sum(shown["intents"].values())
    return services.rules.live and above is not None and total > above and AGAIN not in shown


async def _ask_again(chat: Chat, services: Services, shown: Payload) -> None:
    total = as_text(sum(shown["intents"].values()))
    html = f"<b>LIVE: {total} of real money</b>\nThis is above the limit for one tap (/limits). Really invest it?"
    await confirming.ask(chat, services, INVEST, {**shown, AGAIN: True}, html, confirm=f"Really invest {total}")


async def _decline_the_first(_chat: Chat, services: Services, shown: Payload) -> None:
    await asyncio.to_thread(services.offers.decline, shown)
    services.pump.nudge()


def _interrupted(services: Services, error: BrokerAway) -> str:
    why = escape(str(error), quote=False)
    if services.records.ledger.unfinished():
        return (
            f"Alpaca stopped answering in the middle ({why}). The run goes on by itself as soon as it "
            "answers, and no order is sent twice. An alert says how it ended."
        )
    return f"Alpaca cannot be reached ({why}), so nothing was ordered. /invest makes a new offer."


async def _ask(chat: Chat, services: Services, offer: Offer, before: str = "") -> None:
    """Show the plan with its buttons."""
    live = "LIVE: " if services.rules.live else ""
    plan = "the plan of today's run, now" if offer.key.number == 0 else "the plan for the cash that is there"
    title = f"{live}{plan if live else plan[:1].upper() + plan[1:]}"
    troubles = "".join(f"\n{escape(text, quote=False)}: its order would fail." for text in offer.plan.troubles.values())
    html = f"{before}<b>{title}</b>\n{views.table(messages.plan_table(offer.plan))}{troubles}"
    confirm = f"Invest {as_text(offer.plan.cash)}{' LIVE' if live else ''}"
    await confirming.ask(chat, services, INVEST, payload(offer.key, offer.plan), html, confirm=confirm)


_AGAIN = "/invest makes a new one."
_DECLINED = "Canceled. Nothing was bought."

COMMANDS = (
    Command(
        "invest",
        "invest the free cash now; shows the plan first",
        _invest,
        example="/invest",
        explanation=(
            "I show what would be bought, to the cent, and buy it only after your tap, within five minutes. Before the "
            "day's scheduled run it takes that run's place; later it needs new cash. It works while the market is open."
        ),
        group=Group.INVESTING,
    ),
)
QUESTIONS = {
    INVEST: Question(_act, _AGAIN, _DECLINED, moves_money=True, working="Investing..."),
    FIRST_INVESTMENT: Question(
        _act, _AGAIN, _DECLINED, on_decline=_decline_the_first, moves_money=True, working="Investing..."
    ),
}
