"""/performance and /variance: what the reports say, at any time."""

import asyncio
from collections.abc import Callable, Sequence

from bot.chat import showing
from bot.chat.grammar import Chat, Command, Group
from bot.services import Services
from core.alerts import Alert


async def _performance(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    await show(chat, services, services.reports.performance)


async def _variance(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    await show(chat, services, services.reports.variance)


async def show(chat: Chat, services: Services, make: Callable[[], Alert]) -> None:
    """Make a report, and answer with it."""
    async with services.readers:
        alert = await asyncio.to_thread(make)
    await showing.alert(chat, services, alert)


COMMANDS = (
    Command(
        "performance",
        "how the account and each sector have done",
        _performance,
        example="/performance",
        explanation=(
            "Shows each sector's day, its price return on the cost basis and its total return; and the account's gain "
            "in dollars, its time-weighted and its money-weighted return. Every figure has the name of its measure. "
            "Pictures follow: the account's value over time, and the sectors' returns."
        ),
        group=Group.REPORTS,
    ),
    Command(
        "variance",
        "how far each sector is from its target",
        _variance,
        example="/variance",
        explanation=(
            "Compares each sector's actual weight, cash left out, with its target, in percentage points and dollars; "
            "and shows the drift (half the sum of all variances) and what the next investment would do to it."
        ),
        group=Group.REPORTS,
    ),
)
