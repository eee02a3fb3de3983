"""What Alpaca gives in pages, and how much a page holds. Light: the main process imports it too."""

from dataclasses import dataclass
from datetime import datetime

from core.activities import Activity
from core.orders import BrokerOrder

BARS_A_PAGE = 10_000
"""Alpaca: the most that `limit` may ask for, of all symbols together."""

ACTIVITIES_A_PAGE = 100
"""Alpaca: the most that `page_size` may ask for."""


ORDERS_A_PAGE = 500
"""Alpaca: the most that `limit` may ask for."""


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of orders. `last` is when its last order was submitted, whosever it is; None: no page comes after."""

    orders: tuple[BrokerOrder, ...]
    last: datetime | None


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """One page of activities. `token` asks for the page after it; None: there is none."""

    activities: tuple[Activity, ...]
    token: str | None
