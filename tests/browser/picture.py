"""The README's picture of the page: `python -m tests.browser.picture docs/pictures/page.png`."""

import io
import sys
from pathlib import Path

from PIL import Image

from tests.browser.chromium import browser
from tests.browser.demo_process import running_demo

_COLOURS = 256


def main(arguments: list[str]) -> int:
    """Live through a deposit, two mornings and a close report, take the picture, and return the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("Usage: python -m tests.browser.picture FILE.png\n")
        return 2
    with browser() as context, running_demo() as demo:
        page = context.new_page()
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(demo.url())
        texts = page.get_by_label("Received SMS")
        texts.get_by_text("Orders have been executed").wait_for(timeout=60_000)
        page.get_by_role("button", name="Close report").click()
        texts.get_by_role("article").nth(1).wait_for()
        page.get_by_label("Amount").fill("1000")
        page.get_by_role("button", name="Deposit", exact=True).click()
        page.get_by_role("button", name="Investing").click()
        texts.get_by_role("article").nth(2).wait_for()
        page.wait_for_timeout(1000)  # for what the last fills change
        taken = page.screenshot()
    picture = Image.open(io.BytesIO(taken)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    picture.save(Path(arguments[0]), optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
