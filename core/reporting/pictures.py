"""What pictures show, before anything draws them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Weights:
    """Target against actual: for each sector its name, target and actual weight, in percent.

    An actual weight is None when the sector's value is not known.
    """

    day: date
    sectors: tuple[tuple[str, Decimal, Decimal | None], ...]


@dataclass(frozen=True, slots=True)
class AccountValue:
    """The account's value by day, with the money put in until then; dollars. `flows` are deposits and withdrawals."""

    points: tuple[tuple[date, Decimal, Decimal], ...]
    flows: tuple[tuple[date, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Returns:
    """For each sector its name, and the price return of our position in percent; None when not measurable."""

    day: date
    sectors: tuple[tuple[str, Decimal | None], ...]


Picture = Weights | AccountValue | Returns
