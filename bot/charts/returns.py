"""Sector returns: gains to the right of zero and filled, losses to the left and hatched."""

from decimal import Decimal

from matplotlib.figure import Figure

from bot.charts.paper import BLUE, NOT_KNOWN, PAPER, VERMILLION, named
from bot.charts.rows import Bar, Row, draw_rows
from bot.charts.scales import number
from core.reporting.pictures import Returns

THICKNESS = 34
GAIN = {"facecolor": BLUE, "edgecolor": BLUE}
LOSS = {"facecolor": PAPER, "edgecolor": VERMILLION, "hatch": "//"}


def draw(picture: Returns) -> Figure:
    """Draw a sheet for at least one sector."""
    return draw_rows(
        [_row(name, gained) for name, gained in picture.sectors],
        thickness=THICKNESS,
        title=f"Sector returns, {named(picture.day)}",
        signs={"Gain": GAIN, "Loss": LOSS},
        heading="Price return",
        axis="Price return of our position, %",
    )


def _row(name: str, gained: Decimal | None) -> Row:
    if gained is None:
        return Row(name, (None,), NOT_KNOWN)
    # As long as its figure says: where all are 0.00%, the largest rounding error would fill the sheet.
    shown = round(gained, 2)
    bar = Bar(float(shown), GAIN if shown >= 0 else LOSS)
    return Row(name, (bar,), f"{number(float(shown), 2, sign='+')}%")
