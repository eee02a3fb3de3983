"""What the chat and the jobs work with; bot.app makes the one instance of it."""

import asyncio
from dataclasses import dataclass

from bot.backups import Rotation
from bot.charts import Charts
from bot.delivery import Pump
from bot.limits import ActiveLimits
from bot.market import Market
from bot.offers import Offers, Rules
from bot.rebalancing import Rebalancing
from bot.records import Records
from bot.reports import Reports
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
    limits: ActiveLimits
    rounds: Rounds
    offers: Offers
    rebalancing: Rebalancing
    reports: Reports
    trouble: Trouble
    pump: Pump
    charts: Charts
    rotation: Rotation
    lane: asyncio.Lock
    readers: asyncio.Semaphore
