"""What the chat and the jobs work with; bot.app makes the one instance of it."""

import asyncio
from dataclasses import dataclass

from bot.delivery import Pump
from bot.market import Market
from bot.offers import Offers, Rules
from bot.records import Records
from bot.rounds import Rounds
from bot.settings import Settings
from bot.trouble import Trouble
from core.ports import Ports


@dataclass(frozen=True, slots=True)
class Services:
    """Everything, wired.

    `lane` lets one thing at a time move money: a tick, or a tap. `readers` lets a few answers at a time ask the broker.
    """

    settings: Settings
    records: Records
    market: Market
    ports: Ports
    rules: Rules
    rounds: Rounds
    offers: Offers
    trouble: Trouble
    pump: Pump
    lane: asyncio.Lock
    readers: asyncio.Semaphore
