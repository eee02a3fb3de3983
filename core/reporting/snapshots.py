"""A trading day's end, kept so that history needs no broker."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """What was held of one symbol at a day's end; dollars, None where they are not known."""

    symbol: str
    quantity: Decimal
    cost_basis: Decimal | None
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The account at the end of a trading day, in dollars. `reconstructed`: made up later from bars and activities."""

    day: date
    cash: Decimal
    holdings: tuple[Holding, ...]
    reconstructed: bool = False

    @property
    def equity(self) -> Decimal | None:
        """Cash and holdings together; None when a holding's value is not known."""
        values = [holding.value for holding in self.holdings]
        known = [value for value in values if value is not None]
        return self.cash + sum(known, Decimal(0)) if len(known) == len(values) else None
