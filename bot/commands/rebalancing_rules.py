"""Changing a rule of rebalancing: it is shown as it would be, and stored after a tap."""

import asyncio
from collections.abc import Sequence
from html import escape
from typing import Any

from bot.chat import confirming, owners
from bot.chat.confirming import Payload, Question
from bot.chat.grammar import Chat, WrongWords
from bot.records import now
from bot.services import Services
from bot.views import alerts as views
from core.rebalancing import words as rebalancing_words
from core.rebalancing.rules import OnTap, Rules
from storage.types import from_json, to_json

REBALANCING_RULES = "rebalancing_rules"
"""The kind of the question that a changed rule is confirmed by."""


async def ask(chat: Chat, services: Services, words: Sequence[str]) -> None:
    """Show what a rule would become, and ask. Raises WrongWords for what is no rule or no value of one."""
    number, old, new = await asyncio.to_thread(_changed, services, words)
    changes = _changes(old, new)
    if not changes:
        await chat.reply("It is so already. /rebalance shows the rules.")
        return
    lines = [f"<b>{escape(name)}</b>: now {escape(was)}, then {escape(will)}" for name, was, will in changes]
    if not isinstance(new.trigger, OnTap) and new.trigger != old.trigger:
        lines.append("From then on I sell and buy by these rules without asking. /rebalance off ends that.")
    payload = {"was": number, "rules": to_json(Rules, new)}
    html = "\n".join(["<b>Rules of rebalancing</b>", *lines])
    await confirming.ask(chat, services, REBALANCING_RULES, payload, html, confirm="Change it")


async def _act(chat: Chat, services: Services, payload: Payload) -> None:
    await chat.show(await asyncio.to_thread(_store, chat.owner, services, payload))
    services.pump.nudge()


def _changed(services: Services, words: Sequence[str]) -> tuple[int, Rules, Rules]:
    active = services.records.rebalancing_version()
    rules = active.value if active is not None else Rules()
    allocation = services.records.allocations.active()
    if allocation is None:
        raise WrongWords("Alpaca has not confirmed the funds of the allocation yet. Please try again in a moment.")
    # The first day of a calendar is the market's.
    today = services.market.clock().today
    try:
        return active.number if active else 0, rules, rebalancing_words.changed(rules, words, allocation[1], today)
    except ValueError as error:
        text = str(error)
        raise WrongWords(f"{text[:1].upper()}{text[1:].rstrip('.')}. /rebalance rules shows examples.") from None


def _store(owner: int, services: Services, payload: Payload) -> str:
    records = services.records
    new: Rules = from_json(Rules, payload["rules"])
    old = records.rebalancing()
    said = f"Rebalancing: {'; '.join(f'{name} became {will}' for name, _, will in _changes(old, new))}."
    # By the market's time: the days of a calendar are counted from it.
    at = services.market.clock().now
    if not records.replace_rebalancing(payload["was"], new, owners.author(owner), said, at):
        return "The rules were changed meanwhile, so nothing was done. /rebalance shows how they are now."
    records.audit.note(owners.author(owner), "rebalance rules", said, now())
    owners.tell_others(records, owner, said)
    under_way = " The run that is under way keeps the old ones." if records.ledger.unfinished() else ""
    return views.escaped(f"{said}{under_way}")


def _changes(old: Rules, new: Rules) -> list[tuple[str, str, str]]:
    """Return what differs: a rule's name, what it was, and what it becomes."""
    before, after = dict(rebalancing_words.facts(old)), dict(rebalancing_words.facts(new))
    names = [*after, *(name for name in before if name not in after)]
    default: Any = "as the account's"
    return [
        (name, before.get(name, default), after.get(name, default))
        for name in names
        if before.get(name) != after.get(name)
    ]


QUESTIONS = {REBALANCING_RULES: Question(_act, "/rebalance makes a new one.")}
