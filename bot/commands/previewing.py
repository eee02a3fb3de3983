"""/preview: what the next investment would buy, and what it would do to the variance."""

import asyncio
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from html import escape

from bot.chat.grammar import Chat, Command, Group
from bot.services import Services
from bot.views import alerts as views
from core.alerts import Table
from core.investing import Plan
from core.messages import run_messages, skip_messages
from core.messages.signs import with_sign
from core.money import as_text
from core.reporting.measures import NotMeasurable
from core.reporting.variance import Variance
from core.routines.reports import Preview
from core.strategies import Strategy
from core.symbols import one_word


async def _preview(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    async with services.readers:
        coming = await asyncio.to_thread(services.reports.preview)
    await chat.reply(shown(coming))


def shown(coming: Preview) -> str:
    """Return a preview as a message."""
    parts = [f"<b>The next investment, as things are now</b> ({coming.strategy})"]
    if isinstance(coming.answer, Plan):
        parts.append(views.table(run_messages.plan_table(coming.answer)))
        parts += [f"{escape(text)}: its order would fail." for text in coming.answer.troubles.values()]
        parts += [views.escaped(remark) for remark in run_messages.remarks(coming.answer)]
    else:
        parts.append(escape(skip_messages.refusal(coming.answer), quote=False))
    if isinstance(coming.before, NotMeasurable):
        parts.append(f"The variance before is {escape(str(coming.before), quote=False)}.")
    else:
        parts.append("Variance in percentage points, over (+) or under (-) the target:")
        parts.append(views.table(_both(coming.before, coming.after)))
    parts.append(_other(coming))
    return "\n".join(parts)


def _other(coming: Preview) -> str:
    """Return what the other strategy would do, in a line."""
    (name,) = set(Strategy) - {coming.strategy}
    if not isinstance(coming.other, Plan):
        return f"By {name}: {views.escaped(skip_messages.refusal(coming.other))}"
    orders = ", ".join(f"{as_text(one.notional)} of {one_word(one.symbol)}" for one in coming.other.intents)
    return f"By {name} it would be {orders}. /strategy changes that."


def _both(before: Variance, after: Variance | NotMeasurable | None) -> Table:
    later = {one.sector: one.variance for one in after.sectors} if isinstance(after, Variance) else {}
    rows = tuple(
        (one.sector.name, _points(one.variance), _points(later.get(one.sector, one.variance))) for one in before.sectors
    )
    drift = after.drift if isinstance(after, Variance) else before.drift
    return Table(("Sector", "Before", "After"), rows, (("Drift", f"{before.drift:.2f}", f"{drift:.2f}"),))


def _points(variance: Decimal | None) -> str:
    return "?" if variance is None else with_sign(variance.quantize(Decimal("0.01"), ROUND_HALF_UP))


COMMANDS = (
    Command(
        "preview",
        "what would be bought now, to the cent",
        _preview,
        example="/preview",
        explanation=(
            "Shows what the next investment would buy with the cash that is there now, and each sector's variance "
            "before and after it. Nothing is ordered."
        ),
        group=Group.INVESTING,
    ),
)
