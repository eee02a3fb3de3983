"""The purchases of a rebalancing, on the cash that is really there."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.account import Account
from core.allocation import Allocation, Sector
from core.investing import Cut, Plan, Waiting
from core.money import Cents
from core.orders import OrderIntent
from core.rebalancing.buys import Purchases, Spendable, plan_buys, spendable
from core.rebalancing.lots import Realised
from core.rebalancing.plan import HeldBack, Purchase, RebalancePlan, Sale, Terms
from tests.unit.properties import steady
from tests.unit.rebalancing.test_planning import ASSETS, EXACT, USUAL

FOUR = Allocation(
    (
        Sector("Stocks", "VOO", 5_000),
        Sector("Bonds", "AGG", 3_000),
        Sector("World", "IXUS", 1_000),
        Sector("Coins", "BTC/USD", 1_000),
    )
)


def sale(symbol: str, cents: Cents) -> Sale:
    return Sale(symbol, symbol, Decimal(cents), cents, Realised())


def rebalance(*purchases: Purchase, cash: Cents = 0) -> RebalancePlan:
    sales = (sale("VOO", 60_00), sale("AGG", 40_00))
    return RebalancePlan(sales, purchases, cash, Decimal(5), Decimal(0))


BOTH = rebalance(Purchase("World", "IXUS", 75_00), Purchase("Coins", "BTC/USD", 25_00))
RICH = Spendable(total=1_000_00, settled=1_000_00, free_cash=1_000_00)
COINS_FIRST = rebalance(Purchase("Coins", "BTC/USD", 25_00), Purchase("World", "IXUS", 75_00))


def buys(
    received: dict[str, Cents],
    cash: Spendable = RICH,
    *,
    planned: RebalancePlan = BOTH,
    cap: Cents | None = None,
    terms: Terms = USUAL,
) -> Purchases:
    return plan_buys(
        planned, received, cash, FOUR, terms=terms, identify=lambda symbol: f"id of {symbol}", max_per_order=cap
    )


def ordered(purchases: Purchases) -> dict[str, Cents]:
    assert purchases.plan.cash == sum(intent.notional for intent in purchases.plan.intents)
    return {intent.symbol: intent.notional for intent in purchases.plan.intents}


def test_sales_that_bring_what_they_were_worth_buy_what_was_planned() -> None:
    found = buys({"VOO": 60_00, "AGG": 40_00})
    intents = (
        OrderIntent("id of IXUS", "World", "IXUS", 75_00),
        OrderIntent("id of BTC/USD", "Coins", "BTC/USD", 25_00),
    )
    assert found == Purchases(Plan(intents, 100_00, RICH.free_cash), held_back=())


def test_a_failed_sale_stops_its_part_of_each_purchase_and_not_the_other_s() -> None:
    assert ordered(buys({"VOO": 60_00})) == {"IXUS": 45_00, "BTC/USD": 15_00}


def test_no_sale_filled_buys_nothing_not_even_for_a_cent() -> None:
    assert ordered(buys({}, terms=EXACT)) == {}


@pytest.mark.parametrize("purchases", [(), (Purchase("World", "IXUS", 1_00),)])
def test_a_plan_that_nothing_pays_for_buys_nothing(purchases: tuple[Purchase, ...]) -> None:
    unpaid = RebalancePlan((), purchases, 0, Decimal(5), Decimal(0))
    assert ordered(buys({}, planned=unpaid, terms=EXACT)) == {}


def test_cash_that_goes_in_too_is_spent_beside_the_proceeds() -> None:
    more = rebalance(Purchase("World", "IXUS", 75_00), Purchase("Coins", "BTC/USD", 75_00), cash=50_00)
    assert ordered(buys({"VOO": 60_00, "AGG": 40_00}, planned=more)) == {"IXUS": 75_00, "BTC/USD": 75_00}
    assert ordered(buys({"VOO": 60_00}, planned=more)) == {"IXUS": 55_00, "BTC/USD": 55_00}


def test_proceeds_above_or_below_the_plan_change_all_alike() -> None:
    assert ordered(buys({"VOO": 61_00, "AGG": 41_00})) == {"IXUS": 76_50, "BTC/USD": 25_50}


def test_no_more_is_spent_than_is_there() -> None:
    assert ordered(buys({"VOO": 60_00, "AGG": 40_00}, Spendable(40_00, 40_00, 40_00))) == {
        "IXUS": 30_00,
        "BTC/USD": 10_00,
    }


def test_a_deposit_of_the_same_day_is_not_the_rebalancing_s_to_spend() -> None:
    assert ordered(buys({"VOO": 60_00, "AGG": 40_00}, RICH))["IXUS"] == 75_00


def test_coins_wait_for_settled_cash_and_the_rest_is_named() -> None:
    found = buys({"VOO": 60_00, "AGG": 40_00}, Spendable(100_00, 12_00, 100_00))
    assert ordered(found) == {"IXUS": 75_00, "BTC/USD": 12_00}
    assert found.held_back == (HeldBack("Coins", "BTC/USD", "$13 waits until the sales' cash has settled"),)


def test_an_order_that_falls_below_its_minimum_is_left_out_and_named_and_the_next_is_not() -> None:
    found = buys({"VOO": 30_00}, planned=COINS_FIRST)
    assert ordered(found) == {"IXUS": 22_50}
    assert found.plan.waiting == (Waiting("Coins", "BTC/USD", 7_50, 10_00),)
    assert found.held_back == (HeldBack("Coins", "BTC/USD", "skipped: $7.50 is below the $10 minimum"),)


def test_an_order_above_the_limit_is_cut_and_named() -> None:
    found = buys({"VOO": 60_00, "AGG": 40_00}, cap=50_00)
    assert ordered(found) == {"IXUS": 50_00, "BTC/USD": 25_00}
    assert found.plan.cuts == (Cut("World", "IXUS", 75_00, 50_00),)
    assert found.held_back == (HeldBack("World", "IXUS", "$25 of $75 is not bought: an order is at most $50"),)


def test_an_order_of_the_limit_is_not_cut() -> None:
    found = buys({"VOO": 60_00, "AGG": 40_00}, cap=75_00)
    assert (ordered(found), found.plan.cuts) == ({"IXUS": 75_00, "BTC/USD": 25_00}, ())


def test_a_limit_of_an_order_s_minimum_still_lets_it_be_placed() -> None:
    assert ordered(buys({"VOO": 60_00, "AGG": 40_00}, cap=10_00)) == {"IXUS": 10_00, "BTC/USD": 10_00}


def test_a_limit_below_an_order_s_minimum_leaves_it_out() -> None:
    found = buys({"VOO": 60_00, "AGG": 40_00}, cap=9_00)
    assert ordered(found) == {"IXUS": 9_00}
    assert found.plan.cuts[1] == Cut("Coins", "BTC/USD", 25_00, 0)


def test_coins_that_cannot_be_traded_are_left_out_and_named_and_the_next_is_not() -> None:
    closed = Terms(USUAL.minimums, ASSETS, "crypto is not enabled")
    found = buys({"VOO": 60_00, "AGG": 40_00}, planned=COINS_FIRST, terms=closed)
    assert ordered(found) == {"IXUS": 75_00}
    assert found.held_back == (HeldBack("Coins", "BTC/USD", "$25 is not bought: crypto is not enabled"),)


def test_what_was_to_stay_cash_stays_cash() -> None:
    some = rebalance(Purchase("World", "IXUS", 50_00))
    assert ordered(buys({"VOO": 60_00, "AGG": 40_00}, planned=some)) == {"IXUS": 50_00}
    assert ordered(buys({"VOO": 60_00}, planned=some)) == {"IXUS": 30_00}


def account(cash: str, settled: str, buying_power: str, open_buys: str = "0") -> Account:
    return Account("1", Decimal(cash), Decimal(open_buys), Decimal(buying_power), Decimal(settled))


def test_proceeds_count_for_funds_before_they_settle_and_not_for_coins() -> None:
    found = spendable(account("100.009", "20", "400", "10"), reserve=5_00)
    assert found == Spendable(total=85_00, settled=15_00, free_cash=90_00)


def test_negative_cash_buys_nothing_however_much_the_broker_would_lend() -> None:
    assert spendable(account("-5", "900", "2000"), reserve=0) == Spendable(0, 0, 0)


money = st.integers(-(10**5), 10**6).map(lambda cents: Decimal(cents) / 100)


@steady
@given(money, money, st.integers(0, 10**4), st.integers(0, 10**5), st.integers(0, 10**5))
def test_no_cent_is_ever_borrowed(cash: Decimal, settled: Decimal, reserve: Cents, one: Cents, other: Cents) -> None:
    found = Account("1", cash, Decimal(0), abs(cash) * 4, settled)
    orders = ordered(buys({"VOO": one, "AGG": other}, spendable(found, reserve=reserve), terms=EXACT))
    assert sum(orders.values()) <= max(0, int(cash * 100) - reserve)
    assert sum(orders.values()) <= one + other
    assert orders.get("BTC/USD", 0) <= max(0, int(settled * 100) - reserve)
