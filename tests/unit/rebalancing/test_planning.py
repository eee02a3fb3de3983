"""Rebalancing: what is sold, what for, and what every rule held back."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.account import Asset, Minimums
from core.activities import Activity
from core.allocation import Allocation, Sector
from core.money import Cents, in_dollars
from core.positions import Position
from core.rebalancing.bands import Band
from core.rebalancing.plan import HeldBack, Holdings, NothingToDo, RebalancePlan, Terms
from core.rebalancing.planning import plan_rebalance
from core.rebalancing.rules import Goal, Rules, Scope
from tests.unit.properties import FUNDS, allocations, steady
from tests.unit.rebalancing.test_lots import TODAY, ago, trade

ASSETS = {symbol: Asset(symbol, tradable=True, fractionable=True) for symbol in FUNDS}
USUAL = Terms(Minimums(us_equity=1_00, crypto=10_00), ASSETS)
EXACT = Terms(Minimums(us_equity=1, crypto=1), ASSETS)
THREE = Allocation((Sector("Stocks", "VOO", 6_000), Sector("Bonds", "AGG", 3_000), Sector("World", "IXUS", 1_000)))


def positions(values: Mapping[str, str | None], price: str = "10") -> tuple[Position, ...]:
    return tuple(
        Position(
            symbol,
            Decimal(value or 1) / Decimal(price),
            Decimal(value or 1),
            Decimal(price),
            None if value is None else Decimal(value),
            None,
        )
        for symbol, value in values.items()
    )


def bought(values: Mapping[str, str | None], days: int = 400, price: str = "10") -> tuple[Activity, ...]:
    return tuple(trade(days, str(one.quantity), price, one.symbol) for one in positions(values))


def held(values: Mapping[str, str | None], *activities: Activity) -> Holdings:
    return Holdings(positions(values), activities or bought(values))


def planned(
    values: Mapping[str, str | None], rules: Rules | None = None, terms: Terms = USUAL, *, cash: Cents = 0
) -> RebalancePlan | NothingToDo:
    return plan_rebalance(rules or Rules(), THREE, held(values), terms, cash=cash, today=TODAY)


def sold(plan: RebalancePlan | NothingToDo) -> dict[str, Cents]:
    assert isinstance(plan, RebalancePlan), plan
    return {sale.symbol: sale.cents for sale in plan.sales}


def purchased(plan: RebalancePlan | NothingToDo) -> dict[str, Cents]:
    assert isinstance(plan, RebalancePlan), plan
    return {purchase.symbol: purchase.cents for purchase in plan.purchases}


def test_an_account_within_its_bands_has_nothing_to_do() -> None:
    answer = planned({"VOO": "650", "AGG": "250", "IXUS": "100"})
    assert answer == NothingToDo("Every sector is within its band, so there is nothing to rebalance.")


def test_the_breached_sector_is_sold_to_its_target_and_the_furthest_below_are_bought() -> None:
    plan = planned({"VOO": "660", "AGG": "260", "IXUS": "80"})
    assert sold(plan) == {"VOO": 60_00}
    # Raised together, as water is: to the same part of their targets, none above it.
    assert purchased(plan) == {"AGG": 40_00, "IXUS": 20_00}
    assert isinstance(plan, RebalancePlan)
    assert (plan.sales[0].quantity, plan.drift_before, plan.drift_after) == (Decimal(6), Decimal(6), Decimal(0))


def test_half_the_band_is_traded_back_to_half_the_band() -> None:
    # 60% with 5 points: half the band ends at 62.5%.
    assert sold(planned({"VOO": "660", "AGG": "260", "IXUS": "80"}, Rules(goal=Goal.HALF_BAND))) == {"VOO": 35_00}


def test_only_the_breached_are_brought_back_or_all() -> None:
    values = {"VOO": "570", "AGG": "302", "IXUS": "128"}
    assert sold(planned(values)) == {"IXUS": 28_00}
    assert sold(planned(values, Rules(scope=Scope.ALL))) == {"AGG": 2_00, "IXUS": 28_00}


def test_a_breached_gap_is_funded_by_those_furthest_above_their_target() -> None:
    plan = planned({"VOO": "625", "AGG": "302", "IXUS": "73"})
    assert (sold(plan), purchased(plan)) == ({"VOO": 25_00, "AGG": 2_00}, {"IXUS": 27_00})


def test_a_sector_has_its_own_band() -> None:
    values = {"VOO": "630", "AGG": "270", "IXUS": "100"}
    assert isinstance(planned(values), NothingToDo)
    assert sold(planned(values, Rules(bands={"VOO": Band(points=200)}))) == {"VOO": 30_00}


def test_cash_that_goes_in_too_spares_sales() -> None:
    plan = planned({"VOO": "630", "AGG": "300", "IXUS": "70"}, cash=40_00)
    assert (sold(plan), purchased(plan)) == ({}, {"AGG": 6_00, "IXUS": 34_00})


def test_what_open_orders_will_add_counts_as_held() -> None:
    holdings = replace(held({"VOO": "620", "AGG": "310", "IXUS": "70"}), open_buys={"IXUS": 30_00})
    assert isinstance(plan_rebalance(Rules(), THREE, holdings, USUAL, cash=0, today=TODAY), NothingToDo)


def test_positions_of_no_sector_are_listed_and_never_touched() -> None:
    plan = planned({"VOO": "660", "AGG": "260", "IXUS": "80", "TSLA": "5000"})
    assert sold(plan) == {"VOO": 60_00}
    assert isinstance(plan, RebalancePlan)
    assert [one.symbol for one in plan.untouched] == ["TSLA"]


def test_an_order_below_its_minimum_is_named_with_its_figures() -> None:
    plan = planned({"VOO": "570", "AGG": "300.40", "IXUS": "129.60"}, Rules(scope=Scope.ALL))
    assert isinstance(plan, RebalancePlan)
    assert plan.held_back == (HeldBack("Bonds", "AGG", "skipped: $0.40 is below the $1 minimum"),)


def test_a_sector_that_is_lowered_for_a_gap_stays_at_its_target_when_another_s_part_is_too_small() -> None:
    dear = replace(USUAL, minimums=Minimums(us_equity=5_00, crypto=10_00))
    plan = planned({"VOO": "624", "AGG": "303", "IXUS": "73"}, terms=dear)
    assert (sold(plan), purchased(plan)) == ({"VOO": 24_00}, {"IXUS": 24_00})
    assert isinstance(plan, RebalancePlan)
    assert plan.held_back == (HeldBack("Bonds", "AGG", "skipped: $3 is below the $5 minimum"),)


def test_proceeds_that_nobody_can_use_in_an_order_of_its_minimum_are_not_raised_at_all() -> None:
    dear = replace(USUAL, minimums=Minimums(us_equity=5_00, crypto=10_00))
    rules = Rules(bands={"VOO": Band(points=50)})
    answer = planned({"VOO": "608", "AGG": "295.50", "IXUS": "96.50"}, rules, dear)
    assert isinstance(answer, NothingToDo)
    assert HeldBack("Bonds", "AGG", "skipped: $4.50 is below the $5 minimum") in answer.held_back


def test_a_sector_that_cannot_be_bought_leaves_its_part_cash_and_is_named() -> None:
    assets = {**ASSETS, "IXUS": Asset("IXUS", tradable=True, fractionable=False)}
    plan = planned({"VOO": "660", "AGG": "260", "IXUS": "80"}, terms=replace(USUAL, assets=assets))
    assert (sold(plan), purchased(plan)) == ({"VOO": 60_00}, {"AGG": 40_00})
    assert isinstance(plan, RebalancePlan)
    reason = "$20 is not bought: IXUS cannot be bought in fractions"
    assert (plan.left, plan.held_back) == (20_00, (HeldBack("World", "IXUS", reason),))


def test_a_sector_that_cannot_be_sold_funds_no_gap_and_is_named() -> None:
    assets = {**ASSETS, "VOO": Asset("VOO", tradable=False, fractionable=True)}
    plan = planned({"VOO": "625", "AGG": "302", "IXUS": "73"}, terms=replace(USUAL, assets=assets))
    assert (sold(plan), purchased(plan)) == ({"AGG": 2_00}, {"IXUS": 2_00})
    assert isinstance(plan, RebalancePlan)
    reason = "$25 is not sold: VOO cannot be traded at the moment"
    assert plan.held_back == (HeldBack("Stocks", "VOO", reason),)


def test_nothing_is_sold_that_was_bought_within_the_holding_days() -> None:
    values = {"VOO": "660", "AGG": "260", "IXUS": "80"}
    records = [trade(40, "64", "10"), trade(30, "2", "10")]
    free = plan_rebalance(Rules(holding_days=30), THREE, held(values, *records), USUAL, cash=0, today=TODAY)
    assert sold(free) == {"VOO": 60_00}
    records = [trade(31, "2.5", "10"), trade(30, "63.5", "10")]
    kept = plan_rebalance(Rules(holding_days=30), THREE, held(values, *records), USUAL, cash=0, today=TODAY)
    assert sold(kept) == {"VOO": 25_00}
    assert isinstance(kept, RebalancePlan)
    assert kept.held_back[0].reason == ("$35 of $60 is not sold: it was bought within 30 days, or nobody knows when")


def test_what_the_records_do_not_explain_is_not_sold_while_there_are_holding_days() -> None:
    holdings = held({"VOO": "660", "AGG": "260", "IXUS": "80"}, trade(400, "1", "10"))
    plan = plan_rebalance(Rules(holding_days=1), THREE, holdings, USUAL, cash=0, today=TODAY)
    assert sold(plan) == {"VOO": 10_00}
    assert isinstance(plan, RebalancePlan)
    assert "Alpaca holds 66" in plan.notes[0]


def test_proceeds_too_small_for_every_gap_close_those_whose_minimum_they_reach() -> None:
    holdings = held({"VOO": "660", "AGG": "260", "IXUS": "80"}, trade(400, "0.3", "10"), trade(1, "65.7", "10"))
    dear = replace(USUAL, minimums=Minimums(us_equity=1_50, crypto=10_00))
    plan = plan_rebalance(Rules(scope=Scope.ALL, holding_days=5), THREE, holdings, dear, cash=0, today=TODAY)
    assert (sold(plan), purchased(plan)) == ({"VOO": 3_00}, {"AGG": 3_00})
    assert isinstance(plan, RebalancePlan)
    assert HeldBack("World", "IXUS", "skipped: $1 is below the $1.50 minimum") in plan.held_back


def test_where_the_records_show_more_than_is_held_what_is_gone_is_taken_for_the_oldest() -> None:
    holdings = held({"VOO": "660", "AGG": "260", "IXUS": "80"}, trade(400, "10", "10"), trade(1, "63", "10"))
    assert sold(plan_rebalance(Rules(holding_days=5), THREE, holdings, USUAL, cash=0, today=TODAY)) == {"VOO": 30_00}


def test_what_open_orders_sell_is_not_sold_again() -> None:
    holdings = replace(held({"VOO": "660", "AGG": "260", "IXUS": "80"}), open_sells={"VOO": Decimal(65)})
    plan = plan_rebalance(Rules(), THREE, holdings, USUAL, cash=0, today=TODAY)
    assert sold(plan) == {"VOO": 10_00}


@pytest.mark.parametrize(
    ("asset", "reason"),
    [
        (Asset("VOO", tradable=False, fractionable=True), "$60 is not sold: VOO cannot be traded at the moment"),
        (None, "$60 is not sold: Alpaca does not know VOO"),
    ],
)
def test_what_cannot_be_traded_is_left_alone_and_named(asset: Asset | None, reason: str) -> None:
    assets = {symbol: one for symbol, one in {**ASSETS, "VOO": asset}.items() if one is not None}
    answer = planned({"VOO": "660", "AGG": "260", "IXUS": "80"}, terms=replace(USUAL, assets=assets))
    assert isinstance(answer, NothingToDo)
    assert answer.held_back == (HeldBack("Stocks", "VOO", reason),)
    assert reason in answer.reason


def test_what_cannot_be_cut_in_parts_is_sold_in_whole_shares() -> None:
    assets = {**ASSETS, "VOO": Asset("VOO", tradable=True, fractionable=False)}
    plan = planned({"VOO": "667", "AGG": "253", "IXUS": "80"}, terms=replace(USUAL, assets=assets))
    assert sold(plan) == {"VOO": 60_00}
    assert isinstance(plan, RebalancePlan)
    assert plan.held_back[0].reason == "$7 of $67 is not sold: it is sold in whole shares only"


def test_a_value_that_is_not_known_stops_everything() -> None:
    answer = planned({"VOO": "660", "AGG": None, "IXUS": "80"})
    assert isinstance(answer, NothingToDo)
    assert answer.reason == "Nothing can be rebalanced now, because the value of AGG is not known."


def test_an_empty_account_has_nothing_to_rebalance() -> None:
    answer = planned({}, cash=100_00)
    assert isinstance(answer, NothingToDo)
    assert answer.reason.startswith("Nothing of the allocation is held")


def test_gains_are_estimated_by_term_and_wash_sales_named() -> None:
    values = {"VOO": "660", "AGG": "260", "IXUS": "80"}
    records = [trade(400, "2", "8"), trade(200, "3", "12"), trade(7, "61", "10")]
    plan = plan_rebalance(
        Rules(), THREE, held(values, *records), USUAL, cash=0, today=TODAY, bought_again=set(THREE.weights)
    )
    assert isinstance(plan, RebalancePlan)
    assert (plan.realised.long_term, plan.realised.short_term) == (Decimal(4), Decimal(-6))
    (warned,) = plan.wash_sales
    assert (warned.symbol, warned.loss, warned.bought, warned.again) == ("VOO", Decimal(6), (ago(7),), True)


def test_buying_back_what_was_sold_at_a_loss_is_warned_of() -> None:
    values = {"VOO": "660", "AGG": "260", "IXUS": "80"}
    records = [*bought(values), trade(300, "1", "20", "AGG"), trade(10, "-1", "9", "AGG")]
    plan = plan_rebalance(Rules(), THREE, held(values, *records), USUAL, cash=0, today=TODAY)
    assert isinstance(plan, RebalancePlan)
    assert [(one.symbol, one.sold, one.loss) for one in plan.wash_sales] == [("AGG", ago(10), Decimal(1))]


accounts = allocations().flatmap(
    lambda found: st.tuples(
        st.just(found),
        st.fixed_dictionaries({symbol: st.integers(0, 10**6) for symbol in found.weights}),
    )
)
rules_drawn = st.builds(
    Rules,
    band=st.builds(Band, points=st.integers(1, 800), share=st.none() | st.integers(1, 5_000)),
    goal=st.sampled_from(Goal),
    scope=st.sampled_from(Scope),
)


def _holdings(values: Mapping[str, Cents]) -> Holdings:
    return held({symbol: str(in_dollars(cents)) for symbol, cents in values.items() if cents})


def _after(values: Mapping[str, Cents], plan: RebalancePlan) -> dict[str, Cents]:
    return {
        symbol: cents - sold(plan).get(symbol, 0) + purchased(plan).get(symbol, 0) for symbol, cents in values.items()
    }


@steady
@given(accounts, rules_drawn)
def test_what_is_sold_is_held_and_what_is_bought_was_sold_and_the_drift_never_grows(
    account: tuple[Allocation, dict[str, Cents]], rules: Rules
) -> None:
    allocation, values = account
    plan = plan_rebalance(rules, allocation, _holdings(values), EXACT, cash=0, today=TODAY)
    if isinstance(plan, NothingToDo):
        return
    quantities = {one.symbol: one.quantity for one in _holdings(values).positions}
    assert all(0 < sale.quantity <= quantities[sale.symbol] for sale in plan.sales)
    assert 0 <= plan.left <= len(values)
    assert not sold(plan).keys() & purchased(plan).keys()
    assert all(cents >= 0 for cents in _after(values, plan).values())
    assert plan.drift_after <= plan.drift_before + Decimal(len(values)) * 100 / sum(values.values())


@steady
@given(accounts, rules_drawn)
def test_once_rebalanced_there_is_nothing_to_do(account: tuple[Allocation, dict[str, Cents]], rules: Rules) -> None:
    allocation, values = account
    # A cent is finer than any of these bands.
    wide = replace(rules, band=Band(points=100))
    plan = plan_rebalance(wide, allocation, _holdings(values), EXACT, cash=0, today=TODAY)
    if isinstance(plan, NothingToDo) or sum(values.values()) < 1_000_00:
        return
    again = plan_rebalance(wide, allocation, _holdings(_after(values, plan)), EXACT, cash=0, today=TODAY)
    assert isinstance(again, NothingToDo), (plan, again)


@steady
@given(accounts)
def test_to_target_and_all_every_sector_ends_at_its_target(account: tuple[Allocation, dict[str, Cents]]) -> None:
    allocation, values = account
    rules = Rules(band=Band(points=1), scope=Scope.ALL)
    plan = plan_rebalance(rules, allocation, _holdings(values), EXACT, cash=0, today=TODAY)
    if isinstance(plan, NothingToDo):
        return
    total = sum(values.values())
    over = (cents - Decimal(total * allocation.weights[symbol]) / 10_000 for symbol, cents in values.items())
    needed = sum((cents for cents in over if cents > 0), Decimal(0))
    assert abs(plan.proceeds - needed) <= len(values)
    for symbol, cents in _after(values, plan).items():
        assert abs(cents - Decimal(total * allocation.weights[symbol]) / 10_000) <= 2


@steady
@given(accounts, rules_drawn, st.integers(1, 60), st.lists(st.integers(0, 90), min_size=1, max_size=3))
def test_nothing_is_ever_sold_inside_its_holding_days(
    account: tuple[Allocation, dict[str, Cents]], rules: Rules, days: int, ages: list[int]
) -> None:
    allocation, values = account
    dollars: dict[str, str | None] = {symbol: str(in_dollars(cents)) for symbol, cents in values.items() if cents}
    shares = {one.symbol: one.quantity / len(ages) for one in positions(dollars)}
    records = [trade(age, str(many), "10", symbol) for symbol, many in shares.items() for age in ages]
    holdings = Holdings(positions(dollars), tuple(records))
    plan = plan_rebalance(replace(rules, holding_days=days), allocation, holdings, EXACT, cash=0, today=TODAY)
    old = sum(age > days for age in ages)
    if isinstance(plan, RebalancePlan):
        assert all(sale.quantity <= shares[sale.symbol] * old + Decimal("1e-9") for sale in plan.sales)


@steady
@given(accounts, rules_drawn, st.integers(0, 10**5))
def test_every_order_reaches_its_minimum_and_nothing_goes_past_its_target(
    account: tuple[Allocation, dict[str, Cents]], rules: Rules, cash: Cents
) -> None:
    allocation, values = account
    plan = plan_rebalance(rules, allocation, _holdings(values), USUAL, cash=cash, today=TODAY)
    if isinstance(plan, NothingToDo):
        return
    total = sum(values.values()) + cash
    assert plan.left >= 0
    for sector in allocation.sectors:
        target, least = Decimal(total * sector.weight) / 10_000, USUAL.minimum(sector)
        if cents := sold(plan).get(sector.symbol):
            assert cents >= least
            assert values[sector.symbol] - cents >= target - 2
        if cents := purchased(plan).get(sector.symbol):
            assert cents >= least
            assert values[sector.symbol] + cents <= target + 2
