"""/strategy: how cash is shared out among the sectors."""

import asyncio
from collections.abc import Sequence
from html import escape

from bot.chat import confirming, owners
from bot.chat.confirming import Payload, Question
from bot.chat.grammar import Chat, Command, Group, WrongWords
from bot.records import now
from bot.services import Services
from core.strategies import Strategy

STRATEGY = "strategy"
"""The kind of the question that another strategy is confirmed by."""

TOLD = "told"

MEANT = {
    Strategy.PROPORTIONAL: (
        "Every sector gets its weight's share of the cash. If one would get less than its smallest order, the day is "
        "skipped."
    ),
    Strategy.UNDERWEIGHT: (
        "The cash goes first to the sectors furthest below their target, the lowest raised together. A sector whose "
        "share is too small to order waits; the others do not."
    ),
}


async def _strategy(chat: Chat, services: Services, words: Sequence[str]) -> None:
    active = await asyncio.to_thread(services.records.strategy)
    if not words:
        await chat.reply(_shown(active))
        return
    named = " ".join(words).lower()
    if named not in {strategy.value for strategy in Strategy}:
        raise WrongWords(f"There is no strategy {named!r}: write {' or '.join(Strategy)}.")
    wanted = Strategy(named)
    if wanted is active:
        await chat.reply(f"The strategy is {wanted} already.")
        return
    html = (
        f"<b>Strategy</b>\nnow {active}, then {wanted}\n{escape(MEANT[wanted], quote=False)}\n"
        "It counts from the next run on. /preview shows what both would do."
    )
    await confirming.ask(
        chat, services, STRATEGY, {"strategy": wanted.value, "was": active.value}, html, confirm="Change it"
    )


async def _act(chat: Chat, services: Services, stored: Payload) -> None:
    services.pump.nudge()
    await chat.show(stored[TOLD])


def _store(owner: int, services: Services, payload: Payload) -> Payload:
    """Commit the strategy that was shown, unless it has changed meanwhile, and return what is to be told."""
    records, wanted = services.records, Strategy(payload["strategy"])
    if records.strategy() != payload["was"]:
        return {TOLD: "The strategy was changed meanwhile, so nothing was done. /strategy shows how it is now."}
    said = f"The strategy for cash became {wanted} (it was {payload['was']})."
    records.set_strategy(wanted, owners.author(owner), said, now())
    records.audit.note(owners.author(owner), f"strategy {wanted}", "done", now())
    owners.tell_others(records, owner, said)
    under_way = " The run that is under way keeps the old one." if records.ledger.unfinished() else ""
    return {TOLD: f"{said} It counts from the next run on.{under_way}"}


def _shown(active: Strategy) -> str:
    lines = [
        f"<b>{strategy}</b>{' (in force)' if strategy is active else ''}: {escape(words, quote=False)}"
        for strategy, words in MEANT.items()
    ]
    return "\n".join(["<b>Strategy for cash</b>", *lines, "/preview shows what both would do now."])


COMMANDS = (
    Command(
        "strategy",
        "how cash is shared out among the sectors",
        _strategy,
        usage="[proportional|underweight]",
        example="/strategy underweight",
        explanation=(
            "Shows how cash is shared out, or changes it after your tap. proportional: every sector gets its weight's "
            "share. underweight: the sectors furthest below their target come first, and what is too small to order "
            "waits. Nothing is sold by either."
        ),
        group=Group.TARGET,
    ),
)
QUESTIONS = {STRATEGY: Question(_act, "/strategy makes a new one.", store=_store)}
