"""/start and /help."""

import asyncio
from collections.abc import Callable, Sequence
from html import escape

from bot.chat import Chat, Command, Handle
from bot.records import now
from bot.services import Services


def start_and_help(others: Sequence[Command]) -> tuple[Command, ...]:
    """Return both commands; /help lists all of them."""
    commands: tuple[Command, ...] = (
        Command("start", "begin, and receive the alerts here", _start),
        Command("help", "what I can do", _help(lambda: commands + tuple(others))),
    )
    return commands


async def _start(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    outbox = services.records.outbox
    released = await asyncio.to_thread(outbox.release, "telegram", str(chat.owner), now())
    held = f"\n{released} alerts were waiting for you; they come next." if released else ""
    await chat.reply(
        "I keep your brokerage account at the allocation you chose. Every trading day I invest its free cash, "
        f"and tell you here what I did.{held}\n/status shows how things stand, /help what I can do."
    )
    services.pump.nudge()


def _help(listed: Callable[[], Sequence[Command]]) -> Handle:
    async def answer(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        lines = [
            f"/{command.name}{escape(f' {command.usage}') if command.usage else ''} - {escape(command.summary)}"
            for command in listed()
        ]
        await chat.reply("\n".join(lines))

    return answer
