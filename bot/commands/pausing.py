"""/pause and /resume: whether anything is bought, by the schedule or by /invest."""

import asyncio
import re
from collections.abc import Sequence
from datetime import date, timedelta

from bot.chat import owners
from bot.chat.grammar import Chat, Command, Group, WrongWords
from bot.records import now
from bot.services import Services
from bot.views import broker_facts
from core.messages import plurals
from core.ports import BrokerAway

LONGEST_DAYS = 3660
"""Ten years: whoever means longer says /pause without a day."""

USAGE = "Write /pause, or the day on which investing resumes (/pause 2026-12-01), or after how many days (/pause 5)."

_DAYS = re.compile(r"(?P<days>\d{1,6})( days?)?", re.ASCII | re.IGNORECASE)
_DATE = re.compile(r"(until )?(?P<date>\d{4}-\d{2}-\d{2})", re.ASCII | re.IGNORECASE)


async def _pause(chat: Chat, services: Services, words: Sequence[str]) -> None:
    until = None
    if words:
        until = resumes(" ".join(words), await asyncio.to_thread(_today, services))
    await asyncio.to_thread(_store_pause, services, chat.owner, until)
    services.pump.nudge()
    end = f"until {_day(until)}; on that day it resumes" if until else "until you say /resume"
    await chat.reply(
        f"Investing is paused {end}. Orders that Alpaca already has go on; nothing new is sent. "
        "Reports and alerts go on."
    )


async def _resume(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    if await asyncio.to_thread(_store_resume, services, chat.owner):
        services.pump.nudge()
        await chat.reply("Investing goes on: the next run is the next one due. /status shows when that is.")
    else:
        await chat.reply("Investing was not paused.")


def resumes(text: str, today: date) -> date:
    """Return the day on which investing resumes, from a date or a number of days. Raises WrongWords.

    `today` is the date in New York.
    """
    if days := _DAYS.fullmatch(text):
        number = int(days["days"])
        if not 1 <= number <= LONGEST_DAYS:
            raise WrongWords(f"{number} days is not from 1 to {LONGEST_DAYS}. {USAGE}")
        return today + timedelta(days=number)
    match = _DATE.fullmatch(text)
    try:
        until = date.fromisoformat(match["date"]) if match else None
    except ValueError:
        until = None
    if until is None:
        raise WrongWords(f"{text[:40]!r} is not a date that I understand. {USAGE}")
    if until <= today:
        raise WrongWords(f"{until.isoformat()} is not in the future (it is {today.isoformat()}). {USAGE}")
    return until


def _day(when: date) -> str:
    return f"{plurals.day(when)} {when.year}"


def _today(services: Services) -> date:
    try:
        return (services.market.last or services.market.clock()).today
    except BrokerAway:
        # Pausing must work all the same.
        return broker_facts.today(services)


def _store_pause(services: Services, owner: int, until: date | None) -> None:
    records = services.records
    with records.database.together():
        records.control.pause(str(owner), now(), until)
        records.audit.note(owners.author(owner), f"pause until {until or 'told'}", "done", now())
        end = _day(until) if until else "somebody resumes it"
        owners.tell_others(records, owner, f"investing is paused until {end}.")


def _store_resume(services: Services, owner: int) -> bool:
    records = services.records
    with records.database.together():
        was_paused = records.control.resume(str(owner), now())
        records.audit.note(owners.author(owner), "resume", "done" if was_paused else "was not paused", now())
        if was_paused:
            owners.tell_others(records, owner, "investing goes on after a pause.")
    return was_paused


COMMANDS = (
    Command(
        "pause",
        "stop investing for a while",
        _pause,
        usage="[DATE or DAYS]",
        example="/pause 2026-12-01",
        explanation=(
            "Nothing is bought from now on, neither by the schedule nor by /invest; reports and alerts go on. With a "
            "date, or a number of days as in /pause 5, investing resumes by itself on that day (New York's), without "
            "one when you say /resume. A new pause takes the place of an earlier one."
        ),
        group=Group.INVESTING,
    ),
    Command(
        "resume",
        "go on investing",
        _resume,
        example="/resume",
        explanation="Ends a pause. The next run is the next one due; nothing that was missed is made up for.",
        group=Group.INVESTING,
    ),
)
