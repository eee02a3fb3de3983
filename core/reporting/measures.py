"""How a return is measured, and when it cannot be."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import isfinite

import pyxirr

YEAR = 365
"""Days from which a return is a year's: XIRR's own year."""

_NEARLY_ALL = Decimal("0.9")
_DIGITS = Decimal("1e-9")  # pyxirr counts in floats, which are good for about that much
_NEGLIGIBLE = Decimal("1e-6")


@dataclass(frozen=True, slots=True)
class NotMeasurable:
    """A figure that cannot be had yet. `reason` is a clause for a person, without a capital or a stop."""

    reason: str

    def __str__(self) -> str:
        return f"not yet measurable: {self.reason}"


Measure = Decimal | NotMeasurable
"""A return as a fraction (0.0415 is 4.15%), unless its function says otherwise; or why there is none."""


def price_return(cost: Decimal | None, value: Decimal | None) -> Measure:
    """Return (value - cost) / cost: what prices alone have done to a holding, on its average cost basis.

    Both are dollars, None where the broker gave nothing usable.
    """
    if cost is None:
        return NotMeasurable("its cost basis is not known")
    if value is None:
        return NotMeasurable("its value is not known")
    if cost == 0:
        return NotMeasurable("its cost basis is zero")
    if cost < 0:
        return NotMeasurable("its cost basis is negative")
    return value / cost - 1


def chained(periods: Iterable[tuple[Decimal, Decimal]]) -> Measure:
    """Return the time-weighted return of sub-periods, each with its value in dollars at its begin and at its end.

    What was put in or taken out between two of them is the difference of one's end and the next one's begin. An empty
    sub-period, nothing at its begin and nothing at its end, contributes nothing.
    """
    growth = Decimal(1)
    for begin, end in periods:
        if begin == 0 and end == 0:
            continue
        if begin < 0:
            return NotMeasurable("the account was worth less than nothing at the start of a day")
        if begin == 0:
            return NotMeasurable("the account was empty at the start of a day at whose end it was not")
        growth *= end / begin
    return growth - 1


def time_weighted(values: Sequence[tuple[date, Decimal]], flows: Iterable[tuple[date, Decimal]]) -> Measure:
    """Return how the account's money has grown, whatever was put in or taken out, and when.

    `values` are dollars at the end of days, oldest first; the first is the base. `flows` are deposits (positive) and
    withdrawals in dollars, in any order. A flow counts at the start of its day, and where that day has no value, of the
    next that has: r = value / (value before + flow) - 1. Only a withdrawal of nearly everything counts at the end of
    its day, r = (value - flow) / value before - 1: what the market did that day would otherwise be measured on the
    little that stayed. Flows up to the first day, and after the last, are left out.
    """
    if len(values) < 2:
        return NotMeasurable("there is not yet a day's end to measure from")
    return chained(_sub_periods(values, flows))


def money_weighted(flows: Sequence[tuple[date, Decimal]]) -> Measure:
    """Return the money-weighted return (XIRR, 365 days a year): a year's rate, or under a year the period's own return.

    `flows` are dollars as the owner's purse sees them: what was put in is negative, what was taken out positive, and
    the closing value is the last, taken out. Under 365 days from first to last nothing is annualised: it is then
    (1 + XIRR) ** (days / 365) - 1.
    """
    moved = [(day, amount) for day, amount in flows if amount]
    if len(moved) < 2:
        return NotMeasurable("it takes at least two flows of money, and there " + ("is one" if moved else "are none"))
    if len({amount > 0 for _, amount in moved}) == 1:
        return NotMeasurable("all flows of money go the same way")
    days = [day for day, _ in moved]
    length = (max(days) - min(days)).days
    if length == 0:
        return NotMeasurable("all flows of money are of one day")
    # Under a year the rate is found by the day: a small loss in a day is a year's rate too near to -1 for floats.
    step = YEAR if length >= YEAR else 1
    found = _by_the_year(moved) if step == YEAR else _by_the_day(moved)
    if found is None or not isfinite(found) or found <= -1 or not _solves(Decimal(found), step, moved):
        return NotMeasurable("no single rate of return explains its flows of money")
    growth = 1 + Decimal(found)
    return ((growth if step == YEAR else growth**length) - 1).quantize(_DIGITS)


def annualised(total: Measure, days: int) -> Measure:
    """Return a year's rate, (1 + total) ** (365 / days) - 1, of a return over at least 365 days."""
    if isinstance(total, NotMeasurable):
        return total
    if days < YEAR:
        return NotMeasurable(f"a return is given for a year only after {YEAR} days, and these are {max(days, 0)}")
    if total < -1:
        return NotMeasurable("more than everything was lost")
    growth: Decimal = (1 + total) ** (Decimal(YEAR) / days)
    return (growth - 1).quantize(_DIGITS)


def _sub_periods(
    values: Sequence[tuple[date, Decimal]], flows: Iterable[tuple[date, Decimal]]
) -> Iterator[tuple[Decimal, Decimal]]:
    days = [day for day, _ in values]
    moved: defaultdict[int, Decimal] = defaultdict(Decimal)
    for day, amount in flows:
        moved[bisect_left(days, day)] += amount
    for place, ((_, before), (_, value)) in enumerate(pairwise(values), start=1):
        flow = moved[place]
        if before > 0 and -flow > before * _NEARLY_ALL:
            yield before, value - flow
        else:
            yield before + flow, value


def _by_the_year(flows: Sequence[tuple[date, Decimal]]) -> float | None:
    return pyxirr.xirr([day for day, _ in flows], [amount for _, amount in flows], silent=True)


def _by_the_day(flows: Sequence[tuple[date, Decimal]]) -> float | None:
    first, last = min(day for day, _ in flows), max(day for day, _ in flows)
    daily = [Decimal(0)] * ((last - first).days + 1)
    for day, amount in flows:
        daily[(day - first).days] += amount
    return pyxirr.irr(daily, silent=True)


def _solves(rate: Decimal, step: int, flows: Sequence[tuple[date, Decimal]]) -> bool:
    """Return whether the flows, discounted at the rate for each `step` days, cancel out."""
    first = min(day for day, _ in flows)
    discounted = [amount / (1 + rate) ** (Decimal((day - first).days) / step) for day, amount in flows]
    size = sum((abs(amount) for amount in discounted), Decimal(0))
    return abs(sum(discounted, Decimal(0))) <= _NEGLIGIBLE * size
