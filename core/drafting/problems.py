"""Why a draft stays as it was, or is no allocation yet; each says the way out."""

from dataclasses import dataclass

from core.allocation import BasisPoints, Problem, hundredths

MOST_SECTORS = 40
"""An allocation of more sectors could neither be shown on a phone nor edited with buttons."""


@dataclass(frozen=True, slots=True)
class NoSuchSector:
    """A sector that the draft does not have. `meant` is what the person may have meant, likeliest first."""

    asked: str
    meant: tuple[str, ...]

    def __str__(self) -> str:
        shown = self.asked[:60]
        hint = f"did you mean {' or '.join(self.meant)}?" if self.meant else "name it by its symbol, such as VOO"
        return f"no sector is called {shown!r}: {hint}"


@dataclass(frozen=True, slots=True)
class WeightImpossible:
    """A weight that no sector can have."""

    sector: str
    weight: BasisPoints

    def __str__(self) -> str:
        shown = hundredths(self.weight)
        return f"{self.sector} cannot have a weight of {shown}: give it 0.01% to 100.00%, or remove it"


@dataclass(frozen=True, slots=True)
class TooManySectors:
    """More sectors than can be shown and edited."""

    count: int

    def __str__(self) -> str:
        return f"the allocation would have {self.count} sectors: {MOST_SECTORS} are the most, so leave some out"


@dataclass(frozen=True, slots=True)
class NothingToSpread:
    """Sharing the rest out was asked for where that cannot be done."""

    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class WeightsMissing:
    """A draft with sectors that have no weight yet. `left` is what the others leave, negative for too much."""

    sectors: tuple[str, ...]
    left: BasisPoints

    def __str__(self) -> str:
        names = ", ".join(self.sectors)
        rest = f"{hundredths(self.left)} is left" if self.left >= 0 else f"{hundredths(-self.left)} is too much already"
        return f"no weight yet: {names} ({rest})"


Refused = NoSuchSector | WeightImpossible | TooManySectors | NothingToSpread | Problem
"""Why an operation leaves a draft as it was."""

Unfinished = WeightsMissing | Problem
"""What keeps a draft from being an allocation."""
