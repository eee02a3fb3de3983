"""/allocation: the target, as it is."""

import asyncio
from collections.abc import Sequence

from bot import views
from bot.chat import Chat, Command
from bot.services import Services


async def _allocation(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    active = await asyncio.to_thread(services.records.allocations.active)
    if active is None:
        await chat.reply("No allocation is stored yet: it is once Alpaca has confirmed its funds.")
    else:
        await chat.reply(views.allocation(*active))


COMMANDS = (Command("allocation", "the sectors and their weights", _allocation),)
