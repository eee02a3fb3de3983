"""How alerts and facts look in the chat: aligned, escaped, and never longer than a message may be."""

from html import unescape

from bot.views import alerts as views
from bot.views.splitting import shown_length
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


def test_what_html_would_read_is_escaped() -> None:
    assert "Bonds &amp; &lt;bills&gt;" in views.table(BOUGHT)
    assert "<bills>" not in views.table(BOUGHT)


def test_thirty_sectors_with_forty_characters_each_fit_one_message() -> None:
    sectors = tuple(
        Sector(f"{number:02}{'&' * 38}", f"A{chr(65 + number)}" if number < 26 else f"B{chr(39 + number)}", weight)
        for number, weight in enumerate([333] * 29 + [343])
    )
    shown = views.allocation(3, Allocation(sectors))
    assert shown_length(shown) <= views.LONGEST_MESSAGE
    assert len(lines_of(shown)) == 33


def test_an_alert_has_its_title_its_table_and_its_notes() -> None:
    said = Alert(AlertKind.EXECUTED, "whole", "Orders <done>", BOUGHT, ("The order for $5 of AGG & co is open.",))
    (html,) = views.alert(said)
    assert html.startswith("<b>Orders &lt;done&gt;</b>\n<pre>")
    assert html.endswith("</pre>\nThe order for $5 of AGG &amp; co is open.")


def test_further_tables_follow_the_first_one_before_the_notes() -> None:
    gains = Table(("Account", "Gain $"), (("today", "+1.00"),))
    (html,) = views.alert(Alert(AlertKind.CLOSE_REPORT, "whole", "Report", BOUGHT, ("Whole.",), tables=(gains,)))
    assert html.index("1,040.00") < html.index("Gain $") < html.index("Whole.")


def test_an_alert_without_a_table_shows_its_text() -> None:
    assert views.alert(Alert(AlertKind.SKIPPED, "$1 < $2", "Nothing")) == ("<b>Nothing</b>\n$1 &lt; $2",)


def test_an_alert_that_is_too_long_comes_in_parts_and_loses_no_word() -> None:
    words = [f"word{number}&" for number in range(900)]
    parts = views.alert(Alert(AlertKind.EXECUTED, "whole", "Long", BOUGHT, tuple(words)))
    assert len(parts) > 1
    assert all(shown_length(part) <= views.LONGEST_MESSAGE for part in parts)
    assert unescape("\n".join(parts)).split("\n")[-900:] == words


def test_the_allocation_names_its_version_and_its_whole() -> None:
    shown = views.allocation(3, Allocation((Sector("Stocks", "VOO", 9_500), Sector("Crypto", "BTC/USD", 500))))
    assert shown.startswith("<b>Allocation</b> (version 3)\n")
    assert lines_of(shown)[1:3] == ["Stocks VOO       95%", "Crypto BTCUSD     5%"]


def test_facts_stand_one_a_line() -> None:
    assert views.lines("A & B", [("Cash", "$5"), ("Market", "<closed>")]) == (
        "<b>A &amp; B</b>\nCash: $5\nMarket: &lt;closed&gt;"
    )


def test_a_loss_has_a_real_minus_sign_and_a_date_keeps_its_hyphens() -> None:
    assert views.escaped("-$3.50 since 2026-11-23, a day-to-day -0.5%") == (
        "\N{MINUS SIGN}$3.50 since 2026-11-23, a day-to-day \N{MINUS SIGN}0.5%"
    )
