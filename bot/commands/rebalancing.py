"""/rebalance: how far the account has drifted, what selling and buying would do about it, and the tap that does it."""

import asyncio
from collections.abc import Sequence
from datetime import date
from html import escape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.chat import confirming
from bot.chat.confirming import Payload, Question
from bot.chat.grammar import Chat, Command, Group, Handle, WrongWords
from bot.chat.progress import shown_progress, states
from bot.commands import rebalancing_rules
from bot.commands.investing import AGAIN, interrupted, must_ask_again
from bot.records import now
from bot.routines import rebalancing
from bot.routines.offers import Refusal
from bot.routines.rebalancing import REBALANCE, OtherNow, Proposal, State
from bot.services import Services
from bot.views import alerts as views
from core.messages import rebalance_messages
from core.money import as_text
from core.ports import BrokerAway
from core.positions import Position
from core.rebalancing import words as rebalancing_words
from core.rebalancing.plan import NothingToDo
from core.rebalancing.rules import OnTap
from core.reporting.measures import NotMeasurable
from core.routines.rebuying import purchases_of
from core.runs import Run, RunKey
from core.schedule import Routine
from core.symbols import one_word

TAP = "rebalance"
PREVIEW, OFF, RULES = "preview", "off", "rules"

_WORKING = "Rebalancing: selling first..."

_EXAMPLES = (
    "/rebalance band 5/25",
    "/rebalance band 3%",
    "/rebalance band relative 20%",
    "/rebalance band VOO 2%",
    "/rebalance band none",
    "/rebalance goal half",
    "/rebalance scope all",
    "/rebalance trigger breach",
    "/rebalance trigger quarterly 2026-12-01",
    "/rebalance cooldown 30",
    "/rebalance holding 60",
    "/rebalance off",
)


async def _rebalance(chat: Chat, services: Services, words: Sequence[str]) -> None:
    match [word.lower() for word in words]:
        case []:
            async with services.readers:
                state = await asyncio.to_thread(services.rebalancing.state)
            await chat.reply(_shown(state, live=services.rules.live), _keyboard(state))
        case ["preview"]:
            await chat.reply("Looking at the account...")
            await _preview(chat, services)
        case ["rules"]:
            await chat.reply(await asyncio.to_thread(_rules, services))
        case _:
            await rebalancing_rules.ask(chat, services, words)


async def _tapped(chat: Chat, services: Services, words: Sequence[str]) -> None:
    match list(words):
        case ["preview"]:
            await chat.notice("One moment...")
            await chat.reply("Looking at the account...")
            await _preview(chat, services)
        case ["rules"]:
            await chat.reply(await asyncio.to_thread(_rules, services))
        case ["off"]:
            try:
                await rebalancing_rules.ask(chat, services, ["off"])
            except WrongWords as wrong:
                await chat.notice(str(wrong))
        case _:
            await chat.notice("This button is of no use any more. /rebalance makes new ones.")


async def _preview(chat: Chat, services: Services) -> None:
    async with services.lane:
        found = await asyncio.to_thread(services.rebalancing.make)
    await asyncio.to_thread(
        services.records.audit.note, f"telegram user {chat.owner}", "rebalance", type(found).__name__, now()
    )
    await _answer(chat, services, found)


async def _answer(chat: Chat, services: Services, found: Proposal | NothingToDo | Refusal) -> None:
    match found:
        case Refusal(text):
            await chat.show(escape(text, quote=False))
        case NothingToDo():
            lines = [found.reason, *_untouched(found.untouched)]
            await chat.show("\n".join(map(views.escaped, lines)))
        case Proposal():
            await _ask(chat, services, found)


async def _act(chat: Chat, services: Services, shown: Payload) -> None:
    total = sum(shown["sells"].values())
    if must_ask_again(services, shown, total):
        await _ask_again(chat, services, shown, as_text(total))
        return
    sales = RunKey(services.records.account, Routine.REBALANCE, date.fromisoformat(shown["day"]), shown["number"])
    try:
        async with shown_progress(chat, services, [sales, purchases_of(sales)], _WORKING):
            done = await asyncio.to_thread(services.rebalancing.take, shown)
    except BrokerAway as error:
        await chat.show(await asyncio.to_thread(interrupted, services, error, "/rebalance"))
        return
    finally:
        services.pump.nudge()
    match done:
        case OtherNow(proposal):
            changed = "Things have changed meanwhile, so nothing was done. Now it would be:\n"
            await _ask(chat, services, proposal, changed)
        case Run(state=state) if state.is_final:
            buys = await asyncio.to_thread(services.records.ledger.run, purchases_of(done.key))
            table = states(done) if buys is None else states(done, buys)
            await chat.show(f"{table}\nDone. The alert says what was sold and bought.")
        case Run():
            await chat.show("Some orders have no answer yet. They are looked up until they do; an alert will say it.")
        case NothingToDo() | Refusal():
            await _answer(chat, services, done)


