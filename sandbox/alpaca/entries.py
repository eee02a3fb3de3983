"""Money that comes or goes without an order: deposits, dividends, interest, fees, corrections."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from sandbox.alpaca.assets import Asset


class EntryKind(Enum):
    """Name why money moved; the values are Alpaca's activity types."""

    DEPOSIT = "CSD"
    WITHDRAWAL = "CSW"
    DIVIDEND = "DIV"
    DIVIDEND_TAX = "DIVNRA"
    INTEREST = "INT"
    FEE = "FEE"
    CRYPTO_FEE = "CFEE"
    JOURNAL = "JNLC"


# Interest and journals go both ways: margin costs interest, and a journal can take a bonus back.
_GIVES = frozenset({EntryKind.DEPOSIT, EntryKind.DIVIDEND})
_TAKES = frozenset({EntryKind.WITHDRAWAL, EntryKind.DIVIDEND_TAX, EntryKind.FEE, EntryKind.CRYPTO_FEE})


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one movement of cash: positive dollars come, negative ones go.

    asked_at is when it was announced, at when it counts: a deposit in between is pending. A dividend names its
    asset, its shares and the dollars a share. Raises ValueError for an amount that its kind cannot have.
    """

    id: UUID
    kind: EntryKind
    amount: Decimal
    asked_at: datetime
    at: datetime
    description: str = ""
    asset: Asset | None = None
    qty: Decimal | None = None
    per_share: Decimal | None = None

    def __post_init__(self) -> None:
        if not self.amount:
            raise ValueError(f"the amount of {self.kind.value} is $0, must be another")
        if (self.kind in _GIVES and self.amount < 0) or (self.kind in _TAKES and self.amount > 0):
            way = "more than $0: it brings money" if self.kind in _GIVES else "less than $0: it takes money"
            raise ValueError(f"the amount of {self.kind.value} is ${self.amount}, must be {way}")

    def is_pending(self, at: datetime) -> bool:
        """Tell whether it was announced and does not count yet."""
        return self.asked_at <= at < self.at
