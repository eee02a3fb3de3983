"""The variance: how far each sector is from its target, and the account with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from core.allocation import WHOLE, Allocation, Sector
from core.money import Cents, in_dollars
from core.positions import Position
from core.reporting.measures import Measure, NotMeasurable
from core.reporting.snapshots import Holding


@dataclass(frozen=True, slots=True)
class SectorVariance:
    """A sector against its target. Weights are percent, `variance` percentage points, the rest dollars.

    `dollars` is how much the sector holds over (positive) or under its target value. All but `target` are None when
    the sector's value is not known.
    """

    sector: Sector
    target: Decimal
    value: Decimal | None
    target_value: Decimal | None
    actual: Decimal | None
    variance: Decimal | None
    dollars: Decimal | None


@dataclass(frozen=True, slots=True)
class Variance:
    """Every sector against its target, in the allocation's order; cash and untracked positions are left out.

    `value` is what the measured sectors hold together, in dollars; `drift` half the sum of their absolute variances,
    in percentage points. `unknown` names the sectors whose value is not known: the others are then measured as if
    these were not there, against targets that are scaled up to 100%.
    """

    value: Decimal
    sectors: tuple[SectorVariance, ...]
    drift: Decimal
    unknown: tuple[str, ...]


def values(held: Iterable[Position | Holding]) -> dict[str, Decimal | None]:
    """Return the dollars held of each symbol; None where they are not known."""
    return {one.symbol: one.market_value if isinstance(one, Position) else one.value for one in held}


def measure(allocation: Allocation, held: Mapping[str, Decimal | None]) -> Variance | NotMeasurable:
    """Return the variance of every sector of the allocation, held or not. `held` is dollars by symbol."""
    found = {sector: held.get(sector.symbol, Decimal(0)) for sector in allocation.sectors}
    known = {sector: value for sector, value in found.items() if value is not None}
    unknown = tuple(sector.name for sector, value in found.items() if value is None)
    total = sum(known.values(), Decimal(0))
    if total <= 0:
        return NotMeasurable(
            f"the value of {' and '.join(unknown)} is not known, and nothing else of the allocation is held"
            if unknown
            else "nothing of the allocation is held"
        )
    whole = sum(sector.weight for sector in known)
    rows = tuple(_row(sector, value, total, whole) for sector, value in found.items())
    drift = sum((abs(row.variance) for row in rows if row.variance is not None), Decimal(0)) / 2
    return Variance(total, rows, drift, unknown)


def after_investing(
    allocation: Allocation, held: Mapping[str, Decimal | None], bought: Mapping[str, Cents]
) -> Variance | NotMeasurable:
    """Return what the variance becomes when these cents of each symbol are bought on top of what is held."""
    grown = dict(held)
    for symbol, cents in bought.items():
        value = grown.get(symbol, Decimal(0))
        grown[symbol] = None if value is None else value + in_dollars(cents)
    return measure(allocation, grown)


def cash_share(cash: Decimal, held: Mapping[str, Decimal | None]) -> Measure:
    """Return the cash as percent of the account: cash and all positions, untracked ones too."""
    unknown = [symbol for symbol, value in held.items() if value is None]
    if unknown:
        return NotMeasurable(f"the value of {' and '.join(unknown)} is not known")
    if cash < 0:
        return NotMeasurable(f"the account's cash is negative, it owes ${-cash:.2f}")
    total = cash + sum((value for value in held.values() if value is not None), Decimal(0))
    if total <= 0:
        return NotMeasurable("the account is empty")
    return cash * 100 / total


def two_digits(percentage_points: Decimal) -> str:
    """Return the absolute value with at most two significant digits, never in exponent form: `0.0012%`, `12%`, `0%`.

    Halves are rounded up; zeros at the end of a fraction are left out, as the original's `0.0002%` does.
    """
    size = percentage_points.copy_abs()  # abs() would round
    if size == 0:
        return "0%"
    place = Decimal(1).scaleb(size.adjusted() - 1)
    with localcontext() as exact:
        exact.prec = max(exact.prec, len(size.as_tuple().digits) + 2)
        rounded = (size / place).quantize(Decimal(1), rounding=ROUND_HALF_UP) * place
    return f"{rounded.normalize():f}%"


def _row(sector: Sector, value: Decimal | None, total: Decimal, whole: int) -> SectorVariance:
    """Measure a sector; `total` is dollars, `whole` the weights of all measured sectors together."""
    if value is None:
        return SectorVariance(sector, Decimal(sector.weight * 100) / WHOLE, None, None, None, None, None)
    target = Decimal(sector.weight * 100) / whole
    # Divided last, so that a sector that is exactly at its target is off by exactly nothing.
    over = value * whole - sector.weight * total
    return SectorVariance(
        sector=sector,
        target=target,
        value=value,
        target_value=sector.weight * total / whole,
        actual=value * 100 / total,
        variance=over * 100 / (total * whole),
        dollars=over / whole,
    )
