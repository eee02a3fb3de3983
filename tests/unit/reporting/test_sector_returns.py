"""A holding's life: what prices, sales, dividends and fees brought, and what is in doubt."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.activities import Activity, ActivityKind
from core.reporting.measures import NotMeasurable
from core.reporting.sector_returns import LifeReturn, of_account, of_symbol
from tests.unit.histories import coin_fee, day, flow, other, position, trade
from tests.unit.properties import steady

BOUGHT = trade(day(16), "VOO", 10, 100)

trades = st.lists(
    st.tuples(st.integers(-5, 9).filter(bool), st.integers(1, 500), st.sampled_from(["VOO", "AGG"])), max_size=12
)


def life(activities: list[Activity], quantity: str, cost: str | None, value: str | None) -> LifeReturn:
    return of_symbol("VOO", position("VOO", quantity, cost, value), activities)


def test_a_dividend_is_in_the_total_return_and_not_in_the_price_return() -> None:
    found = life([BOUGHT, other(ActivityKind.INCOME, day(17), 30, "VOO")], "10", "1000", "1050")
    assert found.price == Decimal("0.05")
    assert found.total == Decimal("0.08")
    assert found.gain == found.income + 50 == 80
    assert found.doubt is None


def test_tax_withheld_is_taken_off_the_income() -> None:
    paid = other(ActivityKind.INCOME, day(17), 30, "VOO")
    withheld = other(ActivityKind.INCOME, day(17), "-4.50", "VOO")
    assert life([BOUGHT, paid, withheld], "10", "1000", "1000").income == Decimal("25.50")


def test_a_sale_is_measured_against_the_average_cost() -> None:
    activities = [BOUGHT, trade(day(17), "VOO", 10, 200), trade(day(18), "VOO", -5, 180)]
    found = life(activities, "15", "2250", "2700")
    assert found.realised == 5 * (180 - 150)
    assert found.gain == 150 + 450
    assert found.total == Decimal(600) / 3000


def test_a_fee_in_dollars_is_taken_off() -> None:
    found = life([BOUGHT, other(ActivityKind.FEE, day(17), "-2", "VOO")], "10", "1000", "1000")
    assert (found.fees, found.gain) == (Decimal(-2), Decimal(-2))


def test_a_fee_in_coins_costs_what_the_coins_cost() -> None:
    coins = [coin_fee(day(16), "BTC/USD", "0.0025", 100), trade(day(16), "BTC/USD", 1, 100)]
    found = of_symbol("BTC/USD", position("BTC/USD", "0.9975", "99.75", "99.75"), coins)
    assert found.fees == Decimal("-0.25")
    assert found.gain == Decimal("-0.25")
    assert found.price == found.realised == 0
    assert found.doubt is None


def test_a_fee_in_coins_that_is_not_listed_yet_is_no_doubt() -> None:
    found = of_symbol("BTC/USD", position("BTC/USD", "0.9975", "99.75", "99.75"), [trade(day(16), "BTC/USD", 1, 100)])
    assert found.doubt is None
    assert found.gain == Decimal("-0.25")


def test_a_position_without_a_price_has_no_gain_and_says_so() -> None:
    found = life([BOUGHT], "10", "1000", None)
    assert found.price == found.gain == found.total == NotMeasurable("its value is not known")


@pytest.mark.parametrize(
    ("cost", "reason"),
    [("0", "its cost basis is zero"), ("-5", "its cost basis is negative"), (None, "its cost basis is not known")],
)
def test_without_a_cost_basis_the_total_return_is_told_from_the_fills(cost: str | None, reason: str) -> None:
    found = life([BOUGHT], "10", cost, "1050")
    assert found.price == NotMeasurable(reason)
    assert found.total == Decimal("0.05")


def test_shares_that_the_fills_do_not_explain_are_not_measured() -> None:
    found = life([BOUGHT], "12", "1200", "1260")
    assert found.price == Decimal("0.05")
    assert found.doubt == "the activities on record make 10 of it, and 12 are held"
    assert found.total == found.gain == NotMeasurable(found.doubt)


def test_a_split_that_is_explained_is_measured_and_said() -> None:
    split = other(ActivityKind.CORPORATE, day(17), 0, "VOO", quantity=10, type_="SPLIT")
    found = life([BOUGHT, split], "20", "1000", "1100")
    assert found.total == Decimal("0.1")
    assert found.doubt == "a corporate action, SPLIT of 2026-11-17, has changed it"


def test_a_symbol_that_was_changed_into_another_is_not_measured_but_the_account_is() -> None:
    activities = [
        trade(day(16), "OLD", 10, 100),
        other(ActivityKind.CORPORATE, day(17), 0, "OLD", quantity=-10, type_="NC"),
        other(ActivityKind.CORPORATE, day(17), 0, "NEW", quantity=10, type_="NC"),
    ]
    held = position("NEW", 10, 1000, 1100)
    activities += [other(ActivityKind.TRADE, day(18), 0, "OLD"), other(ActivityKind.FEE, day(18), 0, "OLD")]
    assert of_symbol("OLD", None, activities).realised == 0
    changed = NotMeasurable("a corporate action, NC of 2026-11-17, has changed it")
    assert of_symbol("NEW", held, activities).total == changed
    assert of_symbol("OLD", None, activities).total == changed
    account = of_account([held], activities)
    assert account.total == Decimal("0.1")
    assert account.doubt is not None
    assert "of NEW, a corporate action, NC of 2026-11-17, has changed it" in account.doubt


def test_shares_that_came_from_elsewhere_are_no_gain() -> None:
    came = other(ActivityKind.CORPORATE, day(17), 0, "VOO", quantity=10, type_="ACATS")
    assert isinstance(life([BOUGHT, came], "20", "1900", "2100").gain, NotMeasurable)
    assert isinstance(of_account([position("VOO", 20, 1900, 2100)], [BOUGHT, came]).gain, NotMeasurable)


def test_a_merger_for_cash_is_a_sale() -> None:
    merged = other(ActivityKind.CORPORATE, day(17), 1200, "VOO", quantity=-10, type_="MA")
    found = of_symbol("VOO", None, [BOUGHT, merged])
    assert (found.realised, found.gain) == (Decimal(200), Decimal(200))
    assert found.price == NotMeasurable("nothing is held of it")


def test_an_unknown_activity_of_a_symbol_is_named_and_not_counted() -> None:
    found = life([BOUGHT, other(ActivityKind.UNKNOWN, day(17), 7, "VOO", type_="XYZ")], "10", "1000", "1000")
    assert found.gain == 0
    assert found.doubt == "XYZ of 2026-11-17 could not be understood and is not counted"


def test_a_canceled_trade_changes_nothing() -> None:
    canceled = other(ActivityKind.TRADE, day(17), 0, "VOO")
    assert life([BOUGHT, canceled], "10", "1000", "1050") == life([BOUGHT], "10", "1000", "1050")


def test_what_was_all_sold_keeps_its_gain_in_the_account() -> None:
    activities = [flow(day(16), 2000), BOUGHT, trade(day(17), "VOO", -10, 120), trade(day(18), "AGG", 5, 100)]
    found = of_account([position("AGG", 5, 500, 490)], activities)
    assert found.gain == 200 - 10
    assert found.total == Decimal(190) / 1500
    assert found.price == Decimal("-0.02")


def test_interest_and_fees_of_the_account_belong_to_no_symbol() -> None:
    activities = [BOUGHT, other(ActivityKind.INCOME, day(17), 3), other(ActivityKind.FEE, day(17), -1)]
    account = of_account([position("VOO", 10, 1000, 1000)], activities)
    assert (account.income, account.fees, account.gain) == (Decimal(3), Decimal(-1), Decimal(2))
    assert life(activities, "10", "1000", "1000").gain == 0


def test_one_position_without_a_price_is_named_as_what_keeps_the_account_unmeasured() -> None:
    activities = [BOUGHT, trade(day(16), "AGG", 1, 100)]
    account = of_account([position("VOO", 10, 1000, 1000), position("AGG", 1, 100, None)], activities)
    assert account.gain == NotMeasurable("the value of AGG is not known")


def test_an_account_without_history_has_bought_nothing() -> None:
    account = of_account([], [])
    assert account.price == NotMeasurable("nothing is held")
    assert account.total == NotMeasurable("no purchase is on record")
    assert account.gain == 0


@steady
@given(trades, st.integers(1, 500))
def test_the_gain_is_what_is_held_and_what_came_less_what_went(moves: list[tuple[int, int, str]], price: int) -> None:
    """However average costs are followed, the money that moved is the same."""
    held = {"VOO": 0, "AGG": 0}
    activities = []
    for quantity, at, symbol in moves:
        if held[symbol] + quantity >= 0:
            held[symbol] += quantity
            activities.append(trade(day(16), symbol, quantity, at))
    positions = [position(symbol, count, 1, count * price) for symbol, count in held.items() if count]
    listed = {one.symbol: one for one in positions}
    lives = [of_symbol(symbol, listed.get(symbol), activities) for symbol in held]
    expected = sum(held.values()) * price + sum(one.amount for one in activities)
    gains = [one.gain for one in lives if isinstance(one.gain, Decimal)]
    assert round(sum(gains, Decimal(0)), 15) == expected
    assert of_account(positions, activities).gain == expected
    assert [one.doubt for one in lives] == [None, None]
