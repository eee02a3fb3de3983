"""The brokerage account as it was read, and how much of it may be invested."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.money import Cents, floor_to_cents
from core.symbols import AssetClass


@dataclass(frozen=True, slots=True)
class Account:
    """A snapshot of the account. Amounts are dollars, as exact as the broker gave them.

    `open_buys` is what buy orders that are still open may yet cost: the broker's `cash` ignores them.
    `trouble` is the broker's own reason why nothing can be traded, None when all is well; `crypto_trouble` likewise.
    `pending_in` is what deposits on their way will bring; it is no cash yet. `equity` is cash and all positions
    together, None where the broker did not say.
    """

    account_id: str
    cash: Decimal
    open_buys: Decimal
    buying_power: Decimal
    non_marginable_buying_power: Decimal
    trouble: str | None = None
    crypto_trouble: str | None = None
    pending_in: Decimal = Decimal(0)
    equity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """A fund or coin as the broker lists it. `minimum` is its smallest order in cents, where the broker names one."""

    symbol: str
    tradable: bool
    fractionable: bool
    minimum: Cents | None = None

    @property
    def trouble(self) -> str | None:
        """Why a fractional order for it would fail, None when it would not."""
        if not self.tradable:
            return f"{self.symbol} cannot be traded at the moment"
        if not self.fractionable:
            return f"{self.symbol} cannot be bought in fractions"
        return None


@dataclass(frozen=True, slots=True)
class Minimums:
    """The smallest order of each asset class, in cents."""

    us_equity: Cents
    crypto: Cents

    def of(self, asset_class: AssetClass) -> Cents:
        """Return the smallest order of a class."""
        match asset_class:
            case AssetClass.US_EQUITY:
                return self.us_equity
            case AssetClass.CRYPTO:
                return self.crypto


class Limit(StrEnum):
    """What decides how much can be invested."""

    CASH = "cash"
    SETTLED_CASH = "settled cash"
    BUYING_POWER = "buying power"
    MAX_PER_DAY = "max_per_day"


@dataclass(frozen=True, slots=True)
class Investable:
    """The cash that may be invested now, what limits it, and what the account holds before reserve and limit.

    `owed` is what it owes the broker: its cash below zero.
    """

    cents: Cents
    limited_by: Limit
    free_cash: Cents
    reserve: Cents
    owed: Cents = 0


def investable(account: Account, *, reserve: Cents, left_today: Cents | None) -> Investable:
    """Return the free cash: what is settled, unspoken for, not borrowed, and not kept back.

    floor(min(cash - open buys, non-marginable buying power, buying power)) - reserve, at least 0; then no more than
    `left_today`, what the daily limit leaves (None: no limit). Alpaca's `buying_power` alone would be margin.
    """
    bounds = {
        Limit.CASH: account.cash - account.open_buys,
        Limit.SETTLED_CASH: account.non_marginable_buying_power,
        Limit.BUYING_POWER: account.buying_power,
    }
    limited_by = min(bounds, key=lambda limit: bounds[limit])
    free = max(0, floor_to_cents(bounds[Limit.CASH]))
    cents = max(0, floor_to_cents(bounds[limited_by]) - reserve)
    if left_today is not None and left_today < cents:
        cents, limited_by = max(0, left_today), Limit.MAX_PER_DAY
    return Investable(cents, limited_by, free, reserve, max(0, floor_to_cents(-account.cash)))
