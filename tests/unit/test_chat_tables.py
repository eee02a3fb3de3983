"""Tables on a narrow screen: no line wraps, no figure is cut, and whatever fits is aligned."""

from hypothesis import given
from hypothesis import strategies as st

from bot.views.tables import MINUS, WIDTH, laid_out
from core.alerts import Table
from tests.unit.properties import steady

BOUGHT = Table(
    ("Sector", "Symbol", "Bought"),
    (("Stocks", "VOO", "1,035.00"), ("Bonds & <bills>", "AGG", "5.00")),
    (("Total", "", "1,040.00"),),
)

NAMES = st.text("abc dé&<", max_size=60)
FIGURES = st.decimals(-(10**9), 10**9, places=2).map(lambda figure: f"{figure:,}")
SYMBOLS = st.sampled_from(("VOO", "BTCUSD", "BRK.B", ""))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a table of a name, a symbol and up to six figures a row."""
    figures = draw(st.integers(1, 6))
    row = st.tuples(NAMES, SYMBOLS, *[FIGURES] * figures)
    columns = ("Sector", "Symbol", *draw(st.lists(st.text("abcdef", max_size=14), min_size=figures, max_size=figures)))
    return Table(columns, tuple(draw(st.lists(row, max_size=5))), tuple(draw(st.lists(row, max_size=2))))


def test_names_stand_left_and_figures_right() -> None:
    assert laid_out(BOUGHT) == [
        "Sector          Symbol   Bought",
        "Stocks          VOO    1,035.00",
        "Bonds & <bills> AGG        5.00",
        "-------------------------------",
        "Total                  1,040.00",
    ]


def test_several_columns_of_figures_all_stand_right() -> None:
    table = Table(("Sector", "Target", "Actual"), (("Stocks", "60%", "9.5%"), ("Bonds", "40%", "90.5%")))
    assert laid_out(table) == ["Sector Target Actual", "Stocks    60%   9.5%", "Bonds     40%  90.5%"]


def test_a_name_of_forty_characters_leaves_the_figures_in_their_columns() -> None:
    long = Table(("Sector", "Symbol", "Bought"), (("x" * 40, "VOO", "35.00"), ("Bonds", "AGG", "5.00")))
    heading, first, second = laid_out(long)
    assert len(heading) == len(first) == len(second) == WIDTH
    assert "x… VOO" in first


def test_where_figures_leave_no_room_for_names_those_stand_above_them() -> None:
    wide = Table(
        ("Sector", "Target", "Actual", "Variance"),
        (("Domestic Large Cap", "1,000,000.00", "999,000.00", "-1,000.00"),),
    )
    assert laid_out(wide) == [
        "Sector",
        "      Target     Actual  Variance",
        "Domestic Large Cap",
        f"1,000,000.00 999,000.00 {MINUS}1,000.00",
    ]


def test_more_figures_than_a_line_has_room_for_stand_one_a_line() -> None:
    figures = ("1,000,000.00", "2,000,000.00", "-3,000,000.00")
    assert laid_out(Table(("Sector", "Cost", "Value", "Gain"), (("Domestic Large Cap", *figures),))) == [
        "Domestic Large Cap",
        " Cost: 1,000,000.00",
        " Value: 2,000,000.00",
        f" Gain: {MINUS}3,000,000.00",
    ]


def test_a_table_without_rows_is_its_heading() -> None:
    assert laid_out(Table(("Sector", "Weight"), ())) == ["Sector Weight"]


@steady
@given(tables())
def test_no_line_of_any_table_is_wider_than_a_phone_and_no_figure_is_cut(table: Table) -> None:
    lines = laid_out(table)
    assert max(map(len, lines)) <= WIDTH
    shown = " ".join(lines).split()
    for row in (*table.rows, *table.totals):
        assert all(figure.replace("-", MINUS) in shown for figure in row[2:])
