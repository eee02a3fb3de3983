"""What of the account may be invested, and what limits it."""

from decimal import Decimal

import pytest

from core.account import Account, Asset, Investable, Limit, Minimums, investable
from core.money import Cents
from core.symbols import AssetClass


def account(cash: str, *, open_buys: str = "0", settled: str | None = None, buying_power: str | None = None) -> Account:
    return Account(
        "1", Decimal(cash), Decimal(open_buys), Decimal(buying_power or "1e6"), Decimal(settled or buying_power or cash)
    )


def free(found: Account, *, reserve: Cents = 0, left_today: Cents | None = None) -> Investable:
    return investable(found, reserve=reserve, left_today=left_today)


def test_all_cash_may_be_invested_and_cash_is_what_limits_it() -> None:
    assert free(account("250.00")) == Investable(250_00, Limit.CASH, free_cash=250_00, reserve=0)


def test_margin_is_never_touched() -> None:
    found = free(account("100.00", settled="100.00", buying_power="400.00"))
    assert (found.cents, found.limited_by) == (100_00, Limit.CASH)


def test_what_open_buys_may_still_cost_is_spoken_for() -> None:
    found = free(account("100.00", open_buys="30.01", settled="100.00"))
    assert (found.cents, found.free_cash) == (69_99, 69_99)


def test_negative_cash_is_nothing_whatever_the_broker_would_lend() -> None:
    found = free(account("-250.00", settled="900.00", buying_power="2000.00"))
    assert found == Investable(0, Limit.CASH, free_cash=0, reserve=0, owed=250_00)


def test_unsettled_cash_waits() -> None:
    found = free(account("300.00", settled="120.50"))
    assert (found.cents, found.limited_by, found.free_cash) == (120_50, Limit.SETTLED_CASH, 300_00)


def test_buying_power_below_the_cash_limits() -> None:
    found = free(account("300.00", settled="300.00", buying_power="80.00"))
    assert (found.cents, found.limited_by) == (80_00, Limit.BUYING_POWER)


def test_a_part_of_a_cent_is_left_alone() -> None:
    assert free(account("99.9999")).cents == 99_99


def test_the_reserve_is_kept_back() -> None:
    found = free(account("100.00"), reserve=25_00)
    assert (found.cents, found.free_cash, found.reserve) == (75_00, 100_00, 25_00)


def test_a_reserve_above_the_cash_leaves_nothing_and_no_debt() -> None:
    assert free(account("10.00"), reserve=25_00).cents == 0


def test_no_more_than_the_daily_limit_leaves_is_invested() -> None:
    found = free(account("100.00"), left_today=40_00)
    assert (found.cents, found.limited_by) == (40_00, Limit.MAX_PER_DAY)


def test_a_daily_limit_that_is_used_up_leaves_nothing() -> None:
    found = free(account("100.00"), left_today=0)
    assert (found.cents, found.limited_by) == (0, Limit.MAX_PER_DAY)


@pytest.mark.parametrize("left_today", [100_00, 500_00])
def test_a_daily_limit_that_does_not_bite_is_not_named(left_today: Cents) -> None:
    found = free(account("100.00"), left_today=left_today)
    assert (found.cents, found.limited_by) == (100_00, Limit.CASH)


def test_the_daily_limit_is_compared_after_the_reserve() -> None:
    found = free(account("100.00"), reserve=70_00, left_today=40_00)
    assert (found.cents, found.limited_by) == (30_00, Limit.CASH)


def test_each_class_has_a_minimum_of_its_own() -> None:
    minimums = Minimums(us_equity=1_00, crypto=10_00)
    assert minimums.of(AssetClass.US_EQUITY) == 1_00
    assert minimums.of(AssetClass.CRYPTO) == 10_00


@pytest.mark.parametrize(
    ("asset", "trouble"),
    [
        (Asset("VOO", tradable=True, fractionable=True), None),
        (Asset("VOO", tradable=False, fractionable=True), "VOO cannot be traded at the moment"),
        (Asset("VOO", tradable=True, fractionable=False), "VOO cannot be bought in fractions"),
    ],
)
def test_an_asset_says_why_an_order_for_it_would_fail(asset: Asset, trouble: str | None) -> None:
    assert asset.trouble == trouble
