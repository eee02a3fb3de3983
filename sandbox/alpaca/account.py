"""The account as it stands at an instant."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sandbox.alpaca.means import Means, Multiplier
from sandbox.alpaca.restrictions import Restrictions


@dataclass(frozen=True, slots=True)
class Account:
    """Hold identity, restrictions and balances; dollars, to the cent.

    means is what new orders may cost, pending_in the deposits on their way, last_equity the equity at the close of
    balance_day, the previous session.
    """

    id: UUID
    created_at: datetime
    restrictions: Restrictions
    multiplier: Multiplier
    cash: Decimal
    pending_in: Decimal
    means: Means
    long_market_value: Decimal
    last_equity: Decimal
    balance_day: date

    @property
    def number(self) -> str:
        """Return the account number; a paper account's starts with PA."""
        return f"PA{self.id.int % 10**10:010d}"

    @property
    def equity(self) -> Decimal:
        """Return cash and holdings together."""
        return self.cash + self.long_market_value
