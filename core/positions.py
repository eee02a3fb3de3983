"""What the account holds, as the broker tells it."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """One holding. Money is dollars, as exact as the broker gave it; None where the broker gave nothing usable.

    `symbol` is normalised where Allocator can write it, and the broker's own otherwise. `cost_basis` is what the
    shares or coins cost on average, times how many there are. `change_today` is the fund's price against its previous
    close, as a fraction: 0.0084 is 0.84%.
    """

    symbol: str
    quantity: Decimal
    cost_basis: Decimal | None
    price: Decimal | None
    market_value: Decimal | None
    change_today: Decimal | None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a coin costs now, and what it cost at the end of its last daily bar; dollars."""

    price: Decimal
    previous_close: Decimal

    @property
    def change(self) -> Decimal | None:
        """The change against the last daily bar, as a fraction; None when that bar has no price."""
        return self.price / self.previous_close - 1 if self.previous_close > 0 else None
