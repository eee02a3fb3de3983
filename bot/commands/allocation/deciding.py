"""From an allocation that somebody wants to the active one: checked, compared, confirmed with a tap, and said."""

import asyncio
from dataclasses import dataclass
from html import escape

from bot.channels.telegram import TelegramChannel
from bot.chat import confirming
from bot.chat.confirming import Payload, Question
from bot.chat.grammar import Chat
from bot.commands.allocation import funds
from bot.commands.allocation.book import Book, allocation_of, as_json
from bot.records import now
from bot.services import Services
from bot.views import alerts as views
from core import investing
from core.allocation import Allocation
from core.drafting import change as allocation_change
from core.drafting.change import NOTHING_IS_SOLD
from core.drafting.drafts import Draft
from core.messages import allocation_messages
from storage.outbox import Recipient

KIND = "allocation"
"""The kind of the confirmation that makes an allocation the active one."""

SHOWN, STORED = "shown", "stored"
"""What a tap leaves to be told: what the owner was shown, and what became of it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An allocation that an owner wants, why, and the token of the draft that it ends."""

    allocation: Allocation
    why: str
    draft: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a wish cannot be met, in sentences."""

    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the owner is shown before the tap, and the version that it was compared with (0: none)."""

    html: str
    compared_with: int


@dataclass(frozen=True, slots=True)
class MovedOn:
    """The active allocation is no longer the one that was shown; nothing was done."""

    number: int
    by: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The wish is the active allocation now. `run_under_way`: an earlier run still works by the one before."""

    number: int
    run_under_way: bool


async def review(chat: Chat, services: Services, wish: Wish, first: str = "") -> None:
    """Check a wish at the broker, and show it with the question, or why it cannot be. Raises BrokerAway.

    `first` is said before all else, as HTML.
    """
    async with services.readers:
        answer = await asyncio.to_thread(_checked, services, chat.owner, wish)
    match answer:
        case Refused(sentences):
            told = "\n".join(escape(sentence, quote=False) for sentence in sentences)
            await chat.reply(f"{first}{told}")
        case Asked(html, compared_with):
            payload = {
                "sectors": as_json(Draft.of(wish.allocation)),
                "compared_with": compared_with,
                "why": wish.why,
                "draft": wish.draft,
            }
            await confirming.ask(chat, services, KIND, payload, f"{first}{html}", confirm="Make it active")


async def _act(chat: Chat, services: Services, done: Payload) -> None:
    shown = done[SHOWN]
    match done[STORED]:
        case MovedOn(number, by):
            moved = escape(allocation_messages.moved_on(number, owner=by), quote=False)
            wish = Wish(allocation_of(shown), str(shown["why"]), shown["draft"])
            await review(chat, services, wish, f"{moved}\n")
        case Stored(number, run_under_way):
            services.pump.nudge()
            told = allocation_messages.takes_effect(number, run_under_way=run_under_way)
            await chat.show(escape(told, quote=False))


def _store(owner: int, services: Services, shown: Payload) -> Payload:
    return {SHOWN: shown, STORED: _stored(services, owner, shown)}


def _checked(services: Services, owner: int, wish: Wish) -> Refused | Asked:
    records = services.records
    active = records.allocations.active()
    number, old = active if active is not None else (0, None)
    if allocation_change.is_the_same(old, wish.allocation):
        return Refused((allocation_messages.same_as_active(number),))
    checked = funds.check(services, wish.allocation)
    changes = allocation_change.compare(old, wish.allocation)
    in_words = allocation_change.in_words(changes)
    if checked.troubles:
        _note(services, owner, in_words, f"refused: {'; '.join(checked.troubles)}")
        return Refused(("This allocation cannot be used.", *checked.troubles))
    _note(services, owner, in_words, "asked")
    policy = services.rules.policy
    needed = investing.need(wish.allocation, policy.minimums, checked.assets)
    before = investing.need(old, policy.minimums, {}) if old is not None else None
    limit = policy.max_per_day
    warning = allocation_messages.beyond_limit(needed, limit) if limit is not None and limit < needed.cash else ""
    sentences = (
        *allocation_change.notes(changes),
        NOTHING_IS_SOLD,
        allocation_messages.needs(before, needed),
        warning,
    )
    title = escape(allocation_messages.titled("The new allocation", live=services.rules.live))
    told = "\n".join(escape(sentence, quote=False) for sentence in sentences if sentence)
    compared = f"compared with version {number}" if number else "the first one"
    return Asked(f"<b>{title}</b>, {compared}\n{views.table(allocation_change.table(changes))}\n{told}", number)


def _stored(services: Services, owner: int, shown: Payload) -> Stored | MovedOn:
    """Commit what was shown as the active allocation, and say so to the others, unless it has changed meanwhile."""
    records, who, at = services.records, author(owner), now()
    newest = records.allocations.history(1)
    allocation = allocation_of(shown)
    old = newest[0].allocation if newest else None
    changes = allocation_change.compare(old, allocation)
    in_words = allocation_change.in_words(changes)
    if (newest[0].number if newest else 0) != shown["compared_with"]:
        _note(services, owner, in_words, f"refused: version {newest[0].number} was set meanwhile")
        return MovedOn(newest[0].number, newest[0].by)
    under_way = bool(records.ledger.unfinished())
    number = records.allocations.set(allocation, who, str(shown["why"]), at)
    _note(services, owner, in_words, f"done: version {number}")
    alert = allocation_messages.changed(who, number, changes)
    records.outbox.say(alert, at, except_to=Recipient(TelegramChannel.name, str(owner)))
    if shown["draft"] is not None:
        Book(records, owner).close(shown["draft"])
    return Stored(number, under_way)


def author(owner: int) -> str:
    """Return how an owner is written in History, in the audit and to the others."""
    return f"telegram user {owner}"


def _note(services: Services, owner: int, what: str, outcome: str) -> None:
    services.records.audit.note(author(owner), f"allocation: {what}", outcome, now())


QUESTIONS: dict[str, Question] = {
    KIND: Question(
        _act,
        again="The allocation stays as it is. /allocation has Edit, where your draft waits.",
        declined="Canceled. The allocation stays as it is.",
        store=_store,
    )
}
