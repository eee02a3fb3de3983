"""/orders: what was ordered, and what became of it."""

import asyncio
from collections.abc import Sequence

from telegram import InlineKeyboardMarkup

from bot.chat import paging
from bot.chat.grammar import Chat, Command, Group, Handle
from bot.chat.paging import Page
from bot.commands.holdings import titled
from bot.services import Services
from bot.views import alerts as views
from core.messages import account_messages

TAP = "orders"
USUAL, MOST = 14, 60
"""Orders on a page: two runs of the usual seven sectors; and the most that make sense at once."""


async def _orders(chat: Chat, services: Services, words: Sequence[str]) -> None:
    page = paging.asked(words, usual=USUAL, most=MOST, what="orders")
    await chat.reply(*await asyncio.to_thread(_shown, services, page))


async def _tapped(chat: Chat, services: Services, words: Sequence[str]) -> None:
    page = paging.tapped(words[0], most=MOST)
    if page is None:
        await chat.notice(paging.USELESS)
    else:
        await chat.show(*await asyncio.to_thread(_shown, services, page))


def _shown(services: Services, page: Page) -> tuple[str, InlineKeyboardMarkup | None]:
    found = services.records.ledger.recent_orders(page.count + 1, page.before)
    listed = found[: page.count]
    oldest = listed[-1].id if len(found) > page.count else None
    title = f"<b>{titled(services, 'Orders')}</b>, newest first"
    buttons = paging.keyboard(paging.buttons(TAP, page, oldest))
    if not listed:
        return f"{title}\n{'There are no older ones.' if page.before else 'Nothing was ordered yet.'}", buttons
    table = views.table(account_messages.orders([(one.key.day, one.order) for one in listed]))
    reasons = map(views.escaped, account_messages.order_reasons([one.order for one in listed]))
    return "\n".join([title, table, *reasons]), buttons


COMMANDS = (
    Command(
        "orders",
        "the last orders, with fills and prices",
        _orders,
        usage="[NUMBER]",
        example="/orders 7",
        explanation=(
            "Lists the newest orders with what was asked for, what was bought, the average price, and where each "
            "stands. A number says how many; Older leads further back. /run tells the whole story of one run."
        ),
        group=Group.ACCOUNT,
    ),
)
TAPS: dict[str, Handle] = {TAP: _tapped}
