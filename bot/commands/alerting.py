"""/alerts: which alerts come by which channel and when, and whether a channel works."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels import Attempt, Failed, Held, Omitted, Refused, Rejected, Sent, alert_choices
from bot.channels.alert_choices import Chosen
from bot.channels.channel_states import SMS
from bot.chat import owners, quiet_words
from bot.chat.grammar import Chat, Command, Group, Handle, WrongWords
from bot.chat.paging import USELESS
from bot.records import now
from bot.services import Services
from bot.views import alerts as views
from core.alerts import Alert, AlertKind
from core.messages import plurals, preference_messages
from core.preferences import AlertPreferences, Mode
from storage.outbox import Recipient

TAP = "alerts"
SET, ABOUT, TEST = "set", "about", "test"

STALE = "The choices were changed meanwhile; this shows them as they are now."

_DATA = re.compile(
    r"set:(?P<number>\d{1,9}):(?P<kind>[a-z_]{1,20}):(?P<channel>[a-z]{1,12}):(?P<mode>[a-z]{1,6})"
    r"|about:(?P<about>[a-z_]{1,20})|test:(?P<test>[a-z]{1,12})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class _Change:
    """A choice that a button holds, and the number of the version that it was shown with."""

    number: int
    kind: AlertKind
    channel: str
    mode: Mode


async def _alerts(chat: Chat, services: Services, words: Sequence[str]) -> None:
    if not words:
        await chat.reply(*await asyncio.to_thread(_shown, services))
    elif words[0].lower() == "quiet" and len(words) > 1:
        refused = await asyncio.to_thread(_set_quiet, services, chat.owner, words[1:])
        if refused:
            raise WrongWords(refused)
        services.pump.nudge()
        await chat.reply(*await asyncio.to_thread(_shown, services))
    else:
        raise WrongWords(
            f"/alerts does not know {' '.join(words)[:40]!r}. Without words it shows the choices; "
            "/alerts quiet sets the quiet hours, and /alerts quiet off ends them."
        )


async def _tapped(chat: Chat, services: Services, words: Sequence[str]) -> None:
    match = _DATA.fullmatch(words[0])
    change = _change(match, services) if match is not None else None
    if match is not None and match["about"] in set(AlertKind):
        await chat.notice(preference_messages.about(AlertKind(match["about"])))
    elif match is not None and match["test"] in services.pump.titles:
        await _test(chat, services, match["test"])
    elif change is not None:
        notice = await asyncio.to_thread(_apply, services, chat.owner, change)
        await chat.notice(notice)
        services.pump.nudge()
        await chat.show(*await asyncio.to_thread(_shown, services))
    else:
        await chat.notice(USELESS)


def _change(match: re.Match[str], services: Services) -> _Change | None:
    """Return what a button holds, None when it makes no sense (any more)."""
    known = match["kind"] in set(AlertKind) and match["channel"] in services.pump.titles
    if not known or match["mode"] not in set(Mode):
        return None
    return _Change(int(match["number"]), AlertKind(match["kind"]), match["channel"], Mode(match["mode"]))


def _apply(services: Services, owner: int, change: _Change) -> str:
    """Commit a choice if it can be kept and nothing has changed since it was shown; return what to say."""
    records, titles = services.records, services.pump.titles
    before = alert_choices.active(records)
    clause = preference_messages.changed(change.kind, titles[change.channel], change.mode)
    if before.number != change.number:
        return STALE
    value = before.value.choosing(change.kind, change.channel, change.mode)
    if problems := value.problems(titles):
        _note(services, owner, clause, f"refused: {problems[0]}")
        return problems[0]
    if not _commit(services, owner, before, value, clause):
        return STALE
    return f"{clause}."


def _set_quiet(services: Services, owner: int, words: Sequence[str]) -> str | None:
    """Commit quiet hours; return why they cannot be kept, None when they are."""
    while True:
        before = alert_choices.active(services.records)
        hours = quiet_words.read(words, before.value.quiet)
        if isinstance(hours, str):
            return hours
        value = replace(before.value, quiet=hours)
        if problems := hours.problems() if hours is not None else ():
            return " ".join(problems)
        # Once more when somebody has chosen something else in between: both choices count.
        if _commit(services, owner, before, value, preference_messages.quiet(hours).partition(". ")[0].rstrip(".")):
            return None


def _commit(services: Services, owner: int, before: Chosen, value: AlertPreferences, clause: str) -> bool:
    with services.records.database.together():
        if alert_choices.replace(services.records, before, value, owners.author(owner), "chosen in the chat") is None:
            return False
        _note(services, owner, clause, "done")
        # Not by SMS: a few taps would be as many messages that somebody pays for.
        owners.tell_others(services.records, owner, f"{clause}.", except_by=SMS)
    return True


def _note(services: Services, owner: int, clause: str, outcome: str) -> None:
    services.records.audit.note(owners.author(owner), f"alerts: {clause}", outcome, now())


async def _test(chat: Chat, services: Services, channel: str) -> None:
    recipients = services.records.outbox.recipients
    mine = Recipient(channel, str(chat.owner))
    # The owner's own chat; a phone has no owner's number.
    to = mine if mine in recipients else next((one for one in recipients if one.channel == channel), None)
    if to is None:
        await chat.notice(USELESS)
        return
    await chat.notice("Sending a test message...")
    alert = Alert(AlertKind.TROUBLE, "This is a test message from Allocator, as you asked.", title="A test message")
    title = services.pump.titles[channel]
    attempt = await services.pump.try_once(alert, to)
    told = in_words(attempt, f"{title} to {owners.recipient(to, chat.owner)}")
    await asyncio.to_thread(_note, services, chat.owner, f"test message by {title}", told)
    await chat.reply(escape(told, quote=False))


def in_words(attempt: Attempt, name: str) -> str:
    """Return what came of a test message, as sentences."""
    match attempt:
        case Sent(segments=segments):
            billed = f" It is billed as {plurals.count(segments, 'segment')}." if segments else ""
            return f"{name}: the test message was taken.{billed}"
        case Failed(reason):
            return f"{name}: the test message did not go out: {reason}. That may pass by itself; try again later."
        case Rejected(reason) | Omitted(reason):
            return f"{name}: the test message was refused: {reason}."
        case Refused(reason, remedy) | Held(reason, remedy):
            return f"{name}: the test message was refused: {reason}. {remedy}"


def _shown(services: Services) -> tuple[str, InlineKeyboardMarkup]:
    chosen, titles = alert_choices.active(services.records), services.pump.titles
    told = [
        "<b>Alerts</b>",
        views.table(preference_messages.table(chosen.value, titles)),
        *map(views.escaped, (preference_messages.quiet(chosen.value.quiet), preference_messages.LEGEND)),
    ]
    return "\n".join(told), _grid(chosen, titles)


def _grid(chosen: Chosen, titles: dict[str, str]) -> InlineKeyboardMarkup:
    """Return a row of buttons for each kind of alert: its name, and what a tap changes on each channel."""
    rows = [
        [
            InlineKeyboardButton(preference_messages.name(kind), callback_data=f"{TAP}:{ABOUT}:{kind}"),
            *(_button(chosen, kind, channel, title) for channel, title in titles.items()),
        ]
        for kind in AlertKind
    ]
    tests = [
        InlineKeyboardButton(f"Test {title}", callback_data=f"{TAP}:{TEST}:{channel}")
        for channel, title in titles.items()
    ]
    return InlineKeyboardMarkup([*rows, tests])


def _button(chosen: Chosen, kind: AlertKind, channel: str, title: str) -> InlineKeyboardButton:
    mode = chosen.value.chosen(kind, channel)
    after = preference_messages.following(mode, channel)
    data = f"{TAP}:{SET}:{chosen.number}:{kind}:{channel}:{after}"
    return InlineKeyboardButton(f"{title}: {mode}", callback_data=data)


COMMANDS = (
    Command(
        "alerts",
        "which alerts come where, quiet hours, tests",
        _alerts,
        usage="[quiet BEGIN END ZONE]",
        example="/alerts quiet 22:00 07:00 Europe/Berlin",
        explanation=(
            "Shows for each kind of alert and each channel whether it is on, silent or off; a tap changes it. Alerts "
            "about executed orders, failures, trouble and questions must stay on somewhere. In quiet hours reports "
            "make no sound, and alerts about money come all the same; /alerts quiet off ends them. Test sends a "
            "message through a channel and says what came of it."
        ),
        group=Group.SETTINGS,
    ),
)
TAPS: dict[str, Handle] = {TAP: _tapped}
