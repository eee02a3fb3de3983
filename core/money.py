"""Money in whole cents, and how it is shared out without losing one."""

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

Cents = int

CENT = Decimal("0.01")


def apportion(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share `total` out in proportion to `weights` by the largest remainder (Hamilton's method).

    Works on whole units (cents, seats). Weights are any positive integers. Equal remainders are settled by key,
    ascending, so the order of `weights` does not matter. The shares always sum to `total`.

    Raises ValueError for a negative total, no weights, or a weight below 1.
    """
    if total < 0:
        raise ValueError(f"cannot share out {total}: the total must not be negative")
    if not weights or any(weight < 1 for weight in weights.values()):
        raise ValueError(f"cannot share out by {dict(weights)}: every weight must be a positive integer")
    whole = sum(weights.values())
    shares = {key: total * weight // whole for key, weight in weights.items()}
    left_over = total - sum(shares.values())
    by_remainder = sorted(weights, key=lambda key: (-(total * weights[key] % whole), key))
    for key in by_remainder[:left_over]:
        shares[key] += 1
    return shares


def floor_to_cents(dollars: Decimal) -> Cents:
    """Return dollars as whole cents, rounded towards zero: money that is not there is never counted."""
    return int(dollars.quantize(CENT, rounding=ROUND_DOWN) * 100)


def round_to_cents(dollars: Decimal) -> Cents:
    """Return dollars as the nearest cents, halves away from zero."""
    return int(dollars.quantize(CENT, rounding=ROUND_HALF_UP) * 100)


def in_dollars(cents: Cents) -> Decimal:
    """Return cents as dollars with exactly two decimals."""
    return Decimal(cents).scaleb(-2)


def as_text(cents: Cents) -> str:
    """Return cents as a person writes them: `$35`, `$49.99`, `-$3.50`; cents only where there are any."""
    sign = "-" if cents < 0 else ""
    dollars, rest = divmod(abs(cents), 100)
    return f"{sign}${dollars}.{rest:02}" if rest else f"{sign}${dollars}"
