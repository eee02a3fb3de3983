"""One trading day with a person at the terminal: what arrives is shown, what is typed goes to the bot."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import inf
from time import monotonic

from core.money import as_text, floor_to_cents
from sandbox.demo.days import AFTER_OPEN, alerts_since
from sandbox.demo.phone import Inbox, News, Phone, shown_at
from sandbox.demo.product import Product
from sandbox.demo.typed import TypedLines
from sandbox.server import Sandbox
from sandbox.sessions import next_session
from sandbox.telegram import Notice
from sandbox.vonage import Sms
from sandbox.world import World

_LOOK_SECONDS = 0.05
_ALERT_SECONDS = 60.0
_ANSWER_SECONDS = 15.0
# How long nothing must have happened before a demo without a terminal takes its input, and its day, for over.
_QUIET_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Question:
    """A line the bot has not answered yet: since when, in virtual time, and until when on this machine's clock."""

    line: str
    asked_at: datetime
    deadline: float


class Conversation:
    """Show the day and pass on what is typed, until Ctrl-C, or until the input and the day are over."""

    def __init__(self, sandbox: Sandbox, product: Product, phone: Phone, typed: TypedLines) -> None:
        self._sandbox = sandbox
        self._product = product
        self._phone = phone
        self._typed = typed
        self._inbox = Inbox()
        self._lines: deque[str] = deque()
        self._question: _Question | None = None
        self._alert = False
        self._last_event = monotonic()

    def run(self, deposit: Decimal) -> None:
        """Deposit, go to the time of investing, and talk.

        Raise ProductDied, or without a terminal TimeoutError when the day's alert or an answer does not come.
        """
        self._show_news()
        opens = self._sandbox.call(lambda world: next_session(world.clock.now()).opens)
        arrives = f"{as_text(floor_to_cents(deposit))} arrives in the account"
        self._phone.say(f"{arrives}, and the clock moves to {opens + AFTER_OPEN:%H:%M}.")
        if self._typed.is_terminal:
            self._phone.say("Type to the bot as its owner, or a button's number to tap it. Ctrl-C ends.")
        self._sandbox.call(lambda world: _begin(world, deposit, opens + AFTER_OPEN))
        deadline = monotonic() + _ALERT_SECONDS
        while not self._is_over():
            for line in self._typed.read(_LOOK_SECONDS):
                self._lines.append(line)
                self._last_event = monotonic()
            self._product.check()
            self._show_news()
            self._send_lines()
            self._alert = self._alert or bool(self._sandbox.call(lambda world: alerts_since(world, opens)))
            if not self._alert and monotonic() > deadline:
                self._miss_alert()
                deadline = inf

    def _miss_alert(self) -> None:
        missed = f"the day's alert did not reach both channels within {_ALERT_SECONDS:.0f} s."
        if not self._typed.is_terminal:
            raise TimeoutError(missed)
        # Whoever sits here may have taken a channel down, or stopped the clock, on the page.
        self._phone.say(f"So far {missed}")

    def _is_over(self) -> bool:
        if self._typed.is_terminal and not self._typed.has_ended:
            return False
        is_quiet = monotonic() - self._last_event > _QUIET_SECONDS
        return self._alert and not self._lines and self._question is None and is_quiet

    def _show_news(self) -> None:
        for news in self._sandbox.call(self._inbox.news):
            self._phone.show(news)
            self._last_event = monotonic()
            if self._question is not None and _answers(news, self._question):
                self._question = None

    def _send_lines(self) -> None:
        """Pass on a person's lines at once; a pipe's one by one after the day's alert, as they are answered."""
        if self._typed.is_terminal:
            while self._lines:
                self._type(self._lines.popleft())
        elif self._question is not None:
            if monotonic() > self._question.deadline:
                raise TimeoutError(f"{self._question.line!r} was not answered within {_ANSWER_SECONDS:.0f} s.")
        elif self._lines and self._alert:
            line = self._lines.popleft()
            self._phone.say(f"You: {line}")
            asked_at = self._sandbox.call(lambda world: world.clock.now())
            self._type(line)
            self._question = _Question(line, asked_at, monotonic() + _ANSWER_SECONDS)

    def _type(self, line: str) -> None:
        self._sandbox.call(lambda world: _type(world, self._sandbox.keys.owner_id, line))


def _begin(world: World, deposit: Decimal, moment: datetime) -> None:
    if deposit:
        world.brokerage.deposit(deposit)
    # On the page the clock may have been moved further in the meantime.
    if world.clock.now() < moment:
        world.clock.set(moment)


def _type(world: World, owner_id: int, line: str) -> None:
    """Tap the button of that number under the newest message with buttons, or say the line."""
    message = world.telegram.newest_with_buttons()
    if message is not None and line.isdecimal() and 1 <= int(line) <= len(message.buttons):
        world.telegram.tap(owner_id, message.id, int(line))
    else:
        world.telegram.say(owner_id, line)


def _answers(news: News, question: _Question) -> bool:
    """Tell whether this is the bot speaking in the chat after the question; the end of a spinner is not."""
    match news:
        case Sms():
            return False
        case Notice() if not news.text:
            return False
        case _:
            return shown_at(news) > question.asked_at
