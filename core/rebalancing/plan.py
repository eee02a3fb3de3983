"""What a rebalancing is planned from, and the plan: sales, purchases, and what every rule held back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.account import Asset, Minimums
from core.activities import Activity
from core.allocation import Allocation, Sector
from core.investing import minimum_of
from core.money import Cents, as_text
from core.positions import Position
from core.rebalancing.lots import Realised
from core.rebalancing.wash_sales import WashSale
from core.reserves import Reserve
from core.symbols import AssetClass, asset_class


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the account holds and how it came by it.

    `activities` have our own latest fills in them (`lots.with_fills`). `open_buys` is what open orders may still buy,
    in cents, and `open_sells` the shares or coins that open orders may still sell, both by symbol.
    """

    positions: tuple[Position, ...]
    activities: tuple[Activity, ...] = ()
    open_buys: Mapping[str, Cents] = field(default_factory=dict)
    open_sells: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the broker takes orders on. `crypto_trouble` is its reason against all coins, or None."""

    minimums: Minimums
    assets: Mapping[str, Asset]
    crypto_trouble: str | None = None

    def minimum(self, sector: Sector) -> Cents:
        """Return a sector's smallest order in cents, either way."""
        return minimum_of(sector, self.minimums, self.assets)

    def trouble_selling(self, symbol: str) -> str | None:
        """Return why a sale would fail, None when it would not. What cannot be cut in parts is sold in whole shares."""
        asset = self.assets.get(symbol)
        if asset is None:
            return f"Alpaca does not know {symbol}"
        if asset_class(symbol) is AssetClass.CRYPTO and self.crypto_trouble:
            return self.crypto_trouble
        return None if asset.tradable else asset.trouble

    def trouble_buying(self, symbol: str) -> str | None:
        """Return why an order of so many dollars would fail, None when it would not."""
        trouble = self.trouble_selling(symbol)
        return trouble or self.assets[symbol].trouble


@dataclass(frozen=True, slots=True)
class Sale:
    """What is sold of a sector: shares or coins, what that is worth now in cents, and what it would realise."""

    sector: str
    symbol: str
    quantity: Decimal
    cents: Cents
    realised: Realised


@dataclass(frozen=True, slots=True)
class Purchase:
    """What the proceeds are meant to buy of a sector, in cents, if every sale brings what it is worth now."""

    sector: str
    symbol: str
    cents: Cents


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What a rule kept from being traded, and why: a clause such as `skipped: $0.40 is below the $1 minimum`."""

    sector: str
    symbol: str
    reason: str


@dataclass(frozen=True, slots=True)
class RebalancePlan:
    """Sales, and what they are expected to buy, both in the allocation's order.

    `cash` is what goes in beside the proceeds, in cents. `untouched` are the positions of no sector: they are never
    traded. `drift_after` is the drift in percentage points when everything is filled at today's prices. `notes` are
    whole sentences on what is not certain.
    """

    sales: tuple[Sale, ...]
    purchases: tuple[Purchase, ...]
    cash: Cents
    drift_before: Decimal
    drift_after: Decimal
    held_back: tuple[HeldBack, ...] = ()
    wash_sales: tuple[WashSale, ...] = ()
    untouched: tuple[Position, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def proceeds(self) -> Cents:
        """What the sales are worth now, in cents."""
        return sum(sale.cents for sale in self.sales)

    @property
    def left(self) -> Cents:
        """What stays cash, in cents, because nothing of its size can be bought for it."""
        return self.proceeds + self.cash - sum(purchase.cents for purchase in self.purchases)

    @property
    def realised(self) -> Realised:
        """What all sales together would gain or lose."""
        return sum((sale.realised for sale in self.sales), Realised())


@dataclass(frozen=True, slots=True)
class Undertaking:
    """All that a rebalancing needs to be carried on from the ledger alone: its plan, and what it was planned with.

    `cash` is what the account held free beforehand, in cents, below zero for a debt. `version` is the allocation's.
    """

    plan: RebalancePlan
    allocation: Allocation
    version: int
    minimums: Minimums
    reserve: Reserve
    max_per_order: Cents | None
    cash: Cents


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """Nothing is traded. `reason` is a whole sentence."""

    reason: str
    held_back: tuple[HeldBack, ...] = ()
    untouched: tuple[Position, ...] = ()


def below_minimum(cents: Cents, minimum: Cents) -> str:
    """Return why an order is left out."""
    return f"skipped: {as_text(cents)} is below the {as_text(minimum)} minimum"
