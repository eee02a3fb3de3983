"""Where an axis has its ticks, and what they say: as many as there is room for, none over another."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from math import floor, log10

from matplotlib.ticker import MaxNLocator

from bot.charts.paper import MINUS, SMALL, width_of

Ticks = tuple[tuple[float, str], ...]
"""Places on the axis, in its unit, and their labels."""

MOST_TICKS = 6
MOST_DAYS = 5
BETWEEN_LABELS = 36
"""Pixels."""


def number(value: float, decimals: int = 0, sign: str = "", unit: str = "") -> str:
    """Write a number with its thousands apart and a real minus; `unit` goes before it, `sign` is that of a gain."""
    digits = f"{abs(value):,.{decimals}f}"
    if not any(digit in "123456789" for digit in digits):
        return f"{unit}{digits}"
    return f"{MINUS if value < 0 else sign}{unit}{digits}"


def round_ticks(low: float, high: float, *, unit: str = "") -> Ticks:
    """Return round numbers within two ends."""
    return _ticks(low, high, MOST_TICKS, unit)


def ticks_along(low: float, high: float, *, left: float, right: float, end: float) -> Ticks:
    """Return round numbers for an axis from the pixel `left` to `right`, their labels apart and none beyond `end`."""
    for most in range(MOST_TICKS, 0, -1):
        ticks: list[tuple[float, str]] = []
        edges: list[tuple[float, float]] = []
        for value, label in _ticks(low, high, most, ""):
            centre = left + (value - low) / (high - low) * (right - left)
            half = width_of(label, SMALL) / 2
            if centre - half >= 0 and centre + half <= end:
                ticks.append((value, label))
                edges.append((centre - half, centre + half))
        if all(after[0] - before[1] >= BETWEEN_LABELS for before, after in pairwise(edges)):
            return tuple(ticks)
    # Far from zero even few labels are too long; the bars have their figures beside them.
    return tuple(ticks[:1])


def day_ticks(first: date, last: date) -> Ticks:
    """Return days for an axis from one day to another; a place is a day's ordinal."""
    days = (last - first).days
    for step in (1, 2, 7, 14):
        if days // step < MOST_DAYS:
            places = [last - timedelta(step * back) for back in range(days // step, -1, -1)]
            return _labelled(places, lambda day: f"{day.day} {day:%b}")
    months = (last.year - first.year) * 12 + last.month - first.month
    for step in (1, 2, 3, 6):
        if months // step < MOST_DAYS:
            places = _firsts(first, last, step)
            return _labelled(places, _month if first.year == last.year else _month_of_year)
    years = last.year - first.year
    step = next((step for step in (1, 2, 5, 10, 20) if years // step <= MOST_DAYS), 50)
    return _labelled(_firsts(first, last, 12 * step), lambda day: str(day.year))


def _ticks(low: float, high: float, most: int, unit: str) -> Ticks:
    places = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high)
    decimals = max(0, -floor(log10(places[1] - places[0]) + 1e-9))
    if unit and decimals:
        decimals = max(2, decimals)  # cents
    return tuple((float(place), number(place, decimals, unit=unit)) for place in places if low <= place <= high)


def _firsts(first: date, last: date, months: int) -> list[date]:
    """Return the first days of every so many months, counted from January."""
    number_of = first.year * 12 + first.month - 1
    start = number_of - number_of % months
    all_of = range(start, last.year * 12 + last.month, months)
    return [day for day in (date(month // 12, month % 12 + 1, 1) for month in all_of if month >= 12) if day >= first]


def _labelled(days: list[date], label: Callable[[date], str]) -> Ticks:
    return tuple((float(day.toordinal()), label(day)) for day in days)


def _month(day: date) -> str:
    return f"{day:%b}"


def _month_of_year(day: date) -> str:
    return f"{day:%b} {day.year}"
