"""Asking before acting: a question with two buttons, which one owner may answer once, within five minutes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.channels.telegram import CANCEL, CONFIRM, buttons
from bot.chat.grammar import Chat, Handle
from bot.records import now
from bot.services import Services
from storage.confirmations import AlreadyUsed, Expired, NotYours, Taken, Unknown, Use, Waiting

log = logging.getLogger(__name__)

STANDS = timedelta(minutes=5)
"""How long a question can be answered."""

_OUTCOMES = {
    Taken: "done",
    AlreadyUsed: "answered already",
    Expired: "too late",
    NotYours: "another owner was asked",
    Unknown: "no such offer",
}
"""What became of a tap, in the words of the audit."""

LOOK_BACK = timedelta(days=2)
"""How long ago the time of a question may have ended while nobody was there to say so."""

Payload = Mapping[str, Any]
Act = Callable[[Chat, Services, Payload], Awaitable[None]]
Store = Callable[[int, Services, Payload], Payload]


@dataclass(frozen=True, slots=True)
class Question:
    """What becomes of a kind of question.

    `act` is called once, with what `ask` was given, after the owner's tap; it shows how it ended. A tap on Cancel
    shows `declined`, a sentence, after `on_decline`. `again` is a sentence that names the way to ask anew.
    `store` is what the owner's tap changes in the books, committed together with the tap: whatever interrupts it, both
    are there or neither. `act` is then given what it returns.
    With `moves_money` the tap counts, and is acted on, while nothing else moves money. `working` is shown while `act`
    is at work; empty where that takes no time.
    """

    act: Act
    again: str
    declined: str = "Canceled. Nothing was changed."
    on_decline: Act | None = None
    store: Store | None = None
    moves_money: bool = False
    working: str = ""

    @property
    def over(self) -> str:
        """Return what the message says once the time is over."""
        return f"This offer is over. {self.again}"


async def ask(chat: Chat, services: Services, kind: str, payload: Payload, html: str, *, confirm: str) -> None:
    """Commit a question and show it, with a button that says `confirm` and one to cancel.

    `kind` names a Question in bot.commands.QUESTIONS; `payload` is what JSON can hold. The question takes the place
    of what the exchange shows, if it shows something already.
    """
    confirmations, asked_at = services.records.confirmations, now()
    token = await asyncio.to_thread(
        confirmations.ask, kind, payload, owner=chat.owner, at=asked_at, expires=asked_at + STANDS
    )
    message = await chat.show(html, buttons(token, confirm))
    if message is not None:
        # So that bot.chat.expiry can say there that its time is over.
        await asyncio.to_thread(confirmations.attach, token, chat.owner, message)


def taps(questions: Mapping[str, Question]) -> dict[str, Handle]:
    """Return the handlers of both buttons of every question."""

    async def confirm(chat: Chat, services: Services, words: Sequence[str]) -> None:
        await chat.notice("One moment...")
        async with _counted(questions, chat, services, words[0], CONFIRM) as counted:
            if counted is not None:
                question, payload = counted
                await _begin(chat, question)
                await question.act(chat, services, payload)

    async def cancel(chat: Chat, services: Services, words: Sequence[str]) -> None:
        await chat.notice("Canceled.")
        async with _counted(questions, chat, services, words[0], CANCEL) as counted:
            if counted is None:
                return
            question, payload = counted
            if question.on_decline is not None:
                await question.on_decline(chat, services, payload)
        await chat.show(question.declined)

    return {CONFIRM: confirm, CANCEL: cancel}


def unanswered(services: Services, kinds: Iterable[str]) -> tuple[Waiting, ...]:
    """Return the questions without an answer, those of which the time is over lately too."""
    since = now() - LOOK_BACK
    return tuple(one for kind in kinds for one in services.records.confirmations.waiting(kind, since))


@asynccontextmanager
async def _counted(
    questions: Mapping[str, Question], chat: Chat, services: Services, token: str, what: str
) -> AsyncIterator[tuple[Question, Payload] | None]:
    """Commit the tap, and what became of it to the audit; where it does not count, say why and yield None.

    What moves money is tapped and done within the lane: a tick in between would ask for the same investment again.
    """
    asked = await asyncio.to_thread(unanswered, services, questions)
    question = next((questions[one.kind] for one in asked if one.token == token), None)
    async with services.lane if question is not None and question.moves_money else nullcontext():
        use = await asyncio.to_thread(_use, services, chat.owner, token, what, question)
        if question is not None and isinstance(use, Taken):
            yield question, use.payload
        else:
            await _explain(chat, use, question)
            yield None


async def _begin(chat: Chat, question: Question) -> None:
    """Show that it is at work, where that takes time; the tap counts already, so it goes on whatever comes of this."""
    if question.working:
        try:
            await chat.show(question.working)
        except Exception as error:  # noqa: BLE001  the library stumbles over answers of wrong types in ways of its own
            log.info("it could not be shown that a tap is acted on: %s", type(error).__name__)


def _use(services: Services, owner: int, token: str, what: str, question: Question | None) -> Use:
    """Commit the tap, its line in the audit and what it changes, all or nothing."""
    with services.records.database.together():
        answer = services.records.confirmations.use(token, owner, now())
        kind = f" {answer.kind.replace('_', ' ')}" if isinstance(answer, Taken) else " an offer"
        services.records.audit.note(f"telegram user {owner}", f"{what}{kind}", _OUTCOMES[type(answer)], now())
        if isinstance(answer, Taken) and what == CONFIRM and question is not None and question.store is not None:
            answer = replace(answer, payload=question.store(owner, services, answer.payload))
    return answer


async def _explain(chat: Chat, use: Use, question: Question | None) -> None:
    match use:
        case AlreadyUsed():
            await chat.reply("This was answered already; a second tap changes nothing.")
        case Expired():
            await chat.show(question.over if question else "This offer is over. Send the command again for a new one.")
        case NotYours():
            await chat.reply("Another owner was asked.")
        case Unknown() | Taken():
            # Taken: asked by an older version of this program, for something that this one does not do.
            await chat.reply("This button is of no use any more. Send the command again for a new one.")
