"""The account's value over time, the money put in as a second line, and each deposit and withdrawal marked."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bot.charts.paper import (
    BLUE,
    GREEN,
    GRID,
    INK,
    LINE,
    MARGIN,
    PURPLE,
    SMALL,
    VERMILLION,
    WIDTH,
    Sheet,
    named,
    width_of,
    wrapped,
)
from bot.charts.scales import Ticks, day_ticks, number, round_ticks
from core.reporting.pictures import AccountValue

Point = tuple[date, Decimal, Decimal]

SUMMARY_TOP = 100
KEY_LINE = 40
UNIT = 60
"""What the name of the upright axis takes, above it."""
PLOT = 520
FOOT = 140
RIGHT = 84
"""Half the widest label of a day, which may stand under the last point."""
FEW_POINTS = 31
"""Up to here each point is a dot too: a single one has no line."""
MANY_POINTS = 400
"""From here on the line is thinner: it has no straight parts left."""
APART = 44
"""Pixels from one mark to the next: the line shows between them."""

VALUE: dict[str, Any] = {"label": "Value", "color": BLUE, "markersize": 12}
PUT_IN: dict[str, Any] = {"label": "Money put in", "color": VERMILLION, "linestyle": (0, (2.5, 1.2)), "markersize": 12}
DEPOSIT: dict[str, Any] = {"label": "Deposit", "color": GREEN, "marker": "^"}
WITHDRAWAL: dict[str, Any] = {"label": "Withdrawal", "color": PURPLE, "marker": "v"}


def draw(picture: AccountValue) -> Figure:
    """Draw a sheet for at least one point, the points in the order of their days.

    Flows before the first point or after the last have no height on the line, and are not marked.
    """
    points = picture.points
    first, (last, value, put_in) = points[0][0], points[-1]
    during = [(day, amount) for day, amount in sorted(picture.flows) if first <= day <= last]
    ways = [
        (ink, days)
        for ink, days in (
            (DEPOSIT, [day for day, amount in during if amount > 0]),
            (WITHDRAWAL, [day for day, amount in during if amount < 0]),
        )
        if days
    ]
    summary = wrapped(f"{_dollars(value)} with {_dollars(put_in)} put in", WIDTH - 2 * MARGIN)
    key_top = SUMMARY_TOP + len(summary) * LINE + 14
    top = key_top + (2 if ways else 1) * KEY_LINE + UNIT
    sheet = Sheet(top + PLOT + FOOT)
    sheet.title(f"Account value, {named(last)}")
    for row, line in enumerate(summary):
        sheet.write(MARGIN, SUMMARY_TOP + row * LINE, line)

    low, high = _ends(points)
    dollars = round_ticks(low, high, unit="$")
    left = MARGIN + max(width_of(label, SMALL) for _, label in dollars) + 14
    axes = sheet.axes(left, top, WIDTH - RIGHT, top + PLOT)
    _set_dollars(axes, low, high, dollars)
    sheet.write(MARGIN, top - 50, "US dollars", size=SMALL)
    _set_days(axes, first, last)
    years = f"{first.year}" if first.year == last.year else f"{first.year} to {last.year}"
    sheet.write(left, sheet.height - 62, f"Day ({years})", size=SMALL)

    signs = [*_lines(axes, points)]
    days_apart = APART / (WIDTH - RIGHT - left) * (last - first).days
    signs += [_marks(axes, points, _thinned(days, days_apart), ink) for ink, days in ways]
    sheet.key(key_top, signs, 2)
    return sheet.figure


def _dollars(amount: Decimal) -> str:
    return number(float(amount), 2, unit="$")


def _ends(points: Sequence[Point]) -> tuple[float, float]:
    amounts = [float(amount) for _, *both in points for amount in both]
    low, high = min(amounts), max(amounts)
    around = (high - low) * 0.08 or max(abs(high) * 0.01, 1.0)
    return low - around, high + around


def _set_dollars(axes: Axes, low: float, high: float, dollars: Ticks) -> None:
    axes.set_ylim(low, high)
    axes.set_yticks([place for place, _ in dollars], [label for _, label in dollars])
    axes.grid(axis="y", color=GRID, linewidth=2)
    if low < 0 < high:
        axes.axhline(0, color=INK, linewidth=2)


def _set_days(axes: Axes, first: date, last: date) -> None:
    days = day_ticks(first, last)
    axes.set_xticks([place for place, _ in days], [label for _, label in days])
    axes.tick_params(axis="x", length=8, width=2)
    # One day alone stands in the middle; the first of several, clear of the amounts.
    around = (last - first).days * 0.02 or 1
    axes.set_xlim(first.toordinal() - around, last.toordinal() + around)


def _lines(axes: Axes, points: Sequence[Point]) -> Iterator[Line2D]:
    days = [day.toordinal() for day, _, _ in points]
    yield from axes.plot(
        days,
        [float(value) for _, value, _ in points],
        **VALUE,
        linewidth=5 if len(points) < MANY_POINTS else 3,
        marker="o" if len(points) <= FEW_POINTS else None,
        zorder=3,
    )
    yield from axes.plot(
        days,
        [float(put_in) for _, _, put_in in points],
        **PUT_IN,
        linewidth=4,
        marker="s" if len(points) == 1 else None,
        # Money put in stays what it was until the next flow.
        drawstyle="steps-post",
    )


def _marks(axes: Axes, points: Sequence[Point], flows: Sequence[date], ink: dict[str, Any]) -> Line2D:
    """Mark flows on the line of the money put in; one on a day without a point counts from the next."""
    days = [day for day, _, _ in points]
    heights = [float(points[bisect_left(days, flow)][2]) for flow in flows]
    places = [flow.toordinal() for flow in flows]
    (marks,) = axes.plot(
        places, heights, **ink, linestyle="none", markersize=18, markeredgecolor=INK, markeredgewidth=1.5, zorder=4
    )
    return marks


def _thinned(flows: Sequence[date], apart: float) -> list[date]:
    """Leave out what comes less than `apart` days after the one before it: their marks would hide the line."""
    left: list[date] = []
    for flow in flows:
        if not left or (flow - left[-1]).days >= apart:
            left.append(flow)
    return left
