"""What each strategy orders for the same cash, and what it holds back."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.account import Account, Investable, Limit, Minimums, investable
from core.allocation import Allocation, Sector
from core.investing import CapTooLow, Cut, NotEnoughCash, Plan, ValueUnknown, Waiting, plan
from core.money import Cents
from core.orders import Order, OrderIntent, OrderState
from core.strategies import Answer, Strategy, plan_cash, still_to_buy
from tests.unit.properties import allocations, steady

LEAST = Minimums(us_equity=1_00, crypto=10_00)
THREE = Allocation((Sector("Stocks", "VOO", 6_000), Sector("Bonds", "AGG", 3_500), Sector("Coins", "BTC/USD", 500)))


def planned(
    cents: Cents,
    held: dict[str, Decimal | None] | None = None,
    strategy: Strategy = Strategy.UNDERWEIGHT,
    *,
    open_buys: dict[str, Cents] | None = None,
    cap: Cents | None = None,
    allocation: Allocation = THREE,
) -> Answer:
    return plan_cash(
        strategy,
        Investable(cents, Limit.CASH, free_cash=cents, reserve=0),
        allocation,
        minimums=LEAST,
        assets={},
        identify=lambda symbol: f"id of {symbol}",
        held=held or {},
        open_buys=open_buys or {},
        max_per_order=cap,
    )


def ordered(answer: Answer) -> dict[str, Cents]:
    assert isinstance(answer, Plan)
    assert answer.cash == sum(intent.notional for intent in answer.intents)
    return {intent.symbol: intent.notional for intent in answer.intents}


def test_proportional_is_the_plan_as_it_always_was() -> None:
    cash = Investable(500_00, Limit.CASH, free_cash=500_00, reserve=0)
    held: dict[str, Decimal | None] = {"VOO": Decimal(10_000), "AGG": None}
    assert planned(500_00, held, Strategy.PROPORTIONAL) == plan(cash, THREE, LEAST, {}, lambda one: f"id of {one}")


def test_underweight_buys_first_what_is_furthest_below_its_target() -> None:
    held: dict[str, Decimal | None] = {"VOO": Decimal(900), "AGG": Decimal(350), "BTC/USD": Decimal(0)}
    assert ordered(planned(50_00, held)) == {"BTC/USD": 50_00}


def test_a_sector_too_small_for_its_minimum_waits_and_is_named_with_its_figures() -> None:
    answer = planned(100_00)
    assert ordered(answer) == {"VOO": 63_16, "AGG": 36_84}
    assert isinstance(answer, Plan)
    assert answer.waiting == (Waiting("Coins", "BTC/USD", 5_00, 10_00),)


def test_what_open_orders_will_add_is_not_bought_again() -> None:
    held: dict[str, Decimal | None] = {"VOO": Decimal(600), "AGG": Decimal(350)}
    assert ordered(planned(20_00, held)) == {"BTC/USD": 20_00}
    assert "BTC/USD" not in ordered(planned(20_00, held, open_buys={"BTC/USD": 60_00}))


def test_positions_of_no_sector_do_not_count() -> None:
    assert ordered(planned(100_00, {"TSLA": Decimal(10**6)})) == ordered(planned(100_00))


def test_cash_for_nobody_s_minimum_says_what_the_least_order_needs() -> None:
    answer = planned(99)
    assert isinstance(answer, NotEnoughCash)
    assert (answer.available, answer.needed, answer.sector, answer.minimum) == (99, 1_00, "Bonds", 1_00)


def test_a_sector_whose_value_is_not_known_stops_underweight_and_is_named() -> None:
    assert planned(100_00, {"AGG": None}) == ValueUnknown(("AGG",), 100_00)


def test_an_order_above_the_limit_is_cut_and_the_rest_stays_cash() -> None:
    for strategy in Strategy:
        answer = planned(1_000_00, strategy=strategy, cap=400_00)
        assert ordered(answer) == {"VOO": 400_00, "AGG": 350_00, "BTC/USD": 50_00}
        assert isinstance(answer, Plan)
        assert answer.cuts == (Cut("Stocks", "VOO", 600_00, 400_00),)


def test_a_limit_below_one_minimum_leaves_that_order_out() -> None:
    answer = planned(1_000_00, cap=9_00)
    assert ordered(answer) == {"VOO": 9_00, "AGG": 9_00}
    assert isinstance(answer, Plan)
    assert answer.cuts[2] == Cut("Coins", "BTC/USD", 50_00, 0)


def test_a_limit_below_every_minimum_orders_nothing_and_says_so() -> None:
    assert planned(1_000_00, cap=99) == CapTooLow(limit=99, sector="Bonds", minimum=1_00, waiting=1_000_00)


def test_only_open_and_undecided_buys_are_still_to_come() -> None:
    def order(symbol: str, state: OrderState, filled: str = "0") -> Order:
        intent = OrderIntent(f"id-{symbol}-{state}", symbol, symbol, 50_00)
        return Order(intent, state, filled_quantity=Decimal(filled), filled_price=Decimal(10))

    orders = [
        order("VOO", OrderState.PARTIALLY_FILLED, "2"),
        order("VOO", OrderState.UNKNOWN),
        order("AGG", OrderState.FILLED, "5"),
        order("IJH", OrderState.CANCELED),
    ]
    assert still_to_buy(orders) == {"VOO": 80_00}


amounts = st.integers(-(10**5), 10**6).map(lambda cents: Decimal(cents) / 100)


@steady
@given(
    allocations(),
    st.tuples(amounts, amounts),
    st.sampled_from(Strategy),
    st.integers(0, 10**5),
    st.none() | st.integers(1, 10**5),
)
def test_no_strategy_ever_spends_margin_or_the_reserve(
    allocation: Allocation, money: tuple[Decimal, Decimal], strategy: Strategy, reserve: Cents, cap: Cents | None
) -> None:
    # Buying power is four times the cash, or what the positions would be lent for when the cash is negative.
    dollars, spoken_for = money[0], abs(money[1]) / 10
    account = Account("1", dollars, spoken_for, max(dollars * 4, Decimal(10**6)), abs(dollars) * 2)
    cash = investable(account, reserve=reserve, left_today=None)
    answer = plan_cash(
        strategy,
        cash,
        allocation,
        minimums=LEAST,
        assets={},
        identify=str,
        held={},
        max_per_order=cap,
    )
    spent = answer.cash if isinstance(answer, Plan) else 0
    assert spent * Decimal("0.01") <= max(Decimal(0), dollars - spoken_for - Decimal(reserve) / 100)
    if isinstance(answer, Plan):
        assert spent == sum(intent.notional for intent in answer.intents) > 0
        assert all(intent.notional <= (cap or intent.notional) for intent in answer.intents)
        assert all(intent.notional >= LEAST.of(intent.asset_class) for intent in answer.intents)
        assert {intent.symbol for intent in answer.intents}.isdisjoint(one.symbol for one in answer.waiting)
