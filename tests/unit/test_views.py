"""How alerts and tables look in the chat: aligned, escaped, and never longer than a message may be."""

from html import unescape

from bot import views
from core.alerts import Alert, AlertKind, Table
from core.allocation import Allocation, Sector

BOUGHT = Table(
    ("Sector", "Symbol", "Bought"),
    (("Stocks", "VOO", "1,035.00"), ("Bonds & <bills>", "AGG", "5.00")),
    (("Total", "", "1,040.00"),),
)


def lines_of(html: str) -> list[str]:
    """Return the lines of the table as a person sees them."""
    inside = html.partition("<pre>")[2].partition("</pre>")[0]
    return unescape(inside).split("\n")


def test_names_stand_left_and_figures_right() -> None:
    assert lines_of(views.table(BOUGHT)) == [
        "Sector          Symbol   Bought",
        "Stocks          VOO    1,035.00",
        "Bonds & <bills> AGG        5.00",
        "-------------------------------",
        "Total                  1,040.00",
    ]


def test_what_html_would_read_is_escaped() -> None:
    assert "Bonds &amp; &lt;bills&gt;" in views.table(BOUGHT)
    assert "<bills>" not in views.table(BOUGHT)


def test_a_name_of_forty_characters_leaves_the_figures_in_their_columns() -> None:
    long = Table(("Sector", "Symbol", "Bought"), (("x" * 40, "VOO", "35.00"), ("Bonds", "AGG", "5.00")))
    heading, first, second = lines_of(views.table(long))
    assert len(heading) == len(first) == len(second) <= 40
    assert first.startswith("xxxx")
    assert "… VOO" in first


def test_thirty_sectors_with_forty_characters_each_fit_one_message() -> None:
    sectors = tuple(
        Sector(f"{number:02}{'&' * 38}", f"A{chr(65 + number)}" if number < 26 else f"B{chr(39 + number)}", weight)
        for number, weight in enumerate([333] * 29 + [343])
    )
    shown = views.allocation(3, Allocation(sectors))
    assert len(shown) <= views.LONGEST_MESSAGE
    assert len(lines_of(shown)) == 33


def test_an_alert_has_its_title_its_table_and_its_notes() -> None:
    said = Alert(AlertKind.EXECUTED, "whole", "Orders <done>", BOUGHT, ("The order for $5 of AGG & co is open.",))
    (html,) = views.alert(said)
    assert html.startswith("<b>Orders &lt;done&gt;</b>\n<pre>")
    assert html.endswith("</pre>\nThe order for $5 of AGG &amp; co is open.")


def test_an_alert_without_a_table_shows_its_text() -> None:
    assert views.alert(Alert(AlertKind.SKIPPED, "$1 < $2", "Nothing")) == ("<b>Nothing</b>\n$1 &lt; $2",)


def test_an_alert_that_is_too_long_comes_in_parts_and_loses_no_word() -> None:
    words = [f"word{number}&" for number in range(900)]
    parts = views.alert(Alert(AlertKind.EXECUTED, " ".join(words), "Long", BOUGHT, tuple(words)))
    assert len(parts) > 1
    # Telegram counts what is shown, not its escapes.
    assert all(len(unescape(part)) <= views.LONGEST_MESSAGE for part in parts)
    assert unescape(" ".join(parts)).split(" ") == words


def test_the_allocation_names_its_version_and_its_whole() -> None:
    shown = views.allocation(3, Allocation((Sector("Stocks", "VOO", 9_500), Sector("Crypto", "BTC/USD", 500))))
    assert shown.startswith("<b>Allocation</b> (version 3)\n")
    assert lines_of(shown)[1:3] == ["Stocks VOO       95%", "Crypto BTCUSD     5%"]


def test_facts_stand_one_a_line() -> None:
    assert views.lines("A & B", [("Cash", "$5"), ("Market", "<closed>")]) == (
        "<b>A &amp; B</b>\nCash: $5\nMarket: &lt;closed&gt;"
    )
