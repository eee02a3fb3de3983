"""How a person writes a weight: `40`, `40%`, `12.25%` or the fraction `0.4`."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from core.allocation import WHOLE, BasisPoints

# ASCII digits on purpose: `\d` would take every script's. Twelve decimals, because spreadsheets print that many.
_NUMBER = re.compile(r"(?P<number>[0-9]{1,7}(?:\.[0-9]{1,12})?|\.[0-9]{1,12}) ?(?P<sign>%?)")


class Writing(Enum):
    """How a weight was written, which decides how its number is read."""

    PERCENT_SIGN = auto()
    BARE_PERCENT = auto()
    FRACTION = auto()


@dataclass(frozen=True, slots=True)
class WrittenWeight:
    """A weight in basis points, and how it was written."""

    weight: BasisPoints
    writing: Writing


@dataclass(frozen=True, slots=True)
class BadWeight:
    """Why a text is no weight, and how to write it."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def read_weight(text: str) -> WrittenWeight | BadWeight:
    """Read a weight. With % it is a percentage; a bare number above 1 is one too, below 1 it is a fraction.

    A bare 1 could be 1% or 100%, so it is asked for again. Nothing is rounded: what is finer than 0.01% is refused.
    """
    shown = text.strip()
    match = _NUMBER.fullmatch(shown)
    if match is None:
        return BadWeight(f"{shown[:40]!r} is not a weight: write it like 40, 40%, 12.25% or 0.4")
    number = Decimal(match["number"])
    if match["sign"]:
        writing = Writing.PERCENT_SIGN
    elif number == 1:
        return BadWeight(f"{shown} could be 1% or 100%: write the % after it")
    else:
        writing = Writing.BARE_PERCENT if number > 1 else Writing.FRACTION
    exact = number * (WHOLE if writing is Writing.FRACTION else WHOLE // 100)
    if exact != int(exact):
        return BadWeight(f"{shown} is finer than 0.01%: write at most two decimals of a percent, such as 12.25%")
    if not 1 <= exact <= WHOLE:
        return BadWeight(f"{shown} is no weight that a sector can have: write 0.01% to 100%")
    return WrittenWeight(int(exact), writing)


def looks_like_weight(text: str) -> bool:
    """Tell whether a text has a weight's form, whether or not it makes sense."""
    return _NUMBER.fullmatch(text.strip()) is not None
