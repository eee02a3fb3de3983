"""The allocation as it is, as it was, and as the presets have it."""

import asyncio
import logging
from dataclasses import dataclass
from html import escape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.allocations import presets
from bot.allocations.presets import Preset
from bot.chat import showing
from bot.chat.grammar import Chat
from bot.commands.allocation import deciding
from bot.commands.allocation.book import Book
from bot.commands.allocation.deciding import Wish, author
from bot.services import Services
from bot.views import alerts as views
from core.calendar import NEW_YORK
from core.drafting import change as allocation_change
from core.drafting.drafts import Draft
from core.messages import allocation_messages
from core.ports import BrokerAway
from storage.allocations import Version

log = logging.getLogger(__name__)

TAP = "allocation"
"""What the data of these buttons begins with: `allocation:VERB[:MORE]`."""

NONE_YET = "No allocation is stored yet: it is once Alpaca has confirmed its funds."


@dataclass(frozen=True, slots=True)
class Past:
    """One version, and the number of the active one."""

    version: Version
    active: int


async def show_active(chat: Chat, services: Services) -> None:
    """Show the active allocation, with what can be done about it."""
    newest = await asyncio.to_thread(services.records.allocations.history, 1)
    if not newest:
        await chat.reply(NONE_YET)
        return
    active = newest[0]
    html = f"{views.allocation(active.number, active.allocation)}\n{_set_by(active, chat.owner)}"
    undo = [_button("Undo", "undo", active.number)] if active.number > 1 else []
    await chat.reply(
        html,
        InlineKeyboardMarkup(
            [
                [_button("Edit", "edit"), _button("Presets", "presets")],
                [_button("History", "past", active.number), *undo],
            ]
        ),
    )
    await _show_weights(chat, services)


async def _show_weights(chat: Chat, services: Services) -> None:
    """Show target against actual as a picture, where there is anything to compare and Alpaca answers."""
    try:
        async with services.readers:
            weights = await asyncio.to_thread(services.reports.weights)
    except BrokerAway as away:
        log.info("the allocation is shown without its picture: %s", away)
        return
    await showing.pictures(chat, services, [weights] if weights is not None else [])


async def show_past(chat: Chat, services: Services, number: int | None = None) -> None:
    """Show one version, the active one without a number, with buttons to the ones before and after it."""
    past = await asyncio.to_thread(_past, services, number)
    if past is None:
        await chat.reply(NONE_YET if number is None else f"There is no version {number}. /allocation has History.")
        return
    version, active = past.version, past.active
    older = [_button("Older", "past", version.number - 1)] if version.number > 1 else []
    newer = [_button("Newer", "past", version.number + 1)] if version.number < active else []
    restore = [_button(f"Restore version {version.number}", "restore", version.number)] if newer else []
    state = "" if newer else "\nThis is the active one."
    html = f"{views.allocation(version.number, version.allocation)}\n{_set_by(version, chat.owner)}{state}"
    await chat.show(html, InlineKeyboardMarkup([row for row in ([*older, *newer], restore) if row]) or None)


async def restore(chat: Chat, services: Services, number: int) -> None:
    """Ask whether an older version is to be the active one again. Raises BrokerAway."""
    past = await asyncio.to_thread(_past, services, number)
    if past is None:
        await chat.reply(f"There is no version {number}. /allocation has History.")
        return
    await deciding.review(chat, services, Wish(past.version.allocation, allocation_messages.why_undone(number)))


async def undo(chat: Chat, services: Services, shown: int | None = None) -> None:
    """Ask whether the version before the active one is to be active again. Raises BrokerAway.

    `shown` is the version that the owner saw; when another one is active by now, nothing is asked.
    """
    past = await asyncio.to_thread(_past, services, None)
    if past is None:
        await chat.reply(NONE_YET)
    elif shown is not None and shown != past.active:
        await chat.notice(f"Version {past.active} is active by now. /allocation shows it.")
    elif past.active == 1:
        await chat.reply("There is nothing to undo: the allocation is the first one.")
    else:
        await restore(chat, services, past.active - 1)


async def show_presets(chat: Chat, _services: Services) -> None:
    """List the presets, each with a button."""
    try:
        offered = await asyncio.to_thread(presets.load, presets.shipped())
    except presets.BadPresets as error:
        await chat.show("\n".join(escape(line, quote=False) for line in ("Presets cannot be used.", *error.problems)))
        return
    lines = [f"<b>{escape(one.name)}</b>: {escape(one.description, quote=False)}" for one in offered]
    buttons = [[_button(one.name, "preset", one.key)] for one in offered]
    await chat.show("\n".join(lines), InlineKeyboardMarkup(buttons))


async def show_preset(chat: Chat, services: Services, called: str) -> None:
    """Show one preset, with buttons to use it as it is or as a draft."""
    preset = await asyncio.to_thread(find_preset, called)
    if preset is None:
        await chat.reply("There is no such preset. /allocation presets lists them.")
        return
    active = await asyncio.to_thread(services.records.allocations.active)
    changes = allocation_change.compare(active[1] if active else None, preset.allocation)
    html = (
        f"<b>{escape(preset.name)}</b>: {escape(preset.description, quote=False)}\n"
        f"{views.table(allocation_change.table(changes))}"
    )
    use, edit = _button("Use it", "use", preset.key), _button("Edit it first", "take", preset.key)
    await chat.show(html, InlineKeyboardMarkup([[use, edit], [_button("Back", "presets")]]))


async def use_preset(chat: Chat, services: Services, called: str) -> None:
    """Ask whether a preset is to be the active allocation. Raises BrokerAway."""
    preset = await asyncio.to_thread(find_preset, called)
    if preset is None:
        await chat.reply("There is no such preset any more. /allocation presets lists them.")
    else:
        await deciding.review(chat, services, Wish(preset.allocation, f"preset {preset.name}"))


def draft_of_preset(services: Services, owner: int, called: str) -> bool:
    """Begin the owner's draft with a preset; return whether there is such a preset."""
    preset = find_preset(called)
    if preset is not None:
        Book(services.records, owner).put(Draft.of(preset.allocation))
    return preset is not None


def find_preset(called: str) -> Preset | None:
    """Return the preset of a key or a name; None when there is none, or the file cannot be used."""
    try:
        offered = presets.load(presets.shipped())
    except presets.BadPresets:
        return None
    return next((one for one in offered if one.key == presets.key_of(called)), None)


def _past(services: Services, number: int | None) -> Past | None:
    newest = services.records.allocations.history(1)
    if not newest:
        return None
    version = newest[0] if number is None else services.records.allocations.version(number)
    return Past(version, newest[0].number) if version is not None else None


def _set_by(version: Version, owner: int) -> str:
    at = version.at.astimezone(NEW_YORK)
    by = "you" if version.by == author(owner) else version.by
    why = f" ({version.why})" if version.why else ""
    return escape(f"Set by {by} on {at:%a %-d %b %Y} at {at:%H:%M} New York time{why}.", quote=False)


def _button(label: str, verb: str, *more: int | str) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=":".join((TAP, verb, *map(str, more))))
