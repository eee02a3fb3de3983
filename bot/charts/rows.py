"""Bars by sector: the name over its bars, so that no name is too long, and a figure beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from bot.charts.paper import GRID, INK, LINE, MARGIN, PAPER, SMALL, TEXT, WIDTH, Sheet, width_of, wrapped
from bot.charts.scales import ticks_along

HEAD = 166
"""What title and key take."""
FOOT = 140
"""What the axis takes with its name."""
BETWEEN_ROWS = 26
BETWEEN_BARS = 3
BESIDE = 28
"""Between the bars and their figure."""
EDGE = 8
OUTLINE = 2.5
BEYOND = 0.02
"""Room past the longest bar, in parts of the axis: its end must be seen."""

MANY = 12
"""Above so many rows they are drawn thinner and closer: a chat makes a tall picture small."""
THINNER = 0.7

Ink = Mapping[str, Any]
"""How a bar is filled, as matplotlib's patches take it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from zero to its value, in the axis's unit."""

    value: float
    ink: Ink


@dataclass(frozen=True, slots=True)
class Row:
    """A sector: its name, a place for each bar (None leaves it empty), and the figure beside them."""

    name: str
    bars: tuple[Bar | None, ...]
    figure: str


def draw_rows(
    rows: Sequence[Row], *, thickness: float, title: str, signs: Mapping[str, Ink], heading: str, axis: str
) -> Figure:
    """Draw at least one row. `thickness` is a bar's, in pixels; `heading` says what the figures are."""
    denser = THINNER if len(rows) > MANY else 1
    bar, gap = thickness * denser, BETWEEN_ROWS * denser
    names = [wrapped(row.name, WIDTH - 2 * MARGIN) for row in rows]
    heights = [len(lines) * LINE + len(row.bars) * bar + gap for row, lines in zip(rows, names, strict=True)]
    tall = sum(heights)
    sheet = Sheet(round(HEAD + tall + FOOT))

    right = WIDTH - MARGIN - BESIDE - max(width_of(row.figure, TEXT, "bold") for row in rows)
    axes = sheet.axes(MARGIN, HEAD, right, HEAD + tall)
    _scale(axes, rows, right)
    axes.set_ylim(tall, 0)
    axes.set_yticks([])
    top = 0.0
    for row, lines, height in zip(rows, names, heights, strict=True):
        for place, line in enumerate(lines):
            sheet.write(MARGIN, HEAD + top + place * LINE, line)
        bars_top = top + len(lines) * LINE
        sheet.write(WIDTH - MARGIN, HEAD + bars_top + len(row.bars) * bar / 2, row.figure, weight="bold", at="right")
        for place, one in enumerate(row.bars):
            if one is not None:
                axes.barh(bars_top + (place + 0.5) * bar, one.value, bar - BETWEEN_BARS, linewidth=OUTLINE, **one.ink)
        top += height
    # Names lie over the grid, not behind it.
    for text in sheet.figure.texts:
        text.set_bbox({"facecolor": PAPER, "edgecolor": "none", "pad": 1})

    sheet.title(title)
    sheet.key(104, [Patch(label=label, linewidth=OUTLINE, **ink) for label, ink in signs.items()], len(signs))
    sheet.write(WIDTH - MARGIN, 121, heading, size=SMALL, at="right")
    sheet.write(MARGIN, sheet.height - 64, axis, size=SMALL)
    return sheet.figure


def _scale(axes: Axes, rows: Sequence[Row], right: float) -> None:
    values = [0.0, *(bar.value for row in rows for bar in row.bars if bar is not None)]
    low, high = min(values), max(values)
    if low == high:
        high = 1.0
    beyond = (high - low) * BEYOND
    low, high = low - (beyond if low < 0 else 0), high + (beyond if high > 0 else 0)
    axes.set_xlim(low, high)
    ticks = ticks_along(low, high, left=MARGIN, right=right, end=WIDTH - EDGE)
    axes.set_xticks([place for place, _ in ticks], [label for _, label in ticks])
    axes.grid(axis="x", color=GRID, linewidth=2)
    axes.axvline(0, color=INK, linewidth=3)
