"""/start and /help."""

import asyncio
from collections.abc import Callable, Sequence
from html import escape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram import TelegramChannel
from bot.chat.grammar import Chat, Command, Group, Handle, WrongWords, in_order
from bot.chat.handling import RUN, nearest
from bot.services import Services
from core import schedule
from core.calendar import MarketClock
from core.messages import plurals
from core.ports import BrokerAway
from core.schedule import Routine
from storage.outbox import Recipient

IN_A_ROW = 3
"""Buttons in a row of the menu: three command names are readable on a small phone."""

FIRST = ("status", "preview", "allocation", "performance", "pause", "help")
"""What an owner wants first; /help has a button for every command."""

Listed = Callable[[], Sequence[Command]]


def start_and_help(others: Sequence[Command]) -> tuple[Command, ...]:
    """Return both commands; /help lists all of them."""

    def listed() -> Sequence[Command]:
        return in_order((*commands, *others))

    commands: tuple[Command, ...] = (
        Command(
            "start",
            "begin, and receive the alerts here",
            _start(listed),
            example="/start",
            explanation="I say who I am and what I do next. Alerts that waited for you come right after it.",
            group=Group.BASICS,
        ),
        Command(
            "help",
            "what I can do",
            _help(listed),
            usage="[COMMAND]",
            example="/help pause",
            explanation="Without a name I list every command; with one I explain it, with an example.",
            group=Group.BASICS,
        ),
    )
    return commands


def _start(listed: Listed) -> Handle:
    async def answer(chat: Chat, services: Services, _words: Sequence[str]) -> None:
        # What was held is released by now: the access gate does that with whatever an owner sends.
        here = Recipient(TelegramChannel.name, str(chat.owner))
        waiting = await asyncio.to_thread(services.records.outbox.undelivered_count, here)
        async with services.readers:
            coming = await asyncio.to_thread(_coming, services)
        await chat.reply(
            "I keep your brokerage account at the allocation you chose. Every trading day I invest its free cash, "
            f"and tell you here what I did.{_comes_next(waiting)}\n{escape(coming, quote=False)}\n"
            "/status shows how things stand, /help what I can do.",
            _menu(FIRST),
        )
        services.pump.nudge()

    return answer


def _help(listed: Listed) -> Handle:
    async def answer(chat: Chat, services: Services, words: Sequence[str]) -> None:
        if words:
            await chat.reply(_explained(_named(words[0], listed())))
            return
        async with services.readers:
            coming = await asyncio.to_thread(_coming, services)
        lines = [f"{_called(command)} - {escape(command.summary, quote=False)}" for command in listed()]
        ending = f"\n{escape(coming, quote=False)}\n/help COMMAND explains one, with an example."
        # /start, which led here, needs no button.
        others = [command.name for command in listed() if command.name != "start"]
        await chat.reply("\n".join([*lines, ending]), _menu(others))

    return answer


def _named(word: str, commands: Sequence[Command]) -> Command:
    name = word.lstrip("/").lower()
    found = next((command for command in commands if command.name == name), None)
    if found is None:
        raise WrongWords(f"There is no command {word[:40]!r}.{nearest(name, commands)}")
    return found


def _explained(command: Command) -> str:
    told = [f"<b>{_called(command)}</b>", escape(command.explanation or f"{command.summary}.", quote=False)]
    if command.example:
        told.append(f"For example: <code>{escape(command.example, quote=False)}</code>")
    return "\n".join(told)


def _called(command: Command) -> str:
    return escape(f"/{command.name} {command.usage}".rstrip(), quote=False)


def _menu(names: Sequence[str]) -> InlineKeyboardMarkup:
    """Return commands as buttons."""
    buttons = [InlineKeyboardButton(f"/{name}", callback_data=f"{RUN}:{name}") for name in names]
    return InlineKeyboardMarkup([buttons[at : at + IN_A_ROW] for at in range(0, len(buttons), IN_A_ROW)])


def _comes_next(waiting: int) -> str:
    if not waiting:
        return ""
    were, come = ("was", "it comes") if waiting == 1 else ("were", "they come")
    return f"\n{plurals.count(waiting, 'alert')} {were} waiting for you; {come} next."


def _coming(services: Services) -> str:
    """Return what happens next, and when, as a sentence."""
    try:
        clock = services.market.last or services.market.clock()
        return _next_run(services, clock)
    except BrokerAway:
        return "Alpaca cannot be reached just now, so I cannot say when I invest next; I keep trying."


def _next_run(services: Services, clock: MarketClock) -> str:
    pause = services.records.control.paused(clock.today)
    if pause is not None:
        until = f"until {plurals.day(pause.until)}" if pause.until else "until you say /resume"
        return f"Investing is paused {until}."
    for day in services.market.days(clock, clock.today):
        window = schedule.window(Routine.INVEST, day)
        if window.closes > clock.now and not services.records.ledger.runs_on(Routine.INVEST, day.day):
            when = f"on {plurals.moment(window.opens)}" if window.opens > clock.now else "now"
            return f"Next I invest {when}."
    return "I invest next when the market opens again."
