"""What the chat and the jobs work with; bot.app makes the one instance of it."""

import asyncio
from dataclasses import dataclass

from bot.charts import Charts
from bot.delivery import Pump
from bot.lane import Lane
from bot.operations.backups import Rotation
from bot.records import Records
from bot.routines.limits import ActiveLimits
from bot.routines.market import Market
from bot.routines.offers import Offers, Rules
from bot.routines.rebalancing import Rebalancing
from bot.routines.reports import Reports
from bot.routines.rounds import Rounds
from bot.routines.trouble import Trouble
from bot.settings.model import Settings
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
    lane: Lane
    readers: asyncio.Semaphore
