"""The reserve: cash that is never invested, as an amount or as a share of the account."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import assert_never

from core.allocation import WHOLE, BasisPoints
from core.money import CENT, Cents
from core.reporting.measures import NotMeasurable


@dataclass(frozen=True, slots=True)
class ReserveAmount:
    """An amount in cents. Raises ValueError when it is negative."""

    cents: Cents

    def __post_init__(self) -> None:
        if self.cents < 0:
            raise ValueError(f"a reserve of {self.cents} cents is below zero: give an amount from $0 on")


@dataclass(frozen=True, slots=True)
class ReserveShare:
    """A share of the account's whole value, in basis points. Raises ValueError when it is not from 0% to 100%."""

    weight: BasisPoints

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= WHOLE:
            raise ValueError(f"a reserve of {self.weight} basis points is no share: give one from 0% to 100%")


Reserve = ReserveAmount | ReserveShare


def in_cents(reserve: Reserve, equity: Decimal | None) -> Cents | NotMeasurable:
    """Return how much is kept back now. `equity` is the account's cash and positions in dollars.

    A part of a cent is kept back whole. An account that owes more than it holds keeps nothing back: it has nothing.
    """
    match reserve:
        case ReserveAmount(cents):
            return cents
        case ReserveShare(0):
            return 0
        case ReserveShare(weight):
            if equity is None:
                return NotMeasurable("the account's value, of which the reserve is a share, is not known")
            dollars = max(Decimal(0), equity) * weight / WHOLE
            return int(dollars.quantize(CENT, rounding=ROUND_CEILING) * 100)
        case _:
            assert_never(reserve)
