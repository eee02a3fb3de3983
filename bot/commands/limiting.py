"""/limits: what is kept back, and how much is invested at most."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from html import escape

from bot.channels.telegram import TelegramChannel
from bot.chat import confirming, owners
from bot.chat.confirming import Payload, Question
from bot.chat.grammar import Chat, Command, Group, WrongWords
from bot.records import now
from bot.services import Services
from bot.views import alerts as views
from core import limits
from core.alerts import Alert, AlertKind, Table
from core.allocation import parse_weight
from core.limits import NAMES, Change, Limits
from core.money import Cents, floor_to_cents
from storage.outbox import Recipient

LIMITS = "limits"
"""The kind of the question that a changed limit is confirmed by."""

NOT_RUNNING_ONES = "It counts from the next run on."

TOLD = "told"

MOST = Decimal(10) ** 12


async def _limits(chat: Chat, services: Services, words: Sequence[str]) -> None:
    active = await asyncio.to_thread(services.limits.active)
    if not words:
        await chat.reply(_shown(active))
        return
    change = _change(words)
    try:
        new = limits.changed(active, change)
    except ValueError as error:
        raise WrongWords(str(error)) from None
    allocation = await asyncio.to_thread(services.records.allocations.active)
    if allocation is not None and (problems := new.problems(allocation[1])):
        raise WrongWords(" ".join(problems))
    if new == active:
        await chat.reply(f"{NAMES[change.name]} is {limits.values(active)[change.name]} already.")
        return
    was, will = limits.values(active)[change.name], limits.values(new)[change.name]
    html = f"<b>{escape(NAMES[change.name])}</b>\nnow {escape(was)}, then {escape(will)}\n{NOT_RUNNING_ONES}"
    payload = {"name": change.name, "cents": change.cents, "share": change.share, "was": was}
    await confirming.ask(chat, services, LIMITS, payload, html, confirm="Change it")


async def _act(chat: Chat, services: Services, stored: Payload) -> None:
    services.pump.nudge()
    await chat.show(stored[TOLD])


def _store(owner: int, services: Services, payload: Payload) -> Payload:
    """Commit the limit that was shown, unless it has changed meanwhile, and return what is to be told."""
    change = Change(payload["name"], payload["cents"], payload["share"])
    active = services.limits.active()
    if limits.values(active)[change.name] != payload["was"]:
        refused = "refused: it was changed meanwhile"
        services.records.audit.note(owners.author(owner), f"limits {change.name}", refused, now())
        return {TOLD: "This limit was changed meanwhile, so nothing was done. /limits shows how it is now."}
    new = limits.changed(active, change)
    said = f"{NAMES[change.name]}: {payload['was']} became {limits.values(new)[change.name]}"
    services.limits.set(new, owners.author(owner), said)
    services.records.audit.note(owners.author(owner), f"limits {change.name}", said, now())
    # What bounds the money is said on the phone too where there is one owner alone, as a changed target is: it may not
    # have been them.
    alert = Alert(AlertKind.CHANGED, f"Telegram user {owner} changed a limit. {said}.", title="A limit was changed")
    services.records.outbox.say(alert, now(), except_to=Recipient(TelegramChannel.name, str(owner)))
    under_way = " The run that is under way keeps the old one." if services.records.ledger.unfinished() else ""
    return {TOLD: f"{escape(said)}. {NOT_RUNNING_ONES}{under_way}"}


def _change(words: Sequence[str]) -> Change:
    if len(words) != 2 or words[0].lower() not in NAMES:
        raise WrongWords(f"Write the limit's name ({', '.join(NAMES)}) and an amount, or off.")
    name, amount = words[0].lower(), words[1].lower()
    if amount.endswith("%"):
        try:
            return Change(name, None, parse_weight(amount))
        except ValueError as error:
            raise WrongWords(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    return Change(name, None if amount == limits.OFF else _cents(amount))


def _cents(text: str) -> Cents:
    try:
        dollars = Decimal(text.removeprefix("$").replace(",", ""))
    except InvalidOperation:
        dollars = Decimal("NaN")
    if not dollars.is_finite() or not 0 <= dollars < MOST or dollars != dollars.quantize(Decimal("0.01")):
        raise WrongWords(f"{text!r} is not an amount: write dollars, such as 500 or 99.50, or off.")
    return floor_to_cents(dollars)


def _shown(active: Limits) -> str:
    rows = tuple(limits.values(active).items())
    meant = "\n".join(f"<b>{name}</b>: {escape(words)}." for name, words in NAMES.items())
    return f"<b>Limits</b>\n{views.table(Table(('Limit', 'Now'), rows))}\n{meant}"


COMMANDS = (
    Command(
        "limits",
        "the reserve, the most a day, the smallest orders",
        _limits,
        usage="[NAME AMOUNT|10%|off]",
        example="/limits max 500",
        explanation=(
            "Shows the limits, or changes one after your tap: reserve (cash that is never invested, in dollars or as a "
            "share such as 10%), max (invested a day at most, your own /invest included), order (the most for each "
            "order), minimum and crypto (the smallest orders of funds and coins), ask (above it, an investment with "
            "real money is asked for twice)."
        ),
        group=Group.SETTINGS,
    ),
)
QUESTIONS = {LIMITS: Question(_act, "/limits makes a new one.", store=_store)}
