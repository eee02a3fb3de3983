"""Wash sales: a loss sold and bought again within 30 days, which the United States do not let anyone deduct at once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.activities import Activity, ActivityKind
from core.rebalancing import lots
from core.rebalancing.lots import Lots
from core.symbols import AssetClass, asset_class

WASH_DAYS = 30
"""26 U.S.C. 1091(a): a period beginning 30 days before the sale and ending 30 days after it."""


@dataclass(frozen=True, slots=True)
class WashSale:
    """A sale at a loss whose fund was bought too near. `loss` is dollars above zero.

    `bought` are the days, within 30 days before the sale, on which what is left of it was bought; `again`: it will be
    bought within 30 days after it, by the plan or by the daily investing.
    """

    symbol: str
    sold: date
    loss: Decimal
    bought: tuple[date, ...]
    again: bool

    def __str__(self) -> str:
        reasons = []
        if self.bought:
            days = ", ".join(day.isoformat() for day in self.bought)
            reasons.append(f"it was bought within {WASH_DAYS} days before ({days})")
        if self.again:
            reasons.append(f"it is to be bought again within {WASH_DAYS} days")
        return (
            f"Wash sale: the loss of ${self.loss:,.2f} on {self.symbol} sold on {self.sold.isoformat()} may not count "
            f"for taxes now, because {' and '.join(reasons)}."
        )


def of_sale(
    held: Lots, quantity: Decimal, loss: Decimal, day: date, *, bought_again: Collection[str]
) -> WashSale | None:
    """Return the wash sale that selling a quantity of what is held on a day would be, None when it would not be one.

    A purchase replaces what is sold only as far as it is still held after the sale. `loss` is dollars, above zero for
    a loss; `bought_again` are the symbols that will be bought within 30 days. Coins
    are no securities, to which alone the rule applies.
    """
    if loss <= 0 or asset_class(held.symbol) is AssetClass.CRYPTO:
        return None
    first = day - timedelta(days=WASH_DAYS)
    bought = tuple(sorted({lot.acquired for lot in held.after_selling(quantity).lots if first <= lot.acquired <= day}))
    again = held.symbol in bought_again
    return WashSale(held.symbol, day, loss, bought, again) if bought or again else None


def of_purchases(symbols: Iterable[str], day: date, activities: Collection[Activity]) -> tuple[WashSale, ...]:
    """Return the sales at a loss, within the 30 days before, of what is to be bought on a day.

    Each loss is measured by the lots as they were when it was sold.
    """
    first = day - timedelta(days=WASH_DAYS)
    found = []
    for symbol in symbols:
        if asset_class(symbol) is AssetClass.CRYPTO:
            continue
        for sold in sorted({one.day for one in activities if _is_sale(one, symbol) and first <= one.day <= day}):
            loss = _lost_on(symbol, sold, activities)
            if loss > 0:
                found.append(WashSale(symbol, sold, loss, (), again=True))
    return tuple(found)


def _is_sale(one: Activity, symbol: str) -> bool:
    return one.symbol == symbol and one.kind is ActivityKind.TRADE and one.quantity < 0


def _lost_on(symbol: str, sold: date, activities: Collection[Activity]) -> Decimal:
    sales = [one for one in activities if one.day == sold and _is_sale(one, symbol)]
    before = [one for one in activities if one.day < sold or (one.day == sold and one not in sales)]
    quantity = -sum((one.quantity for one in sales), Decimal(0))
    proceeds = sum((one.amount for one in sales), Decimal(0))
    return lots.realise(lots.open_lots(symbol, before), quantity, proceeds / quantity, sold).losses
