"""Missing days: worked out backwards from now, and never guessed."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.activities import Activity, ActivityKind
from core.reporting.reconstruction import reconstruct
from core.reporting.snapshots import Holding, Snapshot
from tests.unit.histories import coin_fee, day, flow, holding, other, snapshot, trade
from tests.unit.properties import steady

Closes = Mapping[str, Mapping[date, Decimal]]

NOW = snapshot(day(20), 500, holding("VOO", 10, 1000, 1100))

CLOSES: Closes = {"VOO": {day(number): Decimal(100 + number) for number in range(16, 21)}}

FRIDAY = day(20)


def worked_out(on: date, activities: list[Activity], now: Snapshot = NOW, closes: Closes = CLOSES) -> Snapshot:
    (found,) = reconstruct([on], now, activities, closes).snapshots
    return found


def test_a_day_on_which_nothing_happened_since_has_what_is_held_now_at_its_own_close() -> None:
    found = worked_out(day(18), [])
    assert found == Snapshot(day(18), Decimal(500), (holding("VOO", 10, 1000, 1180),), reconstructed=True)


def test_what_was_bought_later_was_cash_before() -> None:
    found = worked_out(day(18), [trade(day(18), "VOO", 1, 99), trade(day(19), "VOO", 2, 110)])
    assert found.cash == 720
    assert found.holdings == (holding("VOO", 8, 780, 8 * 118),)


def test_what_was_sold_later_was_held_before_at_the_same_average_cost() -> None:
    found = worked_out(day(18), [trade(day(19), "VOO", -10, 115)])
    assert found.cash == -650
    assert found.holdings == (holding("VOO", 20, 2000, 20 * 118),)


def test_of_what_was_all_sold_the_cost_is_not_known_any_more() -> None:
    found = worked_out(day(18), [trade(day(19), "VOO", -3, 115)], snapshot(FRIDAY, 345))
    assert found.holdings == (holding("VOO", 3, None, 3 * 118),)
    assert found.cash == 0


def test_before_its_first_purchase_nothing_of_it_is_listed() -> None:
    assert worked_out(day(18), [trade(day(19), "VOO", 10, 100)]).holdings == ()


def test_flows_dividends_and_fees_are_taken_back_out_of_the_cash() -> None:
    later = [
        flow(day(19), 300),
        other(ActivityKind.INCOME, day(19), 7, "VOO"),
        other(ActivityKind.FEE, day(19), -2),
        other(ActivityKind.UNKNOWN, day(19), 1),
    ]
    found = worked_out(day(18), later)
    assert found.cash == 500 - 300 - 7 + 2 - 1
    assert found.holdings == (holding("VOO", 10, 1000, 1180),)


def test_a_fund_without_a_close_that_day_is_not_valued_and_it_is_said() -> None:
    found = reconstruct([day(13), day(12), day(17)], NOW, [], CLOSES)
    assert [one.equity for one in found.snapshots] == [None, None, Decimal(1670)]
    assert found.notes == (
        "There is no closing price of VOO for 2 days from 2026-11-12 to 2026-11-13: its value then is not known.",
    )


def test_a_coin_without_a_bar_that_day_is_valued_at_the_last_one_before() -> None:
    now = snapshot(FRIDAY, 0, holding("BTC/USD", 2, 50, 60))
    found = worked_out(day(18), [], now, {"BTC/USD": {day(15): Decimal(7), day(16): Decimal(9), day(19): Decimal(4)}})
    assert found.equity == 18


def test_a_coin_without_any_bar_before_is_not_valued() -> None:
    now = snapshot(FRIDAY, 0, holding("BTC/USD", 2, 50, 60))
    assert worked_out(day(18), [], now, {"BTC/USD": {day(19): Decimal(4)}}).equity is None


def test_the_fee_of_a_coins_purchase_comes_back_with_the_purchase() -> None:
    now = snapshot(FRIDAY, 0, holding("BTC/USD", "0.9975", "99.75", 100))
    coins = [coin_fee(day(19), "BTC/USD", "0.0025", 100), trade(day(19), "BTC/USD", 1, 100)]
    assert worked_out(day(18), coins, now).holdings == ()
    assert worked_out(day(18), coins[1:], now).holdings == (), "the fee is listed only at the end of the day"


def test_before_a_corporate_action_nothing_of_the_symbol_is_known_and_the_rest_is() -> None:
    now = snapshot(FRIDAY, 0, holding("VOO", 10, 1000, 1100), holding("NEW", 4, 40, 44))
    later = [
        other(ActivityKind.CORPORATE, day(19), 0, "OLD", quantity=-4, type_="NC"),
        other(ActivityKind.CORPORATE, day(19), 0, "NEW", quantity=4, type_="NC"),
    ]
    found = reconstruct([day(18), day(19)], now, later, {**CLOSES, "NEW": {day(19): Decimal(11), day(18): Decimal(11)}})
    before, after = found.snapshots
    assert before.holdings == (
        holding("NEW", 0, None, None),
        holding("OLD", 4, None, None),
        holding("VOO", 10, 1000, 1180),
    )
    assert before.equity is None
    assert after.equity == 1190 + 44
    assert found.notes == (
        "NC of 2026-11-19 has changed NEW: what was held of it up to 2026-11-18 is not known.",
        "NC of 2026-11-19 has changed OLD: what was held of it up to 2026-11-18 is not known.",
    )


def test_more_purchases_than_shares_leave_the_days_before_unknown() -> None:
    found = reconstruct([day(18)], NOW, [trade(day(19), "VOO", "10.01", 100)], CLOSES)
    assert found.snapshots[0].equity is None
    assert found.notes == (
        "More VOO was bought on 2026-11-19 and later than is accounted for: "
        "what was held of it up to 2026-11-18 is not known.",
    )


def test_an_unknown_cost_now_is_unknown_before() -> None:
    now = snapshot(FRIDAY, 0, holding("VOO", 10, None, 1100))
    assert worked_out(day(18), [trade(day(19), "VOO", 1, 100)], now).holdings[0].cost_basis is None


moves = st.lists(
    st.tuples(st.integers(2, 9), st.sampled_from(["VOO", "AGG", None]), st.integers(-3, 8), st.integers(1, 300)),
    max_size=14,
).map(lambda drawn: sorted(drawn, key=lambda move: move[0]))


@steady
@given(moves)
def test_walking_back_finds_what_walking_forward_recorded(drawn: list[tuple[int, str | None, int, int]]) -> None:
    """Each day's end is written down as trades happen; then all days are lost, and worked out from the last."""
    cash, held, costs = Decimal(10_000), {"VOO": 0, "AGG": 0}, {"VOO": Decimal(0), "AGG": Decimal(0)}
    closes = {symbol: {day(number): Decimal(number) for number in range(1, 12)} for symbol in held}
    ends: dict[int, Snapshot] = {}
    activities = []
    for number in range(1, 11):
        for _, symbol, quantity, price in [move for move in drawn if move[0] == number]:
            if symbol is None:
                activities.append(flow(day(number), quantity))
            elif quantity and held[symbol] + quantity > 0:
                growing = quantity > 0
                costs[symbol] += quantity * price if growing else costs[symbol] * quantity / held[symbol]
                held[symbol] += quantity
                activities.append(trade(day(number), symbol, quantity, price))
            else:
                continue
            cash += activities[-1].amount
        ends[number] = Snapshot(
            day(number),
            cash,
            tuple(
                Holding(symbol, Decimal(count), round(costs[symbol], 12), Decimal(count * number))
                for symbol, count in sorted(held.items())
                if count
            ),
            reconstructed=True,
        )
    found = reconstruct([day(number) for number in range(1, 10)], ends[10], activities, closes)
    assert found.notes == ()
    assert [rounded(one) for one in found.snapshots] == [rounded(ends[number]) for number in range(1, 10)]


def rounded(end: Snapshot) -> tuple[object, ...]:
    held = [(one.symbol, one.quantity, round(one.cost_basis or Decimal(0), 6), one.value) for one in end.holdings]
    return end.day, end.cash, end.equity, held, end.reconstructed