async def _ask(chat: Chat, services: Services, proposal: Proposal, before: str = "") -> None:
    """Show the plan with its buttons."""
    plan = proposal.undertaking.plan
    live = "LIVE: " if services.rules.live else ""
    sales, buys = rebalance_messages.plan_tables(plan)
    lines = [
        rebalance_messages.realised(plan.realised, estimated=True),
        f"The drift is {plan.drift_before:.2f} percentage points and would be {plan.drift_after:.2f}.",
        *([f"{as_text(plan.left)} would stay cash."] if plan.left else []),
        *rebalance_messages.remarks(plan),
        *_untouched(plan.untouched),
        "Sales come first; what they really bring is spent. Prices move: if an amount changes by more than 1%, I ask "
        "again.",
    ]
    html = "\n".join(
        [f"{before}<b>{live}What rebalancing would do now</b>", views.table(sales), views.table(buys)]
        + [views.escaped(line) for line in lines]
    )
    confirm = f"Sell {as_text(plan.proceeds)} and rebalance{' LIVE' if live else ''}"
    await confirming.ask(chat, services, REBALANCE, rebalancing.payload(proposal), html, confirm=confirm)


async def _ask_again(chat: Chat, services: Services, shown: Payload, total: str) -> None:
    html = f"<b>LIVE: {total} of real money</b>\nThis is above the limit for one tap (/limits). Really sell it?"
    await confirming.ask(chat, services, REBALANCE, {**shown, AGAIN: True}, html, confirm=f"Really sell {total}")


def _shown(state: State, *, live: bool) -> str:
    lines = [f"<b>{'LIVE: ' if live else ''}Rebalancing</b>"]
    if isinstance(state.measured, NotMeasurable):
        lines.append(views.escaped(f"The drift is not known: {state.measured}."))
    elif state.measured.unknown:
        unknown = " and ".join(state.measured.unknown)
        lines.append(views.escaped(f"The value of {unknown} is not known, so nobody can tell who is outside a band."))
    else:
        names = ", ".join(state.breached)
        inside = f"Outside their band: {names}." if names else "Every sector is within its band."
        lines.append(views.escaped(f"The drift is {state.measured.drift:.2f} percentage points. {inside}"))
    by_tap = isinstance(state.rules.trigger, OnTap)
    ending = (
        "Nothing is sold without a preview and your tap."
        if by_tap
        else "By its trigger it sells and buys without asking; Off ends that."
    )
    return "\n".join([*lines, _facts(rebalancing_words.facts(state.rules)), ending])


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"<b>{escape(name)}</b>: {views.escaped(words)}" for name, words in facts)


def _rules(services: Services) -> str:
    facts = rebalancing_words.facts(services.records.rebalancing())
    examples = "\n".join(f"<code>{escape(one)}</code>" for one in _EXAMPLES)
    return f"<b>Rules of rebalancing</b>\n{_facts(facts)}\nWrite one of these to change them:\n{examples}"


def _untouched(positions: Sequence[Position]) -> list[str]:
    names = ", ".join(one_word(one.symbol) for one in positions)
    return [f"In no sector, and never touched: {names}."] if names else []


def _keyboard(state: State) -> InlineKeyboardMarkup:
    named = {"Preview": PREVIEW, "Rules": RULES} | ({} if isinstance(state.rules.trigger, OnTap) else {"Off": OFF})
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(name, callback_data=f"{TAP}:{word}") for name, word in named.items()]]
    )


COMMANDS = (
    Command(
        "rebalance",
        "sell what is too much, buy what is too little",
        _rebalance,
        usage="[preview|rules|off|RULE VALUE]",
        example="/rebalance preview",
        explanation=(
            "Shows the drift, the sectors outside their band and the rules. Preview shows what would be sold and "
            "bought, with the gains, and does it only after your tap. A rule is changed by its name: band, goal, "
            "scope, trigger, cooldown, holding. Until you choose a trigger, nothing is ever sold by itself."
        ),
        group=Group.INVESTING,
    ),
)
QUESTIONS = {
    REBALANCE: Question(
        _act,
        "/rebalance makes a new one.",
        "Canceled. Nothing was sold.",
        moves_money=True,
        working=_WORKING,
    ),
    **rebalancing_rules.QUESTIONS,
}
TAPS: dict[str, Handle] = {TAP: _tapped}
