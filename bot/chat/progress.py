"""How a run fares, shown in the chat while it is under way."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from telegram.error import TelegramError

from bot.chat.grammar import Chat
from bot.services import Services
from bot.views import alerts as views
from core.alerts import Table
from core.money import as_text
from core.orders import OrderState, Side
from core.runs import Run, RunKey

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Between two edits of the progress: Telegram takes about one message a second."""

_STATES = {
    OrderState.PLANNED: "planned",
    OrderState.ACCEPTED: "accepted",
    OrderState.PARTIALLY_FILLED: "in part",
    OrderState.FILLED: "filled",
    OrderState.REJECTED: "rejected",
    OrderState.CANCELED: "canceled",
    OrderState.EXPIRED: "expired",
    OrderState.UNKNOWN: "no answer",
    OrderState.NOT_SENT: "not sent",
}


@asynccontextmanager
async def shown_progress(chat: Chat, services: Services, keys: Sequence[RunKey], working: str) -> AsyncIterator[None]:
    """Show how each order of these runs fares, below `working`, by editing the message, while the block runs."""
    done = asyncio.Event()
    watching = asyncio.create_task(_watch(chat, services, keys, working, done))
    try:
        yield
    finally:
        done.set()
        # An edit that is under way must not come after what is shown next.
        await watching


def states(*runs: Run) -> str:
    """Return where every order of these runs stands, as a table."""
    rows = tuple(
        (one.intent.sector, as_text(one.intent.notional), _STATES[one.state]) for run in runs for one in run.orders
    )
    sells = any(one.intent.side is Side.SELL for run in runs for one in run.orders)
    return views.table(Table(("Sector", "Amount" if sells else "Buy", "Order"), rows))


async def _watch(chat: Chat, services: Services, keys: Sequence[RunKey], working: str, done: asyncio.Event) -> None:
    last = ""
    while not done.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), LOOK_SECONDS)
        found = [await asyncio.to_thread(services.records.ledger.run, key) for key in keys]
        runs = [run for run in found if run is not None]
        shown = states(*runs) if runs else ""
        if done.is_set() or shown in {"", last}:
            continue
        last = shown
        try:
            await chat.show(f"{working}\n{shown}")
        except TelegramError as error:
            log.info("the progress of a run could not be shown: %s", type(error).__name__)
