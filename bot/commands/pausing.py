"""/pause and /resume: whether anything is bought, by the schedule or by /invest."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from html import escape

from bot.chat import Chat, Command
from bot.records import now
from bot.services import Services
from core.calendar import NEW_YORK
from core.ports import BrokerAway

USAGE = "Write /pause, or /pause until 2026-12-01: the day on which investing resumes."


async def _pause(chat: Chat, services: Services, words: Sequence[str]) -> None:
    until: date | None = None
    if words:
        try:
            until = _until(words)
        except ValueError:
            await chat.reply(
                f"{escape(repr(' '.join(words)[:40]), quote=False)} is not a date that I understand. {USAGE}"
            )
            return
        today = await asyncio.to_thread(_today, services)
        if until <= today:
            await chat.reply(f"{until.isoformat()} is not in the future (it is {today.isoformat()}). {USAGE}")
            return
    await asyncio.to_thread(_store_pause, services, chat.owner, until)
    end = f"until {until:%a %-d %b %Y}; on that day it resumes" if until else "until you say /resume"
    await chat.reply(f"Investing is paused {end}. What Alpaca has already goes on; nothing new is sent.")


async def _resume(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    if await asyncio.to_thread(_store_resume, services, chat.owner):
        await chat.reply("Investing goes on: the next run is the next one due. /status shows when that is.")
    else:
        await chat.reply("Investing was not paused.")


def _until(words: Sequence[str]) -> date:
    return date.fromisoformat(words[1] if words[0].lower() == "until" and len(words) == 2 else " ".join(words))


def _today(services: Services) -> date:
    try:
        return (services.market.last or services.market.clock()).today
    except BrokerAway:
        # Pausing must work all the same: this machine's clock has to do.
        return datetime.now(NEW_YORK).date()


def _store_pause(services: Services, owner: int, until: date | None) -> None:
    records = services.records
    records.control.pause(str(owner), now(), until)
    records.audit.note(f"telegram user {owner}", f"pause until {until or 'told'}", "done", now())


def _store_resume(services: Services, owner: int) -> bool:
    records = services.records
    was_paused = records.control.resume(str(owner), now())
    records.audit.note(f"telegram user {owner}", "resume", "done" if was_paused else "was not paused", now())
    return was_paused


COMMANDS = (
    Command("pause", "stop investing for a while", _pause, usage="[until DATE]"),
    Command("resume", "go on investing", _resume),
)
