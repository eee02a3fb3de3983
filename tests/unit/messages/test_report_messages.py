"""The words of the close report and the variance, to the character: an SMS has nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.account import Limit
from core.activities import Activity, ActivityKind
from core.alerts import Alert
from core.allocation import Allocation, Sector
from core.investing import AccountBlocked, NotEnoughCash, Paused, Plan, Skip
from core.messages import report_messages, variance_messages
from core.messages.variance_messages import Outlook
from core.orders import OrderIntent
from core.positions import Position
from core.reporting import standing, variance
from core.reporting.snapshots import Snapshot
from core.reporting.standing import Standing
from tests.unit.histories import day, flow, other, position, snapshot, trade

FRIDAY = day(27)
THREE = Allocation(
    (
        Sector("Domestic Large Cap", "VOO", 5000),
        Sector("Domestic Mid Cap", "IJH", 3000),
        Sector("Crypto", "BTC/USD", 2000),
    )
)
LARGE = replace(position("VOO", 1, "100", "104.15"), change_today=Decimal("-0.0223"))
MID = replace(position("IJH", 1, "100", "97.87"), change_today=Decimal("0.0152"))
SHORT = NotEnoughCash(0, 200_00, "Crypto", 500, 10_00, Limit.CASH, 0, 0)


def stands(
    *positions: Position,
    cash: str = "0",
    past: Sequence[Snapshot] = (),
    activities: Sequence[Activity] = (),
    late: bool = False,
) -> Standing:
    now = standing.snapshot_of(FRIDAY, Decimal(cash), positions)
    return standing.stand(THREE, positions, now, past, activities, late=late)


def text(*positions: Position, late: bool = False) -> str:
    return report_messages.close_report(stands(*positions, late=late)).text


def of_week(*positions: Position, answer: Plan | Skip = SHORT, late_for: date | None = None, cash: str = "10") -> Alert:
    account = stands(*positions, cash=cash)
    outlook = Outlook(Decimal("1.5"), answer, Decimal("0.25"), variance.cash_share(account.snapshot.cash, account.held))
    return variance_messages.variance(account, variance.measure(THREE, account.held), outlook, late_for=late_for)


# The close report.


def test_the_original_s_words() -> None:
    assert text(MID, LARGE) == (
        "Domestic Large Cap is down 2.23% today. Our position is up 4.15% cumulatively. "
        "Domestic Mid Cap is up 1.52% today. Our position is down 2.13% cumulatively."
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("0", "unchanged"),
        ("0.00004999", "unchanged"),
        ("-0.00004999", "unchanged"),
        ("0.00005", "up 0.01%"),
        ("-0.00005", "down 0.01%"),
        ("1.5", "up 150.00%"),
        ("-1", "down 100.00%"),
    ],
)
def test_what_rounds_to_nothing_is_unchanged(change: str, words: str) -> None:
    moved = replace(LARGE, change_today=Decimal(change), market_value=100 * (1 + Decimal(change)))
    assert text(moved) == f"Domestic Large Cap is {words} today. Our position is {words} cumulatively."


def test_what_belongs_to_no_sector_comes_last_and_is_called_so() -> None:
    coin = replace(position("ETH/USD", 1, 100, 110), change_today=Decimal("0.01"))
    assert text(coin, LARGE).endswith(
        "Our position is up 4.15% cumulatively. ETHUSD, which belongs to no sector, is up 1.00% today. "
        "Our position is up 10.00% cumulatively."
    )


def test_nothing_held_is_said() -> None:
    alert = report_messages.close_report(stands(cash="5"))
    assert alert.text == "Nothing is held yet, so there is nothing to report."
    assert alert.notes[0] == alert.text
    assert "The account is worth $5.00, $5.00 of it in cash." in alert.notes


def test_given_late_it_names_the_day() -> None:
    assert text(LARGE, late=True) == (
        "Domestic Large Cap was down 2.23% on 2026-11-27. Our position was up 4.15% cumulatively."
    )


@pytest.mark.parametrize(
    ("wrong", "sentences", "figures"),
    [
        (
            replace(LARGE, price=None, market_value=None, change_today=None),
            "It is not known how Domestic Large Cap did today. "
            "The return of our position is not yet measurable: its value is not known. ",
            ("?", "?"),
        ),
        (
            replace(LARGE, cost_basis=None),
            "Domestic Large Cap is down 2.23% today. "
            "The return of our position is not yet measurable: its cost basis is not known. ",
            ("-2.23%", "?"),
        ),
        (
            replace(LARGE, cost_basis=Decimal(0)),
            "Domestic Large Cap is down 2.23% today. "
            "The return of our position is not yet measurable: its cost basis is zero. ",
            ("-2.23%", "?"),
        ),
    ],
)
def test_a_position_without_price_or_cost_is_said_and_costs_no_other_line(
    wrong: Position, sentences: str, figures: tuple[str, str]
) -> None:
    account = stands(wrong, MID)
    alert = report_messages.close_report(account)
    assert alert.text == (f"{sentences}Domestic Mid Cap is up 1.52% today. Our position is down 2.13% cumulatively.")
    assert alert.table is not None
    assert [row[:3] for row in alert.table.rows] == [
        ("Domestic Large Cap", *figures),
        ("Domestic Mid Cap", "+1.52%", "-2.13%"),
    ]
    assert any(note.startswith("Domestic Large Cap: the price return is not yet measurable") for note in alert.notes)


def test_an_unknown_kind_of_activity_is_said_with_its_amount() -> None:
    strange = other(ActivityKind.UNKNOWN, day(26), 12, type_="XYZ")
    alert = report_messages.close_report(stands(LARGE, activities=[trade(day(25), "VOO", 1, 100), strange]))
    assert alert.text.endswith(
        "Alpaca lists activities of a kind that Allocator does not know (XYZ, $12.00 in all): they count as gain or "
        "loss, not as deposits."
    )
    assert alert.text.startswith("Domestic Large Cap is down 2.23% today. Our position is up 4.15% cumulatively.")


def test_an_unknown_kind_of_activity_is_soon_no_news_any_more_and_stays_a_note_of_the_performance() -> None:
    strange = [trade(day(23), "VOO", 1, 100), other(ActivityKind.UNKNOWN, day(25), 12, type_="XYZ")]
    # What was listed after the report of its own day is in the next one; then it has been told.
    first = stands(LARGE, past=[ended(24), ended(25)], activities=strange)
    later = stands(LARGE, past=[ended(24), ended(25), ended(26)], activities=strange)
    for said, times in (
        (report_messages.close_report(first), 1),
        (report_messages.close_report(later), 0),
        (report_messages.performance(first), 1),
        (report_messages.performance(later), 1),
    ):
        assert sum("XYZ" in note for note in said.notes) == times
        assert said.text.count("XYZ") == times


def ended(day_of_november: int) -> Snapshot:
    return Snapshot(day(day_of_november), Decimal(100), ())


def test_a_symbol_that_a_corporate_action_changed_is_doubted_in_the_chat_and_kept_in_the_sms() -> None:
    changed = [
        trade(day(25), "VOO", 1, 100),
        other(ActivityKind.CORPORATE, day(26), 0, "VOO", quantity=1, type_="SPLIT"),
    ]
    alert = report_messages.close_report(stands(replace(LARGE, quantity=Decimal(2)), MID, activities=changed))
    assert alert.text.startswith("Domestic Large Cap is down 2.23% today. Our position is up 4.15% cumulatively.")
    assert "Domestic Large Cap: a corporate action, SPLIT of 2026-11-26, has changed it." in alert.notes


def test_a_negative_cash_balance_is_shown_as_owed() -> None:
    alert = report_messages.close_report(stands(LARGE, cash="-20"))
    assert "The account is worth $84.15, its cash is negative: it owes $20.00." in alert.notes


def test_an_account_without_a_history_says_what_it_cannot_measure() -> None:
    alert = report_messages.performance(stands(LARGE))
    assert alert.title == "Performance, Fri 27 Nov"
    assert (
        "Money-weighted return (XIRR) since start: not yet measurable: there is not yet a day's end to measure from."
        in alert.notes
    )
    assert alert.tables[0].rows[0] == ("today", "?", "?")


def test_every_figure_has_the_name_of_its_measure() -> None:
    history = [snapshot(day(20), 0), snapshot(day(26), 90)]
    activities = [flow(day(26), 100), trade(day(27), "VOO", 1, 100)]
    alert = report_messages.close_report(stands(LARGE, past=history, activities=activities))
    assert alert.tables[0].rows[0] == ("today", "+14.15", "+15.72%")
    assert alert.notes == (
        report_messages.MEASURES,
        "Gain $: in dollars, deposits and withdrawals aside. Time-wtd.: the time-weighted return.",
        "Money-weighted return (XIRR) since start: +4.15%.",
        "Total return of all that was bought: +4.15%.",
        "The account is worth $104.15, $0.00 of it in cash.",
        "The year to date is counted from 2026-11-20, where the history begins.",
    )


def test_the_summary_has_the_day_s_gist_in_one_sentence() -> None:
    account = stands(LARGE, MID, past=[snapshot(day(26), 200)], late=True)
    assert report_messages.close_report(account).summary == (
        "The close report of 2026-11-27: sectors up: 1, down: 1; the account's gain of the day is $2.02."
    )


# The variance.


def test_the_original_s_words_of_the_variance() -> None:
    large, mid = position("VOO", 1, 1, "50.0012"), position("IJH", 1, 1, "29.9998")
    coins = position("BTC/USD", 1, 1, "19.999")
    assert of_week(large, mid, coins).text == (
        "In our account, Domestic Large Cap is off by 0.0012%, Domestic Mid Cap is off by 0.0002%, "
        "Crypto is off by 0.001%."
    )


def test_what_is_at_its_target_is_off_by_nothing_and_what_is_not_held_by_its_weight() -> None:
    assert of_week(position("VOO", 1, 1, 50), position("IJH", 1, 1, 50)).text == (
        "In our account, Domestic Large Cap is off by 0%, Domestic Mid Cap is off by 20%, Crypto is off by 20%."
    )


def test_the_chat_adds_direction_dollars_drift_its_change_and_cash() -> None:
    alert = of_week(position("VOO", 1, 1, 60), position("IJH", 1, 1, 30))
    assert alert.table is not None
    assert alert.table.rows == (
        ("Domestic Large Cap", "66.7%", "+16.67", "+15"),
        ("Domestic Mid Cap", "33.3%", "+3.33", "+3"),
        ("Crypto", "0.0%", "-20.00", "-18"),
    )
    assert alert.notes[1:] == (
        "Drift: 20.00 percentage points (half the sum of all variances), 18.50 more than a week before.",
        "Cash: 10.00% of the account.",
        "The next investment waits for cash: $0 is available, and $200 is needed. Until then only prices move the "
        "drift.",
    )


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            Plan((OrderIntent("1", "Crypto", "BTC/USD", 10_00),), 10_00, 10_00, {}),
            "The next investment would be $10; it would bring the drift to 0.25.",
        ),
        (
            Paused(10_00, None),
            "Investing is paused, so nothing can be bought now. Say /resume first; then /invest works.",
        ),
        (
            AccountBlocked("it is blocked", 10_00),
            "Alpaca does not let this account trade: it is blocked. Please look at the account at Alpaca.",
        ),
    ],
)
def test_what_the_next_investment_does_is_said(answer: Plan | Paused | AccountBlocked, sentence: str) -> None:
    assert of_week(LARGE, answer=answer).notes[-1] == sentence


def test_a_sector_of_unknown_value_is_named_and_the_others_are_kept() -> None:
    alert = of_week(replace(LARGE, market_value=None), position("IJH", 1, 1, 30), position("BTC/USD", 1, 1, 20))
    assert alert.text == (
        "In our account, Domestic Mid Cap is off by 0%, Crypto is off by 0%. "
        "Domestic Large Cap: its value is not known, so it is left out."
    )
    assert alert.table is not None
    assert alert.table.rows[0] == ("Domestic Large Cap", "?", "?", "?")


def test_the_share_of_a_negative_cash_balance_is_not_guessed() -> None:
    assert (
        "The share of cash is not yet measurable: the account's cash is negative, it owes $3.50."
        in of_week(LARGE, cash="-3.5").notes
    )


def test_nothing_held_has_no_variance_and_says_so() -> None:
    assert of_week().text == "The variance is not yet measurable: nothing of the allocation is held."


def test_a_variance_given_late_names_its_week() -> None:
    assert of_week(position("VOO", 1, 1, 50), late_for=day(20)).text.startswith(
        "For the week that ended on 2026-11-20, given late: In our account, Domestic Large Cap is off by 50%"
    )
