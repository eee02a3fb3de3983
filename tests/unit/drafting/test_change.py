"""What a change of the allocation looks like before it is confirmed, and what is said of it afterwards."""

import pytest
from hypothesis import given

from bot.views import alerts as views
from bot.views.tables import MINUS
from core.allocation import Allocation, Sector
from core.drafting import change as allocation_change
from core.drafting.change import compare
from core.investing import Need
from core.messages import allocation_messages
from tests.unit.properties import allocations, steady

OLD = Allocation((Sector("Stocks", "VOO", 6_000), Sector("Bonds", "AGG", 3_500), Sector("Crypto", "BTC/USD", 500)))
NEW = Allocation((Sector("Large", "VOO", 6_550), Sector("World", "VXUS", 2_950), Sector("Crypto", "BTC/USD", 500)))


def test_the_table_shows_old_new_and_difference_of_every_fund() -> None:
    shown = views.table(allocation_change.table(compare(OLD, NEW)))
    assert shown.removeprefix("<pre>").removesuffix("</pre>").splitlines() == [
        "Fund      Old    New Change",
        "VOO     60.00  65.50  +5.50",
        "VXUS        -  29.50 +29.50",
        "BTCUSD   5.00   5.00   0.00",
        f"AGG     35.00      - {MINUS}35.00",
        "---------------------------",
        "Total  100.00 100.00   0.00",
    ]


def test_the_first_allocation_comes_out_of_nothing() -> None:
    assert [change.old for change in compare(None, OLD)] == [None, None, None]
    assert allocation_change.table(compare(None, OLD)).totals == (("Total", "0.00", "100.00", "+100.00"),)


def test_funds_that_come_leave_or_are_renamed_have_a_sentence() -> None:
    assert allocation_change.notes(compare(OLD, NEW)) == (
        "VOO is renamed: Stocks becomes Large.",
        "VXUS is new: World.",
        "AGG leaves (Bonds): what the account holds of it stays, untracked.",
    )


def test_in_one_line_only_what_differs_is_named() -> None:
    assert allocation_change.in_words(compare(OLD, NEW)) == "VOO 60% to 65.5%, VXUS 0% to 29.5%, AGG 35% to 0%"
    assert allocation_change.in_words(compare(OLD, OLD)) == "no weight changes"


@given(allocations(), allocations())
@steady
def test_the_differences_cancel_out(old: Allocation, new: Allocation) -> None:
    changes = compare(old, new)
    assert sum(change.difference for change in changes) == 0
    assert {change.symbol for change in changes} == old.weights.keys() | new.weights.keys()


def test_the_others_hear_who_changed_what_and_that_nothing_is_sold() -> None:
    said = allocation_messages.changed("telegram user 7", 3, compare(OLD, NEW))
    assert said.text == (
        "Telegram user 7 changed the allocation (version 3): VOO 60% to 65.5%, VXUS 0% to 29.5%, AGG 35% to 0%. "
        "Nothing is sold."
    )
    assert said.notes[0] == "By telegram user 7."
    assert said.notes[-1] == allocation_change.NOTHING_IS_SOLD


@pytest.mark.parametrize(
    ("under_way", "said"),
    [(False, "Version 3 is active: the next run buys by it."), (True, "version 3 takes effect with the next run.")],
)
def test_the_answer_says_since_when_a_version_counts(under_way: bool, said: str) -> None:
    assert said in allocation_messages.takes_effect(3, run_under_way=under_way)


def test_a_daily_limit_that_is_too_low_is_named_with_its_figures() -> None:
    need = Need(200_00, Sector("Crypto", "BTC/USD", 500), 10_00)
    assert allocation_messages.beyond_limit(need, 150_00) == (
        "Warning: max_per_day $150 is too low for it: Crypto gets its minimum of $10 only from $200 a day on. "
        "Nothing would be bought until the limit is raised (/limits) or that sector gets more."
    )


def test_the_cash_that_a_run_needs_is_said_where_it_changes() -> None:
    before, after = (Need(cash, Sector("Crypto", "BTC/USD", 500), 10_00) for cash in (200_00, 400_00))
    assert allocation_messages.needs(before, before) == ""
    assert allocation_messages.needs(before, after).startswith("A run will need $400 of cash, until now it was $200:")
    assert allocation_messages.needs(None, after).startswith("A run will need $400 of cash: from then on Crypto")
