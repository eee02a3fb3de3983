"""What every picture is made on: a sheet measured in pixels, its colours, and text that is known to fit.

A point is a pixel here (72 dots an inch). A phone shows the 1080 pixels on about 360, so text is 28 pixels or more.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import Literal

from matplotlib import rc, rc_context, rcdefaults
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

WIDTH = 1080
MARGIN = 44
DOTS = 72
TEXT = 30
SMALL = 28
TITLE = 42
LINE = 38
"""From one line of text to the next."""

# Dark on a solid white: readable whatever is around it. The colours are Okabe and Ito's, told apart by everyone;
# each also differs from its neighbours in something other than colour (https://jfly.uni-koeln.de/color/).
PAPER = "#FFFFFF"
INK = "#1A1A1A"
GRID = "#D9D9D9"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"

NOT_KNOWN = "not known"
MINUS = "\N{MINUS SIGN}"

Weight = Literal["normal", "bold"]


@contextmanager
def look() -> Iterator[None]:
    """Draw with these settings, whatever a file of matplotlib's settings on the machine says."""
    with rc_context():
        rcdefaults()
        rc("font", family="DejaVu Sans", size=TEXT)
        # A name may hold dollar signs.
        rc("text", color=INK, parse_math=False)
        rc("axes", edgecolor=INK)
        rc("xtick", color=INK)
        rc("ytick", color=INK)
        rc("hatch", linewidth=3.0)
        yield


class Sheet:
    """A picture of a given height; places are pixels from its top left corner."""

    def __init__(self, height: int) -> None:
        self.height = height
        self.figure = Figure(figsize=(WIDTH / DOTS, height / DOTS), dpi=DOTS, facecolor=PAPER)
        FigureCanvasAgg(self.figure)

    def axes(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """Return axes between four edges, without a box around them."""
        place = (left / WIDTH, 1 - bottom / self.height, (right - left) / WIDTH, (bottom - top) / self.height)
        axes = self.figure.add_axes(place, facecolor=PAPER)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0, labelsize=SMALL, pad=10)
        axes.set_axisbelow(True)
        return axes

    def write(
        self,
        left: float,
        top: float,
        words: str,
        *,
        size: int = TEXT,
        weight: Weight = "normal",
        at: Literal["corner", "right"] = "corner",
    ) -> None:
        """Write one line from its top left corner on, or up to the middle of its right end."""
        self.figure.text(
            left / WIDTH,
            1 - top / self.height,
            words,
            fontsize=size,
            fontweight=weight,
            horizontalalignment="left" if at == "corner" else "right",
            verticalalignment="top" if at == "corner" else "center",
        )

    def title(self, words: str) -> None:
        """Write the title."""
        self.write(MARGIN, 36, words, size=TITLE, weight="bold")

    def key(self, top: float, signs: Sequence[Artist], columns: int) -> None:
        """Explain the signs."""
        self.figure.legend(
            handles=list(signs),
            ncols=columns,
            loc="upper left",
            bbox_to_anchor=(MARGIN / WIDTH, 1 - top / self.height),
            borderaxespad=0,
            borderpad=0,
            frameon=False,
            fontsize=SMALL,
            handlelength=1.6,
            columnspacing=1.5,
            labelspacing=0.4,
        )


def width_of(words: str, size: int = TEXT, weight: Weight = "normal") -> float:
    """Return how many pixels wide a line is."""
    ruler = _ruler()
    ruler.update({"text": words, "fontsize": size, "fontweight": weight})
    return ruler.get_window_extent().width


def wrapped(words: str, room: float, size: int = TEXT, weight: Weight = "normal") -> list[str]:
    """Break words into lines of at most `room` pixels; a word too long for a line is broken too."""
    if width_of(words, size, weight) <= room:
        return [words]
    lines = [""]
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(longer, size, weight) <= room:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if width_of(lines[-1] + letter, size, weight) > room:
                lines.append("")
            lines[-1] += letter
    return lines


def named(day: date) -> str:
    """Return a day as the chat says it."""
    return f"{day:%a} {day.day} {day:%b}"


@cache
def _ruler() -> Text:
    return Sheet(TEXT).figure.text(0, 0, "", fontfamily="DejaVu Sans", parse_math=False)
