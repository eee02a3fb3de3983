"""/positions, /cash and /deposits: what the account holds, what can be invested, what came in and went out."""

import asyncio
from collections.abc import Sequence

from bot.chat.grammar import Chat, Command, Group
from bot.services import Services
from bot.views import alerts as views
from bot.views import broker_facts
from core import investing
from core.messages import account_messages
from core.ports import BrokerAway
from core.routines.invest import available
from core.routines.positions import keep_activities

MOST_FLOWS = 40
"""More lines than these make a message that nobody reads; the rest is one line, and /export has them all."""

NOT_YET = "There is no allocation yet: it waits for Alpaca to confirm its funds. Please try again in a moment."


async def _positions(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    async with services.readers:
        told = await asyncio.to_thread(_held, services)
    await chat.reply(told)


async def _cash(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    async with services.readers:
        told = await asyncio.to_thread(_money, services)
    await chat.reply(told)


async def _deposits(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    async with services.readers:
        told = await asyncio.to_thread(_flows, services)
    await chat.reply(told)


def titled(services: Services, title: str) -> str:
    """Return a title that says LIVE where the account's money is real."""
    return f"LIVE: {title}" if services.rules.live else title


def _held(services: Services) -> str:
    if services.records.allocations.active() is None:
        return NOT_YET
    stands = services.reports.standing()
    told = [f"<b>{titled(services, 'Positions')}</b>", views.table(account_messages.positions(stands))]
    return "\n".join([*told, *map(views.escaped, account_messages.position_notes(stands))])


def _money(services: Services) -> str:
    clock, policy = services.market.clock(), services.rules.policy
    account, active = services.ports.broker.account(), services.records.allocations.active()
    used = services.records.ledger.spent_on(services.records.account, clock.today)
    free = available(account, policy, used)
    needed = None
    if active is not None:
        symbols = [sector.symbol for sector in active[1].sectors]
        needed = investing.need(active[1], policy.minimums, services.ports.broker.assets(symbols))
    facts = account_messages.cash(account, free, needed, policy.max_per_day, used)
    if account.trouble:
        facts.append(("Account", account.trouble))
    if services.records.control.paused(clock.today) is not None:
        facts.append(("Investing", "paused, so nothing is bought until it resumes"))
    return views.lines(titled(services, "Cash"), facts)


def _flows(services: Services) -> str:
    note = []
    try:
        keep_activities(services.ports)
    except BrokerAway as error:
        note = [f"Alpaca cannot be reached ({error}), so what came lately may be missing."]
    known = services.records.ledger.flows()
    if not any(one.amount for one in known):
        told = ["No deposit and no withdrawal is known yet."]
    else:
        told = [views.table(account_messages.flows(known, broker_facts.today(services), MOST_FLOWS))]
    return "\n".join([f"<b>{titled(services, 'Deposits and withdrawals')}</b>", *told, *map(views.escaped, note)])


COMMANDS = (
    Command(
        "positions",
        "what is held, and what it has made",
        _positions,
        example="/positions",
        explanation=(
            "Shows each sector's value, its actual weight without cash, and its price return: market value against "
            "cost basis. What belongs to no sector comes last, and is left alone."
        ),
        group=Group.ACCOUNT,
    ),
    Command(
        "cash",
        "what can be invested, and what is kept back",
        _cash,
        example="/cash",
        explanation=(
            "Shows the account's cash, what open orders, the reserve and the limit a day keep back, what has not "
            "settled, what is on its way in, and how much the next run needs."
        ),
        group=Group.ACCOUNT,
    ),
    Command(
        "deposits",
        "what was put in and taken out",
        _deposits,
        example="/deposits",
        explanation="Lists every deposit and withdrawal that Alpaca knows of, newest first, with their sums.",
        group=Group.ACCOUNT,
    ),
)
