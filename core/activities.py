"""What moved the account's money and holdings, in the broker's own list of it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class ActivityKind(StrEnum):
    """What an activity means for returns. Only `FLOW` is money that the owner put in or took out."""

    TRADE = "trade"
    FLOW = "flow"
    INCOME = "income"
    FEE = "fee"
    CORPORATE = "corporate"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity. `id` is the broker's, and the only one of its kind; `type` is the broker's word for it.

    `day` is New York's date. `amount` is what it did to the cash, in dollars: money that comes is positive, a purchase
    negative. `quantity` is what it did to the holding of `symbol`: shares or coins that come are positive. A trade has
    its `price` for one, and the broker's id of its order.
    """

    id: str
    type: str
    kind: ActivityKind
    day: date
    amount: Decimal
    symbol: str | None = None
    quantity: Decimal = Decimal(0)
    price: Decimal | None = None
    order_id: str | None = None
