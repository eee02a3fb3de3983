"""Every picture, drawn."""

import warnings
from io import BytesIO
from typing import assert_never

from matplotlib.figure import Figure
from PIL import Image

from bot.charts import account_value, returns, weights
from bot.charts.paper import LINE, MARGIN, WIDTH, Sheet, look, named, wrapped
from core.reporting.pictures import AccountValue, Picture, Returns, Weights

COLOURS = 64
"""More than a picture of a few flat colours and their soft edges needs."""


def png(picture: Picture) -> bytes:
    """Draw a picture 1080 pixels wide, on white, as a PNG."""
    with look(), warnings.catch_warnings():
        # A name may have a letter that the font lacks: a box stands for it, and nobody needs to be told.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        drawn = figure(picture)
        pixels = BytesIO()
        drawn.savefig(pixels, format="rgba")
        size = (round(drawn.bbox.width), round(drawn.bbox.height))
        image = Image.frombytes("RGBA", size, pixels.getvalue()).convert("RGB")
        file = BytesIO()
        # A quarter of the bytes, and sooner written.
        image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, "PNG")
        return file.getvalue()


def figure(picture: Picture) -> Figure:
    """Draw a picture, to be called and rendered within `paper.look`."""
    match picture:
        case Weights(day, ()):
            return _sentence(f"Target against actual, {named(day)}", "There is no sector to show.")
        case Weights():
            return weights.draw(picture)
        case AccountValue(()):
            return _sentence("Account value", "No day's value is known yet.")
        case AccountValue():
            return account_value.draw(picture)
        case Returns(day, ()):
            return _sentence(f"Sector returns, {named(day)}", "No sector is held.")
        case Returns():
            return returns.draw(picture)
        case _:
            assert_never(picture)


def _sentence(title: str, sentence: str) -> Figure:
    lines = wrapped(sentence, WIDTH - 2 * MARGIN)
    sheet = Sheet(160 + len(lines) * LINE)
    sheet.title(title)
    for row, line in enumerate(lines):
        sheet.write(MARGIN, 112 + row * LINE, line)
    return sheet.figure
