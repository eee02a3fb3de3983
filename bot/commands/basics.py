"""/start and /help."""

import asyncio
from collections.abc import Callable, Sequence
from html import escape

from bot.channels.telegram import TelegramChannel
from bot.chat import Chat, Command, Handle
from bot.services import Services
from storage.outbox import Recipient


def start_and_help(others: Sequence[Command]) -> tuple[Command, ...]:
    """Return both commands; /help lists all of them."""
    commands: tuple[Command, ...] = (
        Command("start", "begin, and receive the alerts here", _start),
        Command("help", "what I can do", _help(lambda: commands + tuple(others))),
    )
    return commands


async def _start(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    # What was held is released by now: the access gate does that with whatever an owner sends.
    here = Recipient(TelegramChannel.name, str(chat.owner))
    waiting = await asyncio.to_thread(services.records.outbox.undelivered_count, here)
    await chat.reply(
        "I keep your brokerage account at the allocation you chose. Every trading day I invest its free cash, "
        f"and tell you here what I did.{_comes_next(waiting)}\n/status shows how things stand, /help what I can do."
    )
    services.pump.nudge()


def _comes_next(waiting: int) -> str:
    match waiting:
        case 0:
            return ""
        case 1:
            return "\nAn alert was waiting for you; it comes next."
        case _:
            return f"\n{waiting} alerts were waiting for you; they come next."


def _help(listed: Callable[[], Sequence[Command]]) -> Handle:
    async def answer(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        lines = [
            f"/{command.name}{escape(f' {command.usage}') if command.usage else ''} - {escape(command.summary)}"
            for command in listed()
        ]
        await chat.reply("\n".join(lines))

    return answer
