"""The plan: every cent of the cash placed, or the figures that say why none is."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.account import Asset, Investable, Limit, Minimums
from core.allocation import Allocation, Sector
from core.investing import NotEnoughCash, Plan, minimum_of, need, plan, water_fill
from core.money import Cents
from tests.unit.properties import allocations, steady

USUAL = Minimums(us_equity=1_00, crypto=10_00)
SIX = Allocation(
    (
        Sector("Domestic Large Cap", "VOO", 3500),
        Sector("Domestic Mid Cap", "IJH", 500),
        Sector("Domestic Small Cap", "IJR", 200),
        Sector("International", "IXUS", 1800),
        Sector("Short Term Bonds", "ISTB", 1200),
        Sector("Aggregate Bonds", "AGG", 2800),
    )
)
SEVEN = Allocation((*SIX.sectors[:5], Sector("Aggregate Bonds", "AGG", 2300), Sector("Crypto", "BTC/USD", 500)))


def cash(cents: Cents) -> Investable:
    return Investable(cents, Limit.CASH, free_cash=cents, reserve=0)


def planned(
    cents: Cents,
    allocation: Allocation = SEVEN,
    minimums: Minimums = USUAL,
    assets: dict[str, Asset] | None = None,
) -> Plan | NotEnoughCash:
    return plan(cash(cents), allocation, minimums, assets or {}, lambda symbol: f"id of {symbol}")


def test_fifty_dollars_invest_with_the_six_original_funds() -> None:
    answer = planned(50_00, SIX)
    assert isinstance(answer, Plan)
    assert {intent.symbol: intent.notional for intent in answer.intents}["IJR"] == 1_00


def test_what_the_account_owes_is_part_of_why_nothing_is_bought() -> None:
    indebted = Investable(0, Limit.CASH, free_cash=0, reserve=0, owed=40_50)
    answer = plan(indebted, SIX, USUAL, {}, lambda symbol: symbol)
    assert isinstance(answer, NotEnoughCash)
    assert answer.owed == 40_50


def test_a_cent_less_does_not_and_says_what_is_needed_and_for_whom() -> None:
    assert planned(49_99, SIX) == NotEnoughCash(
        available=49_99,
        needed=50_00,
        sector="Domestic Small Cap",
        weight=200,
        minimum=1_00,
        limited_by=Limit.CASH,
        free_cash=49_99,
        reserve=0,
    )


def test_crypto_s_own_minimum_asks_for_two_hundred_dollars() -> None:
    assert isinstance(planned(200_00), Plan)
    short = planned(199_99)
    assert isinstance(short, NotEnoughCash)
    assert (short.needed, short.sector, short.minimum) == (200_00, "Crypto", 10_00)


def test_a_crypto_minimum_of_a_dollar_makes_the_day_of_the_original() -> None:
    answer = planned(100_00, minimums=Minimums(us_equity=1_00, crypto=1_00))
    assert isinstance(answer, Plan)
    assert [intent.notional for intent in answer.intents] == [35_00, 5_00, 2_00, 18_00, 12_00, 23_00, 5_00]


def test_intents_come_in_the_allocation_s_order_with_their_sector_and_their_id() -> None:
    answer = planned(200_00)
    assert isinstance(answer, Plan)
    assert [intent.symbol for intent in answer.intents] == [sector.symbol for sector in SEVEN.sectors]
    assert (answer.intents[6].sector, answer.intents[6].client_order_id) == ("Crypto", "id of BTC/USD")


@pytest.mark.parametrize(("own", "minimum"), [(None, 10_00), (5_00, 10_00), (12_34, 12_34)])
def test_an_asset_can_raise_its_minimum_but_not_lower_it(own: Cents | None, minimum: Cents) -> None:
    assets = {"BTC/USD": Asset("BTC/USD", tradable=True, fractionable=True, minimum=own)}
    assert minimum_of(SEVEN.sectors[6], USUAL, assets) == minimum


def test_what_is_needed_is_rounded_up_to_the_cent() -> None:
    thirds = Allocation((Sector("A", "VOO", 3333), Sector("B", "AGG", 6667)))
    assert need(thirds, USUAL, {}).cash == 3_01


def test_of_two_sectors_that_need_the_same_one_is_named_whatever_their_order() -> None:
    halves = (Sector("Stocks", "VOO", 5_000), Sector("Bonds", "AGG", 5_000))
    assert planned(1_99, Allocation(halves)) == planned(1_99, Allocation(halves[::-1]))


def test_a_reserve_and_what_limits_are_passed_on() -> None:
    short = plan(Investable(40_00, Limit.MAX_PER_DAY, 90_00, 5_00), SIX, USUAL, {}, str)
    assert isinstance(short, NotEnoughCash)
    assert (short.limited_by, short.free_cash, short.reserve) == (Limit.MAX_PER_DAY, 90_00, 5_00)


minimums = st.builds(Minimums, us_equity=st.integers(1, 5_00), crypto=st.integers(1, 20_00))


@steady
@given(st.integers(0, 10**7), allocations(), minimums)
def test_a_plan_comes_exactly_when_every_exact_share_reaches_its_minimum(
    cents: Cents, allocation: Allocation, least: Minimums
) -> None:
    reached = all(cents * one.weight >= least.of(one.asset_class) * 10_000 for one in allocation.sectors)
    assert isinstance(planned(cents, allocation, least), Plan) is reached


@steady
@given(st.integers(0, 10**6), allocations(), minimums)
def test_a_plan_spends_all_the_cash_and_not_a_cent_more_and_keeps_the_minimums(
    surplus: Cents, allocation: Allocation, least: Minimums
) -> None:
    cents = need(allocation, least, {}).cash + surplus
    answer = planned(cents, allocation, least)
    assert isinstance(answer, Plan)
    assert sum(intent.notional for intent in answer.intents) == answer.cash == cents
    assert all(intent.notional >= least.of(intent.asset_class) for intent in answer.intents)


@steady
@given(allocations(), minimums)
def test_what_is_needed_is_the_least_that_invests(allocation: Allocation, least: Minimums) -> None:
    needed = need(allocation, least, {}).cash
    assert isinstance(planned(needed, allocation, least), Plan)
    assert isinstance(planned(needed - 1, allocation, least), NotEnoughCash)


@steady
@given(st.integers(0, 10**6), allocations(), st.randoms(use_true_random=False))
def test_the_order_of_the_sectors_does_not_matter(cents: Cents, allocation: Allocation, chance: Random) -> None:
    shuffled = list(allocation.sectors)
    chance.shuffle(shuffled)
    one, other = planned(cents, allocation), planned(cents, Allocation(tuple(shuffled)))
    if isinstance(one, Plan) and isinstance(other, Plan):
        assert set(one.intents) == set(other.intents)
    else:
        assert one == other


def test_what_has_no_value_is_filled_as_what_is_worth_nothing() -> None:
    weights = {"AGG": 2, "IJH": 1, "VOO": 1}
    assert water_fill(1, {"AGG": 2, "VOO": 0}, weights) == water_fill(1, {"AGG": 2, "IJH": 0, "VOO": 0}, weights)


def test_values_that_no_float_tells_apart_are_told_apart() -> None:
    values = {"VOO": 4292238717748383742, "AGG": 1796751091150486219, "IJH": 798556040511327207}
    assert water_fill(1, values, {"VOO": 43, "AGG": 18, "IJH": 8}) == {"VOO": 0, "AGG": 0, "IJH": 1}


def test_every_value_without_a_weight_is_named() -> None:
    with pytest.raises(ValueError, match="cannot share out: AGG, IJH has a value and no weight"):
        water_fill(1, {"IJH": 1, "AGG": 1}, {"VOO": 1})
