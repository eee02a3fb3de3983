"""The allocation: which share of the money each sector is meant to hold."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core import symbols
from core.symbols import AssetClass

BasisPoints = int

WHOLE: BasisPoints = 10_000
LONGEST_NAME = 40

_WEIGHT = re.compile(r"(?P<whole>\d{1,3})(\.(?P<part>\d{1,2}))?\s*%")


@dataclass(frozen=True, slots=True)
class Sector:
    """One part of the allocation: its name, the fund that stands for it, and its weight in basis points."""

    name: str
    symbol: str
    weight: BasisPoints

    @property
    def asset_class(self) -> AssetClass:
        """The class of the sector's fund."""
        return symbols.asset_class(self.symbol)


@dataclass(frozen=True, slots=True)
class NoSectors:
    """An allocation without a single sector."""

    def __str__(self) -> str:
        return "the allocation has no sectors: give at least one, with a weight of 100%"


@dataclass(frozen=True, slots=True)
class WeightsDoNotSum:
    """Weights that are not 100% together."""

    total: BasisPoints

    def __str__(self) -> str:
        missing = WHOLE - self.total
        remedy = f"add {hundredths(missing)}" if missing > 0 else f"take {hundredths(-missing)} away"
        return f"allocation sums to {hundredths(self.total)}, must be 100.00%: {remedy}"


@dataclass(frozen=True, slots=True)
class WeightNotPositive:
    """A sector whose weight is zero or less."""

    sector: str
    weight: BasisPoints

    def __str__(self) -> str:
        return f"{self.sector} has a weight of {hundredths(self.weight)}: give it at least 0.01%, or leave it out"


@dataclass(frozen=True, slots=True)
class BadName:
    """A sector name that is empty or too long for an alert."""

    name: str

    def __str__(self) -> str:
        return (
            f"sector name {self.name!r} has {len(self.name)} characters: use 1 to {LONGEST_NAME}, on one line, "
            "with no space at either end"
        )


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same sector name or symbol twice."""

    what: str
    value: str

    def __str__(self) -> str:
        return f"{self.what} {self.value} appears twice: give each sector its own {self.what}"


@dataclass(frozen=True, slots=True)
class BadSymbol:
    """A symbol that is not written the way Allocator writes it."""

    sector: str
    reason: str

    def __str__(self) -> str:
        return f"{self.sector}: {self.reason}"


Problem = NoSectors | WeightsDoNotSum | WeightNotPositive | BadName | Repeated | BadSymbol


class AllocationError(ValueError):
    """An allocation that must not be used, with every problem it has."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Allocation:
    """Sectors in their owner's order; weights sum to 10,000 basis points, names and symbols are unique.

    Raises AllocationError, with all problems, when they are not.
    """

    sectors: tuple[Sector, ...]

    def __post_init__(self) -> None:
        if problems := tuple(_problems(self.sectors)):
            raise AllocationError(problems)

    @property
    def weights(self) -> dict[str, BasisPoints]:
        """Each symbol's weight."""
        return {sector.symbol: sector.weight for sector in self.sectors}


def _problems(sectors: tuple[Sector, ...]) -> Iterable[Problem]:
    if not sectors:
        yield NoSectors()
        return
    for sector in sectors:
        if not (
            0 < len(sector.name) <= LONGEST_NAME and sector.name.isprintable() and sector.name == sector.name.strip()
        ):
            yield BadName(sector.name)
        if sector.weight < 1:
            yield WeightNotPositive(sector.name, sector.weight)
        try:
            written = symbols.normalise(sector.symbol)
        except ValueError as error:
            yield BadSymbol(sector.name, str(error))
        else:
            if written != sector.symbol:
                yield BadSymbol(sector.name, f"symbol {sector.symbol} must be written {written}")
    yield from (Repeated("name", name) for name in _twice(sector.name.casefold() for sector in sectors))
    yield from (Repeated("symbol", symbol) for symbol in _twice(sector.symbol for sector in sectors))
    total = sum(sector.weight for sector in sectors)
    if total != WHOLE:
        yield WeightsDoNotSum(total)


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def parse_weight(text: str) -> BasisPoints:
    """Return a weight such as `35%` or `12.25%` in basis points.

    Raises ValueError when it is not a percentage with at most two decimals.
    """
    match = _WEIGHT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"weight {text!r} is not a percentage: write it like 35% or 12.25%")
    return int(match["whole"]) * 100 + int((match["part"] or "0").ljust(2, "0"))


def percent(weight: BasisPoints) -> str:
    """Return a weight as a person writes it: `2%`, `12.5%`."""
    return f"{(Decimal(weight) / 100).normalize():f}%"


def hundredths(weight: BasisPoints) -> str:
    """Return a weight with both its decimals, for sums that must be exact: `98.00%`."""
    return f"{Decimal(weight) / 100:.2f}%"
