"""Target against actual, as paired bars with the variance beside each pair."""

from decimal import Decimal

from matplotlib.figure import Figure

from bot.charts.paper import BLUE, INK, NOT_KNOWN, PAPER, named
from bot.charts.rows import Bar, Row, draw_rows
from bot.charts.scales import number
from core.reporting.pictures import Weights

THICKNESS = 24
TARGET = {"facecolor": PAPER, "edgecolor": INK}
ACTUAL = {"facecolor": BLUE, "edgecolor": BLUE}


def draw(picture: Weights) -> Figure:
    """Draw a sheet for at least one sector: the target in outline, the actual weight filled."""
    return draw_rows(
        [
            Row(
                name,
                (Bar(float(target), TARGET), None if actual is None else Bar(float(actual), ACTUAL)),
                variance(target, actual),
            )
            for name, target, actual in picture.sectors
        ],
        thickness=THICKNESS,
        title=f"Target against actual, {named(picture.day)}",
        signs={"Target": TARGET, "Actual": ACTUAL},
        heading="Variance, points",
        axis="Weight in the tracked positions, %",
    )


def variance(target: Decimal, actual: Decimal | None) -> str:
    """Write actual minus target in percentage points: two decimals, or two significant digits where it is small."""
    if actual is None:
        return NOT_KNOWN
    points = actual - target
    small = Decimal("0.000001") <= abs(points) < Decimal("0.1")
    return number(float(points), 1 - points.adjusted() if small else 2, sign="+")
