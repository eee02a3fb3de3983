"""Pictures: nothing clipped, nothing over another, and every fact there that is not a matter of colour."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from bot.charts import drawing
from bot.charts.account_value import DEPOSIT, PUT_IN, VALUE, WITHDRAWAL
from bot.charts.paper import BLUE, GREEN, INK, MINUS, PAPER, PURPLE, VERMILLION, WIDTH, look
from bot.charts.returns import GAIN, LOSS
from core.reporting.pictures import AccountValue, Picture, Returns, Weights
from tests.unit.properties import steady

DAY = date(2026, 11, 27)
LONGEST = "Emerging Markets ex China, Small and Mid"
WIDEST = "W" * 40
SMALLEST_TEXT = 26


class Drawn:
    """A picture as it is rendered: its texts and its bars, each with the pixels it takes."""

    def __init__(self, picture: Picture) -> None:
        with look():
            self.figure: Figure = drawing.figure(picture)
            self.figure.draw_without_rendering()
            found = [text for text in self.figure.findobj(Text) if isinstance(text, Text)]
            self.texts = [
                (text.get_text(), text.get_window_extent(), float(text.get_fontsize()))
                for text in found
                if text.get_visible() and text.get_text()
            ]
            self.bars = [
                bar.get_window_extent()
                for axes in self.figure.axes
                for bar in axes.patches
                if isinstance(bar, Rectangle) and bar.get_width()
            ]

    @property
    def words(self) -> list[str]:
        """Everything that can be read, in no order."""
        return [words for words, _, _ in self.texts]

    def line(self, ink: dict[str, object]) -> Line2D:
        """The line or the marks of one kind."""
        (found,) = [line for line in self.figure.axes[0].lines if line.get_label() == ink["label"]]
        return found

    def points(self, ink: dict[str, object]) -> list[list[float]]:
        """Day and dollars of each point of a line, or of each mark of one kind."""
        points: list[list[float]] = np.asarray(self.line(ink).get_xydata()).tolist()
        return points


def check(drawn: Drawn) -> None:
    """Fail when a text is clipped, too small, over another one, or over a bar."""
    sheet = drawn.figure.bbox
    for words, place, size in drawn.texts:
        inside = place.x0 >= 0 and place.y0 >= 0 and place.x1 <= sheet.x1 and place.y1 <= sheet.y1
        assert inside, f"{words} is clipped: {place} of {sheet}"
        assert size >= SMALLEST_TEXT, f"{words} is too small"
        assert not any(overlap(place, bar) for bar in drawn.bars), f"{words} lies over a bar"
    for (one, here, _), (other, there, _) in combinations(drawn.texts, 2):
        assert not overlap(here, there), f"{one} lies over {other}"


def overlap(one: Bbox, other: Bbox) -> bool:
    """Return whether two boxes share more than a pixel."""
    wide, tall = min(one.x1, other.x1) - max(one.x0, other.x0), min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(wide > 1 and tall > 1)


def weights(names: Sequence[str], target: str = "3.33", actual: str | None = "4.5") -> Weights:
    known = None if actual is None else Decimal(actual)
    return Weights(DAY, tuple((name, Decimal(target), known) for name in names))


def returns(*percents: str | None) -> Returns:
    return Returns(
        DAY,
        tuple(
            (f"Sector {place}", None if percent is None else Decimal(percent)) for place, percent in enumerate(percents)
        ),
    )


def account(days: int, *flows: tuple[int, int], step: int = 1, first: int = 10_000, gain: int = 3) -> AccountValue:
    """Return a value that grows by `gain` a point; flows are (point, dollars), the last point is DAY."""
    points, put_in, value = [], Decimal(first), Decimal(first)
    for place in range(days):
        flow = sum(amount for when, amount in flows if when == place)
        put_in, value = put_in + flow, value + flow + gain
        points.append((DAY - timedelta((days - 1 - place) * step), value, put_in))
    return AccountValue(tuple(points), tuple((points[place][0], Decimal(amount)) for place, amount in flows))


@pytest.mark.parametrize(
    "picture",
    [
        weights([f"{LONGEST[:-2]}{place:02}" for place in range(30)]),
        weights([f"{WIDEST[:-2]}{place:02}" for place in range(30)], actual=None),
        weights(["Stocks"], target="0", actual="0"),
        weights(["Stocks", "Short"], actual="-12.5"),
        Returns(DAY, tuple((f"{LONGEST[:-2]}{place:02}", Decimal(place * 37 - 600) / 10) for place in range(30))),
        returns("-4.15", "-30", "-0.01"),
        returns("12345678.9", None, "-0.001", "0"),
        returns(None, None),
        returns("-99999999", "99999999"),
        account(1, first=0, gain=0),
        account(2, (0, 100)),
        account(5, (1, -9_990), (3, -200), gain=-1),
        account(8, step=40, first=1_234_567_890, gain=12_345_678),
        account(3, gain=0),
        account(520, *((place, 250) for place in range(1, 520, 4)), step=7),
    ],
    ids=lambda picture: f"{type(picture).__name__}",
)
def test_nothing_is_clipped_or_lies_over_another(picture: Picture) -> None:
    check(Drawn(picture))


percents = st.none() | st.decimals(-10_000, 10_000, places=2)
names = st.text(st.sampled_from("WMil $^_{}\\%éß"), min_size=1, max_size=40).map(str.strip).filter(bool)


@settings(steady, max_examples=6)
@given(st.lists(st.tuples(names, st.decimals(0, 100, places=2), percents), min_size=1, max_size=8))
def test_no_name_and_no_weight_spoils_a_picture(sectors: list[tuple[str, Decimal, Decimal | None]]) -> None:
    check(Drawn(Weights(DAY, tuple(sectors))))
    check(Drawn(Returns(DAY, tuple((name, gained) for name, _, gained in sectors))))


@settings(steady, max_examples=10)
@given(st.integers(2, 12), st.integers(1, 4_000), st.integers(-(10**9), 10**9), st.integers(-(10**6), 10**6))
def test_no_span_and_no_amount_spoils_the_accounts_picture(days: int, step: int, first: int, gain: int) -> None:
    check(Drawn(account(days, (1, 500), step=step // days + 1, first=first, gain=gain)))


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (Weights(DAY, ()), "There is no sector to show."),
        (Returns(DAY, ()), "No sector is held."),
        (AccountValue((), ()), "No day's value is known yet."),
    ],
)
def test_where_there_is_nothing_the_picture_says_so(picture: Picture, said: str) -> None:
    drawn = Drawn(picture)
    assert said in drawn.words
    check(drawn)


@pytest.mark.parametrize(
    ("picture", "facts"),
    [
        (weights(["Stocks"]), {"Target against actual, Fri 27 Nov", "Weight in the tracked positions, %"}),
        (returns("1"), {"Sector returns, Fri 27 Nov", "Price return of our position, %"}),
        (account(2), {"Account value, Fri 27 Nov", "US dollars", "Day (2026)"}),
        (account(2, step=365), {"Day (2025 to 2026)"}),
    ],
)
def test_each_picture_has_its_day_and_names_its_axes(picture: Picture, facts: set[str]) -> None:
    assert facts <= set(Drawn(picture).words)


@pytest.mark.parametrize(
    ("target", "actual", "beside"),
    [
        ("35", "36.2", "+1.20"),
        ("18", "16.1", f"{MINUS}1.90"),
        ("2", "2.0012", "+0.0012"),
        ("2", "1.99", f"{MINUS}0.010"),
        ("2", "2", "0.00"),
        ("2", "2.0000000001", "0.00"),
        ("2", None, "not known"),
    ],
)
def test_the_variance_stands_beside_each_pair(target: str, actual: str | None, beside: str) -> None:
    assert beside in Drawn(weights(["Stocks"], target, actual)).words


def test_a_weight_that_is_not_known_has_no_bar() -> None:
    assert len(Drawn(weights(["Stocks"], actual=None)).bars) == 1
    assert len(Drawn(weights(["Stocks"], actual="3")).bars) == 2


def test_gains_and_losses_differ_by_sign_side_and_hatch() -> None:
    drawn = Drawn(returns("4.15", "-2.13", "0", None))
    assert {"+4.15%", f"{MINUS}2.13%", "0.00%", "not known"} <= set(drawn.words)
    gain, loss, _unchanged = [bar for bar in drawn.figure.axes[0].patches if isinstance(bar, Rectangle)]
    assert gain.get_width() > 0 > loss.get_width()
    assert (gain.get_hatch(), loss.get_hatch()) == (GAIN.get("hatch"), LOSS["hatch"])


def test_a_return_that_reads_as_nothing_has_no_bar_however_small_the_others() -> None:
    drawn = Drawn(Returns(DAY, (("Stocks", Decimal("0.0003")), ("Bonds", Decimal("-0.0001")))))
    assert drawn.words.count("0.00%") == 2
    assert drawn.bars == []
    check(drawn)


def test_an_account_shows_its_value_and_the_money_put_in() -> None:
    drawn = Drawn(account(3, (1, 2_500)))
    assert "$12,509.00 with $12,500.00 put in" in drawn.words
    assert [dollars for _, dollars in drawn.points(VALUE)] == [10_003, 12_506, 12_509]
    assert [dollars for _, dollars in drawn.points(PUT_IN)] == [10_000, 12_500, 12_500]
    assert drawn.line(PUT_IN).get_linestyle() != drawn.line(VALUE).get_linestyle()


def test_deposits_and_withdrawals_are_marked_where_the_money_put_in_changes() -> None:
    drawn = Drawn(account(9, (2, 500), (6, -300)))
    assert drawn.points(DEPOSIT) == [[(DAY - timedelta(6)).toordinal(), 10_500]]
    assert drawn.points(WITHDRAWAL) == [[(DAY - timedelta(2)).toordinal(), 10_200]]
    assert drawn.line(DEPOSIT).get_marker() != drawn.line(WITHDRAWAL).get_marker()


def test_a_deposit_on_a_day_without_a_point_is_marked_at_what_it_led_to() -> None:
    monday, saturday = DAY + timedelta(3), DAY + timedelta(1)
    points = ((DAY, Decimal(100), Decimal(100)), (monday, Decimal(150), Decimal(150)))
    drawn = Drawn(AccountValue(points, ((saturday, Decimal(50)),)))
    assert drawn.points(DEPOSIT) == [[saturday.toordinal(), 150]]


def test_what_did_not_happen_is_not_in_the_key() -> None:
    words = Drawn(account(9, (2, 500))).words
    assert "Deposit" in words
    assert "Withdrawal" not in words


def test_a_picture_is_a_small_png_on_a_ground_of_its_own() -> None:
    file = drawing.png(weights([f"{LONGEST[:-2]}{place:02}" for place in range(30)]))
    assert len(file) < 150_000
    with Image.open(BytesIO(file)) as image:
        assert image.format == "PNG"
        assert image.width == WIDTH
        assert min(image.convert("RGB").tobytes()[:3]) >= 250
        assert set(image.convert("RGBA").getchannel("A").tobytes()) == {255}


def test_a_letter_that_the_font_lacks_is_no_trouble() -> None:
    assert drawing.png(weights(["漢字 \N{GRINNING FACE}"]))


@pytest.mark.parametrize(("colour", "ratio"), [(INK, 7), (BLUE, 3), (VERMILLION, 3), (GREEN, 3), (PURPLE, 2)])
def test_colours_stand_out_from_the_ground(colour: str, ratio: float) -> None:
    # WCAG 2.2: 7 for text, 3 for what is drawn; the withdrawal's mark has a dark edge besides.
    assert (luminance(PAPER) + 0.05) / (luminance(colour) + 0.05) >= ratio


def luminance(colour: str) -> float:
    """Return the relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
