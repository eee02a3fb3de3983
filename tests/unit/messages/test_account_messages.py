"""The account in tables: aligned figures, untracked last, sums that add up."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.account import Account, investable
from core.allocation import Allocation, Sector
from core.investing import Need
from core.messages import account_messages
from core.orders import Order, OrderIntent, OrderState
from core.positions import Position
from core.reporting import standing
from tests.unit.histories import day, flow, holding, position, snapshot, trade

STOCKS, BONDS = Sector("Stocks", "VOO", 6_000), Sector("Bonds", "AGG", 4_000)
HELD = (position("VOO", 1, "100", "150"), position("GME", 2, "40", "20"), position("AGG", 1, "50", "50"))
ACCOUNT = Account("1", Decimal(250), Decimal(0), Decimal(500), Decimal(250))


def stands(*positions: Position) -> standing.Standing:
    now = snapshot(day(20), 30, *(holding(one.symbol, one.quantity, 1, one.market_value) for one in positions))
    bought = [trade(day(19), one.symbol, one.quantity, 50) for one in positions]
    return standing.stand(Allocation((STOCKS, BONDS)), positions, now, (), bought)


def test_positions_come_in_the_allocations_order_with_what_belongs_to_no_sector_last() -> None:
    table = account_messages.positions(stands(*HELD))
    assert table.rows == (
        ("Stocks", "150.00", "75.0%", "+50.00%"),
        ("Bonds", "50.00", "25.0%", "0.00%"),
        ("GME", "20.00", "-", "-50.00%"),
    )
    assert table.totals == (("Cash", "30.00", "", ""), ("Account", "250.00", "", ""))
    assert "GME belongs to no sector: it is left alone." in account_messages.position_notes(stands(*HELD))


def test_a_position_without_a_price_is_named_and_costs_no_other_line() -> None:
    unknown = stands(position("VOO", 1, "100", None), position("AGG", 1, "50", "50"))
    table = account_messages.positions(unknown)
    assert table.rows == (("Stocks", "?", "?", "?"), ("Bonds", "50.00", "100.0%", "0.00%"))
    assert table.totals[-1] == ("Account", "?", "", "")
    assert "Stocks: its value is not known." in account_messages.position_notes(unknown)


def test_cash_names_everything_that_is_kept_back() -> None:
    account = replace(ACCOUNT, open_buys=Decimal(30), non_marginable_buying_power=Decimal(200), pending_in=Decimal(40))
    free = investable(account, reserve=50_00, left_today=100_00)
    needed = Need(200_00, STOCKS, 1_00)
    assert account_messages.cash(account, free, needed, 150_00, 50_00) == [
        ("In the account", "$250.00"),
        ("Kept for open orders", "$30.00"),
        ("Not settled yet", "$20.00"),
        ("Kept as the reserve", "$50.00"),
        ("Limit a day", "$150.00, of which $50.00 is used today"),
        ("On its way in", "$40.00, not cash yet"),
        ("Cash to invest", "$100.00, because the limit a day allows no more"),
        ("The next run needs", "$200.00, so that Stocks (60%) gets at least $1.00; $100.00 more"),
    ]


def test_a_plain_account_has_few_lines_of_cash() -> None:
    free = investable(ACCOUNT, reserve=0, left_today=None)
    told = account_messages.cash(ACCOUNT, free, Need(200_00, STOCKS, 1_00), None, 0)
    assert [name for name, _ in told] == [
        "In the account",
        "Kept as the reserve",
        "Cash to invest",
        "The next run needs",
    ]
    assert told[-1][1].endswith("; it is there")


def test_orders_tell_what_was_asked_bought_and_paid() -> None:
    voo = OrderIntent("id-1", "Stocks", "VOO", 1_035_00)
    coin = OrderIntent("id-2", "Crypto", "BTC/USD", 5_00)
    filled = Order(voo, OrderState.FILLED, "b", Decimal("1.5"), Decimal(690))
    refused = Order(coin, OrderState.REJECTED, reason="insufficient buying power.")
    assert account_messages.orders([(day(20), filled), (day(20), refused)]).rows == (
        ("Fri 20 Nov VOO, filled", "1,035.00", "1,035.00", "690.00"),
        ("Fri 20 Nov BTCUSD, rejected", "5.00", "0.00", "-"),
    )
    assert account_messages.order_reasons([filled, refused]) == ["BTCUSD, rejected: insufficient buying power."]


def test_every_state_of_an_order_has_its_words() -> None:
    assert set(account_messages.STATES) == set(OrderState)


def test_a_coin_of_less_than_a_dollar_keeps_its_digits() -> None:
    assert account_messages.price(Decimal("0.0000123400")) == "0.00001234"
    assert account_messages.price(Decimal("1234.567")) == "1,234.57"


def test_flows_come_newest_first_and_the_sums_are_of_all() -> None:
    known = [flow(date(2025, 12, 31), 100), flow(day(2), 1500), flow(day(3), "-50.5"), flow(day(4), 0)]
    table = account_messages.flows(known, day(20), 2)
    assert table.rows == (("Tue 3 Nov", "-50.50"), ("Mon 2 Nov", "+1,500.00"), ("1 earlier", "+100.00"))
    assert table.totals == (("Put in", "+1,600.00"), ("Taken out", "-50.50"), ("Together", "+1,549.50"))
    assert account_messages.flows(known, day(20), 9).rows[-1] == ("Wed 31 Dec 2025", "+100.00")
