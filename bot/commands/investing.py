"""/invest: the plan, a tap, and the run."""

import asyncio
from collections.abc import Sequence
from datetime import date
from html import escape

from bot.chat import confirming
from bot.chat.confirming import Payload, Question
from bot.chat.grammar import Chat, Command, Group
from bot.chat.progress import shown_progress, states
from bot.records import now
from bot.routines.offers import FIRST_INVESTMENT, INVEST, Changed, Offer, Refusal, payload
from bot.services import Services
from bot.views import alerts as views
from core.messages import run_messages
from core.money import Cents, as_text
from core.ports import BrokerAway
from core.runs import Run, RunKey
from core.schedule import Routine

AGAIN = "again"
"""Marks a question that was answered once already, in what a confirmation remembers."""


async def _invest(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    await chat.reply("Looking at the account...")
    async with services.lane:
        offer = await asyncio.to_thread(services.offers.make)
    await asyncio.to_thread(
        services.records.audit.note, f"telegram user {chat.owner}", "asked to invest", _outcome(offer), now()
    )
    if isinstance(offer, Refusal):
        await chat.show(escape(offer.text, quote=False))
    else:
        await _ask(chat, services, offer)


def _outcome(offer: Offer | Refusal) -> str:
    return f"refused: {offer.text}" if isinstance(offer, Refusal) else "the plan was shown"


async def _act(chat: Chat, services: Services, shown: Payload) -> None:
    if must_ask_again(services, shown, sum(shown["intents"].values())):
        await _ask_again(chat, services, shown)
        return
    plan = {name: value for name, value in shown.items() if name != AGAIN}
    try:
        async with shown_progress(chat, services, [_key(services, plan)], "Investing..."):
            done = await asyncio.to_thread(services.offers.take, plan)
    except BrokerAway as error:
        await chat.show(await asyncio.to_thread(interrupted, services, error, "/invest"))
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
            await chat.show(f"{states(done)}\nDone. The alert says what was bought.")
        case Run():
            await chat.show("Some orders have no answer yet. They are looked up until they do; an alert will say it.")


def must_ask_again(services: Services, shown: Payload, total: Cents) -> bool:
    """Return whether so much real money would move that one tap is not enough."""
    above = services.limits.active().ask_twice_above
    return services.rules.live and above is not None and total > above and AGAIN not in shown


def _key(services: Services, plan: Payload) -> RunKey:
    return RunKey(services.records.account, Routine.INVEST, date.fromisoformat(plan["day"]), plan["number"])


async def _ask_again(chat: Chat, services: Services, shown: Payload) -> None:
    total = as_text(sum(shown["intents"].values()))
    html = f"<b>LIVE: {total} of real money</b>\nThis is above the limit for one tap (/limits). Really invest it?"
    await confirming.ask(chat, services, INVEST, {**shown, AGAIN: True}, html, confirm=f"Really invest {total}")


async def _decline_the_first(_chat: Chat, services: Services, shown: Payload) -> None:
    await asyncio.to_thread(services.offers.decline, shown)
    services.pump.nudge()


def interrupted(services: Services, error: BrokerAway, command: str) -> str:
    """Return what a run that the broker interrupted comes to, as sentences; `command` asks anew."""
    why = escape(str(error), quote=False)
    if services.records.ledger.unfinished():
        return (
            f"Alpaca stopped answering in the middle ({why}). The run goes on by itself as soon as it "
            "answers, and no order is sent twice. An alert says how it ended."
        )
    return f"Alpaca cannot be reached ({why}), so nothing was ordered. {command} makes a new offer."


async def _ask(chat: Chat, services: Services, offer: Offer, before: str = "") -> None:
    """Show the plan with its buttons."""
    live = "LIVE: " if services.rules.live else ""
    plan = "the plan of today's run, now" if offer.key.number == 0 else "the plan for the cash that is there"
    title = f"{live}{plan if live else plan[:1].upper() + plan[1:]}"
    troubles = "".join(f"\n{escape(text, quote=False)}: its order would fail." for text in offer.plan.troubles.values())
    html = f"{before}<b>{title}</b>\n{views.table(run_messages.plan_table(offer.plan))}{troubles}"
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
