"""Bands: how far a sector may be from its target before it is brought back."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.allocation import WHOLE, BasisPoints, percent
from core.money import Cents


@dataclass(frozen=True, slots=True)
class Band:
    """A band around a target, the same on both sides: the narrower one of those that are given.

    `points` is a distance in basis points of the whole (500 is five percentage points), `share` one in basis points of
    the target (2,500 is a quarter of it); None where there is none. Raises ValueError without either, or below 1.
    """

    points: BasisPoints | None = None
    share: BasisPoints | None = None

    def __post_init__(self) -> None:
        given = [width for width in (self.points, self.share) if width is not None]
        if not given or min(given) < 1:
            raise ValueError("a band needs a width: points, a share of the target, or both, each of at least 0.01%")

    def half_width(self, target: BasisPoints) -> Fraction:
        """Return the distance between a target and either edge, in basis points of the whole."""
        widths = []
        if self.points is not None:
            widths.append(Fraction(self.points))
        if self.share is not None:
            widths.append(Fraction(target * self.share, WHOLE))
        return min(widths)

    def edges(self, target: BasisPoints) -> tuple[Decimal, Decimal]:
        """Return both edges in percent of the whole; the lower one can be below zero, which nothing breaches."""
        width = self.half_width(target)
        return _percent(target - width), _percent(target + width)

    def is_breached(self, value: Cents, target: BasisPoints, total: Cents) -> bool:
        """Return whether a sector's part of the total is outside its band. On the edge it is still inside."""
        return abs(value * WHOLE - target * total) > self.half_width(target) * total

    def __str__(self) -> str:
        points = None if self.points is None else f"{percent(self.points).removesuffix('%')} percentage points"
        share = None if self.share is None else f"{percent(self.share)} of the target"
        return f"{points} or {share}, whichever is less" if points and share else points or share or ""


FIVE_TWENTY_FIVE = Band(points=500, share=2_500)
"""The 5/25 rule (Larry Swedroe's): five percentage points, or a quarter of a target below 20%."""


def _percent(basis_points: Fraction) -> Decimal:
    return Decimal(basis_points.numerator) / basis_points.denominator / 100
