"""/allocation: the target as it is, and everything that changes it."""

import asyncio
import re
from collections.abc import Sequence

from bot.chat.confirming import Question
from bot.chat.grammar import Chat, Command, Group, Handle
from bot.commands.allocation import deciding, editing, layout, typed, versions
from bot.services import Services

_DATA = re.compile(r"(?P<verb>[a-z]{1,8})(:(?P<more>[a-z0-9-]{1,24}))?")


async def _allocation(chat: Chat, services: Services, words: Sequence[str]) -> None:
    await typed.obey(chat, services, " ".join(words))


async def _tapped(chat: Chat, services: Services, words: Sequence[str]) -> None:
    """Do what a button under the allocation, a version or a preset says."""
    match = _DATA.fullmatch(words[0])
    verb, more = (match["verb"], match["more"] or "") if match else ("", "")
    number = int(more) if re.fullmatch(r"[0-9]{1,9}", more) else None
    match verb, number:
        case "edit", _:
            await editing.show_draft(chat, services, afresh=True)
        case "past", int():
            await versions.show_past(chat, services, number)
        case "restore", int():
            await versions.restore(chat, services, number)
        case "undo", int():
            await versions.undo(chat, services, number)
        case "presets", _:
            await versions.show_presets(chat, services)
        case "preset", _ if more:
            await versions.show_preset(chat, services, more)
        case "use", _ if more:
            await versions.use_preset(chat, services, more)
        case "take", _ if more:
            await _take(chat, services, more)
        case _:
            await chat.notice(editing.USELESS)


async def _take(chat: Chat, services: Services, key: str) -> None:
    if await asyncio.to_thread(versions.draft_of_preset, services, chat.owner, key):
        await editing.show_draft(chat, services)
    else:
        await chat.reply("There is no such preset any more. /allocation presets lists them.")


COMMANDS = (
    Command(
        "allocation",
        "the sectors and their weights: see, edit, undo",
        _allocation,
        usage="[set|rename|fund|remove|spread|history|undo|restore|presets ...]",
        example='/allocation set "Domestic Large Cap" 40',
        explanation=(
            "Shows the active allocation; the buttons edit it, page through its history and offer presets. "
            "Changes go to a draft first, which becomes active only when it is exactly 100% and you confirm it. "
            "set takes a sector's symbol or name and its weight (40, 40% or 0.4), or a whole table with one sector a "
            "line, such as VOO 35 or Domestic Large Cap, VOO, 35%. Nothing is ever sold."
        ),
        group=Group.TARGET,
        as_written=True,
    ),
)
TAPS: dict[str, Handle] = {layout.TAP: editing.tapped, versions.TAP: _tapped}
QUESTIONS: dict[str, Question] = deciding.QUESTIONS
