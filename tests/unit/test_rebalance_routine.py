"""The rebalancing: sales first, then what they really brought buys, and everything that kept something back is said."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from core.allocation import Allocation, Sector
from core.orders import OrderState, Side
from core.positions import Position
from core.rebalancing.plan import NothingToDo
from core.rebalancing.rules import Rules
from core.reserves import ReserveAmount
from core.routines.rebalance import rebalance
from core.runs import Footing, RunState
from tests.unit.fakes import Fate
from tests.unit.rebalancing_world import BUYS, SALES, Rebalancing
from tests.unit.world import DAY, WINDOW

THIRDS = Allocation((Sector("Stocks", "VOO", 4000), Sector("Bonds", "AGG", 4000), Sector("Crypto", "BTC/USD", 2000)))


def test_what_is_too_much_is_sold_and_its_proceeds_buy_what_is_too_little() -> None:
    world = Rebalancing()
    run = world.go()
    assert run.state is RunState.DONE
    assert world.orders(Side.SELL)["VOO"].quantity == 20
    assert world.orders(Side.BUY)["AGG"].notional == 20_00
    assert world.texts == [
        "The account was rebalanced. Sold $20 of VOO. Bought $20 of AGG. Realised a gain of $10 short term, first in, "
        "first out. The drift was 20.00 percentage points and is 0.00 now."
    ]


def test_the_sales_are_committed_before_the_first_one_leaves_and_filled_before_anything_is_bought() -> None:
    world = Rebalancing()
    world.go()
    seen = world.events.seen
    sold, bought = SALES.client_order_id("VOO", Side.SELL), BUYS.client_order_id("AGG")
    order = ["ledger opened", f"broker sent {sold}", f"ledger has {sold} filled", f"broker sent {bought}"]
    assert [seen.index(one) for one in order] == sorted(seen.index(one) for one in order)
    assert seen.count("ledger opened") == 2


def test_a_sale_counts_neither_as_money_spent_nor_against_the_days_limit() -> None:
    world = Rebalancing()
    world.go()
    assert world.ledger.spent_on("main", DAY) == 0
    sales = world.ledger.runs[SALES]
    assert sales.cash_left == sales.cash == 0


def test_a_rejected_sale_stops_what_it_was_to_pay_for_and_says_so() -> None:
    world = Rebalancing()
    world.broker.fates["VOO"] = [Fate.REFUSED]
    run = world.go()
    assert run.state is RunState.FAILED
    assert world.orders(Side.BUY) == {}
    assert world.ledgers(BUYS) == {}
    assert world.texts == [
        "The account was not rebalanced: nothing has been sold, and so nothing was bought. The drift was 20.00 "
        "percentage points and is 20.00 now. The order to sell about $20 of VOO was rejected: insufficient buying "
        "power."
    ]


def test_a_failed_sale_does_not_stop_what_the_others_pay_for() -> None:
    three = Allocation((Sector("A", "VOO", 3000), Sector("B", "IJH", 3000), Sector("C", "AGG", 4000)))
    world = Rebalancing(allocation=three, held={"VOO": 40, "IJH": 40, "AGG": 20})
    world.broker.fates["IJH"] = [Fate.REFUSED]
    world.go()
    assert world.ledgers(SALES) == {"VOO": OrderState.FILLED, "IJH": OrderState.REJECTED}
    assert world.orders(Side.BUY)["AGG"].notional == 10_00


def test_a_sale_that_stays_open_buys_nothing_and_is_followed_like_any_order() -> None:
    world = Rebalancing()
    world.broker.fills = OrderState.ACCEPTED
    run = world.go()
    assert run.state is RunState.DONE
    assert world.orders(Side.BUY) == {}
    assert "The order to sell about $20 of VOO is still open. What it brings stays cash" in world.texts[0]
    assert [order.intent.symbol for _, order in world.ledger.open_orders()] == ["VOO"]


def test_an_open_sale_is_not_sold_a_second_time() -> None:
    world = Rebalancing(rules=Rules(holding_days=1))
    world.broker.fills = OrderState.ACCEPTED
    world.go()
    again = world.proposed()
    assert isinstance(again, NothingToDo) or sum(sale.quantity for sale in again.plan.sales) <= Decimal(50)


def test_a_coin_waits_until_the_cash_of_the_sales_has_settled() -> None:
    world = Rebalancing(allocation=THIRDS, held={"VOO": 60, "AGG": 40})
    world.go()
    assert set(world.orders(Side.BUY)) == set()
    assert "Crypto: $20 waits until the sales' cash has settled." in world.texts[0]


def test_a_debt_is_paid_before_anything_is_bought_whatever_the_buying_power() -> None:
    world = Rebalancing(cash=Decimal(-15))
    world.go()
    assert world.orders(Side.BUY)["AGG"].notional == 5_00
    assert "Of the $20 that came in, $5 could be spent" in world.texts[0]


def test_the_reserve_is_filled_up_first_and_the_preview_says_so() -> None:
    world = Rebalancing(cash=Decimal(5), reserve=ReserveAmount(10_00))
    proposed = world.proposed()
    assert not isinstance(proposed, NothingToDo)
    assert "Up to $5 of what is sold fills the reserve up." in proposed.plan.notes
    world.go()
    assert world.orders(Side.BUY)["AGG"].notional == 15_00


def test_four_times_the_buying_power_buys_no_more_than_the_sales_brought() -> None:
    world = Rebalancing(cash=Decimal(50))
    assert world.broker.account().buying_power > 400
    world.go()
    assert world.orders(Side.BUY)["AGG"].notional == 20_00


def test_after_the_window_nothing_is_bought_and_the_alert_says_what_stays_cash() -> None:
    world = Rebalancing()
    world.broker.now = WINDOW.closes - timedelta(seconds=0.1)
    run = world.go()
    assert run.state is RunState.DONE
    assert world.orders(Side.BUY) == {}
    assert "Nothing was bought for the $20: the time for the day's orders was over. It stays cash." in world.texts[0]


def test_paused_nothing_is_proposed() -> None:
    world = Rebalancing(paused=True)
    found = world.proposed()
    assert isinstance(found, NothingToDo)
    assert "paused" in found.reason


def test_what_belongs_to_no_sector_is_listed_and_never_sold() -> None:
    world = Rebalancing()
    stray = Position("GME", Decimal(9), Decimal(9), Decimal(1), Decimal(9), Decimal(0))
    world.broker.positions_held = (*world.broker.positions_held, stray)
    proposed = world.proposed()
    assert not isinstance(proposed, NothingToDo)
    assert [one.symbol for one in proposed.plan.untouched] == ["GME"]
    world.go()
    assert set(world.orders(Side.SELL)) == {"VOO"}


def test_what_was_bought_within_the_holding_time_is_not_sold() -> None:
    world = Rebalancing(rules=Rules(holding_days=100))
    found = world.proposed()
    assert isinstance(found, NothingToDo)
    assert "it was bought within 100 days" in found.reason


def test_an_order_above_the_limit_is_cut_and_said() -> None:
    world = Rebalancing(max_per_order=8_00)
    world.go()
    assert world.orders(Side.BUY)["AGG"].notional == 8_00
    assert "Bonds: $12 of $20 is not bought: an order is at most $8." in world.texts[0]


def test_a_fund_that_became_untradable_between_sale_and_purchase_is_said() -> None:
    world = Rebalancing()
    proposed = world.proposed()
    assert not isinstance(proposed, NothingToDo)
    world.broker.assets_by_symbol["AGG"] = replace(world.broker.assets_by_symbol["AGG"], tradable=False)
    rebalance(SALES, WINDOW, proposed, world.policy, world.ports, footing=Footing(0, None))
    assert world.orders(Side.BUY) == {}
    assert "AGG cannot be traded at the moment" in world.texts[0]
