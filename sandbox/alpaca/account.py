"""The account as it stands at an instant."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Account:
    """Hold identity, blocks and balances; dollars, to the cent.

    buying_power is what new orders may cost, last_equity the equity at the close of balance_day, the previous
    session.
    """

    id: UUID
    created_at: datetime
    trading_blocked: bool
    account_blocked: bool
    cash: Decimal
    buying_power: Decimal
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
