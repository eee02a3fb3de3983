"""The stand-in for Alpaca where orders meet trouble: what refuses them, and how they fill in parts, short or late."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderStatus
from alpaca.trading.models import Asset, Order

from sandbox.alpaca import AccountStatus, Execution, Restrictions, Status
from tests.integration.alpaca_desk import Desk, Exchange

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as running:
        yield running


@pytest.fixture
def desk(exchange: Exchange) -> Desk:
    """Open an account with $1,000 on a Monday at noon."""
    return exchange.open(cash=Decimal(1000))


def refused(error: pytest.ExceptionInfo[APIError]) -> tuple[int | None, int, str]:
    return error.value.status_code, error.value.code, error.value.message


# Orders that are refused.


@pytest.mark.parametrize("symbol", ["VOO", "BTC/USD"])
def test_an_order_against_an_open_one_is_a_wash_trade(desk: Desk, symbol: str) -> None:
    desk.bought(symbol, "100")
    desk.brokerage.fill_delay = timedelta(hours=1)
    buying = desk.buy(symbol, "50")
    with pytest.raises(APIError) as caught:
        desk.sell(symbol, notional="20")
    assert refused(caught) == (403, 40310000, "potential wash trade detected. use complex orders")
    assert json.loads(str(caught.value))["existing_order_id"] == str(buying.id)
    desk.trading.cancel_orders()
    assert desk.sell(symbol, notional="20").status == OrderStatus.NEW
    with pytest.raises(APIError, match="potential wash trade"):
        desk.buy(symbol, "20")
    desk.brokerage.refuses_wash_trades = False
    assert desk.buy(symbol, "20").status == OrderStatus.NEW


def test_a_halt_is_found_out_by_the_order_or_shown_before(desk: Desk) -> None:
    desk.brokerage.halt("IJH")
    asset = desk.trading.get_asset("IJH")
    assert isinstance(asset, Asset)
    assert (asset.tradable, asset.status) == (True, "active")
    with pytest.raises(APIError) as caught:
        desk.buy("IJH", "10")
    assert refused(caught) == (422, 42210000, 'trading in asset "IJH" is halted')
    desk.brokerage.halt("IJH", shown=True)
    asset = desk.trading.get_asset("IJH")
    assert isinstance(asset, Asset)
    assert (asset.tradable, asset.status) == (False, "active")
    with pytest.raises(APIError) as caught:
        desk.buy("IJH", "10")
    assert refused(caught) == (422, 42210000, 'asset "IJH" is not tradable')
    desk.brokerage.resume("IJH")
    assert desk.bought("IJH", "10").status == OrderStatus.FILLED


def test_a_fund_can_stop_being_fractionable(desk: Desk) -> None:
    desk.brokerage.alter_asset("AGG", fractionable=False)
    assert desk.get("/assets/AGG")["fractionable"] is False
    with pytest.raises(APIError) as caught:
        desk.buy("AGG", "10")
    assert refused(caught) == (403, 40310000, "requested asset is not fractionable")


def test_an_asset_can_raise_what_an_order_must_cost(desk: Desk) -> None:
    assert Decimal(desk.get("/assets/BTCUSD")["min_order_size"]) == pytest.approx(Decimal("0.0000113"))
    desk.brokerage.alter_asset("BTC/USD", min_order_size=Decimal("0.001"))
    least = Decimal("0.001") * desk.brokerage.market.price("BTC/USD", desk.clock.now())
    with pytest.raises(APIError) as caught:
        desk.buy("BTC/USD", str(int(least) - 1))
    assert caught.value.message.startswith(f"cost basis must be >= minimal amount of order {int(least)}")
    assert desk.buy("BTC/USD", str(int(least) + 2)).id


@pytest.mark.parametrize(
    ("restrictions", "expected"),
    [
        (Restrictions(trading_blocked=True), (403, 40310000, "account is not authorized to trade")),
        (Restrictions(account_blocked=True), (403, 40310000, "account is not authorized to trade")),
        (Restrictions(status=AccountStatus.ACCOUNT_CLOSED), (403, 40310000, "account is not authorized to trade")),
        (Restrictions(suspended_by_user=True), (403, 40310000, "new orders are rejected by user request")),
        (Restrictions(crypto_status=AccountStatus.INACTIVE), (422, 40010001, "crypto orders not allowed for account")),
    ],
)
def test_a_restricted_account_says_so_and_refuses_orders(
    desk: Desk, restrictions: Restrictions, expected: tuple[int, int, str]
) -> None:
    desk.brokerage.restrictions = restrictions
    account = desk.account()
    assert account.trading_blocked is restrictions.trading_blocked
    assert account.account_blocked is restrictions.account_blocked
    assert account.trade_suspended_by_user is restrictions.suspended_by_user
    assert (account.status.value, str(account.crypto_status.value if account.crypto_status else "")) == (
        restrictions.status.value,
        restrictions.crypto_status.value,
    )
    with pytest.raises(APIError) as caught:
        desk.buy("BTC/USD", "10")
    assert refused(caught) == expected
    desk.brokerage.restrictions = Restrictions()
    assert desk.buy("BTC/USD", "10").id


def test_without_crypto_funds_are_still_bought(desk: Desk) -> None:
    desk.brokerage.restrictions = Restrictions(crypto_status=AccountStatus.INACTIVE)
    assert desk.bought("VOO", "10").status == OrderStatus.FILLED


# Fills in parts, short and late.


def test_an_order_fills_in_parts_over_time(desk: Desk) -> None:
    desk.brokerage.execution = Execution(parts=3, every=timedelta(minutes=10))
    order = desk.bought("VOO", "100")
    assert (order.status, order.filled_at) == (OrderStatus.PARTIALLY_FILLED, None)
    assert Decimal(str(desk.account().cash)) == Decimal("966.67")
    assert Decimal(str(desk.account().buying_power)) == Decimal(900)
    desk.clock.advance(timedelta(minutes=30))
    done = desk.order(order)
    assert done.status == OrderStatus.FILLED
    assert done.filled_at
    assert done.filled_at - order.submitted_at == timedelta(minutes=20) + desk.brokerage.fill_delay
    assert Decimal(str(done.filled_qty)) == Decimal(desk.position("VOO").qty)
    assert (desk.account().cash, desk.account().buying_power) == ("900", "900")
    fills = desk.get("/account/activities/FILL", direction="asc")
    assert [fill["type"] for fill in fills] == ["partial_fill", "partial_fill", "fill"]
    assert [Decimal(fill["leaves_qty"]) > 0 for fill in fills] == [True, True, False]
    assert fills[-1]["cum_qty"] == done.filled_qty == str(sum(Decimal(fill["qty"]) for fill in fills))
    assert len({fill["price"] for fill in fills}) > 1


def test_whole_shares_fill_in_whole_shares(desk: Desk) -> None:
    desk.brokerage.deposit(Decimal(10000))
    desk.brokerage.execution = Execution(parts=2, every=timedelta(minutes=1))
    order = desk.post("/orders", {"symbol": "AGG", "qty": "5", "side": "buy", "type": "market", "time_in_force": "day"})
    desk.clock.advance(timedelta(minutes=5))
    assert [fill["qty"] for fill in desk.get("/account/activities/FILL", direction="asc")] == ["2", "3"]
    assert desk.get(f"/orders/{order['id']}")["status"] == "filled"


@pytest.mark.parametrize("ends", [Status.FILLED, Status.CANCELED])
def test_a_collared_order_ends_with_less_than_its_notional(desk: Desk, ends: Status) -> None:
    desk.brokerage.execution = Execution(fraction=Decimal("0.6"), ends=ends)
    order = desk.bought("VOO", "100")
    assert (order.status.value, order.notional) == (ends.value, "100")
    spent = Decimal(str(order.filled_qty)) * Decimal(str(order.filled_avg_price))
    assert spent == pytest.approx(Decimal(60), abs=Decimal("0.01"))
    assert (desk.account().cash, desk.account().buying_power) == ("940", "940")


def test_an_order_can_end_with_nothing(desk: Desk) -> None:
    desk.brokerage.executions["VOO"] = Execution(fraction=Decimal(0), ends=Status.CANCELED)
    order = desk.bought("VOO", "100")
    assert (order.status, order.filled_qty, order.filled_avg_price) == (OrderStatus.CANCELED, "0", None)
    assert desk.account().buying_power == "1000"
    assert desk.bought("AGG", "100").status == OrderStatus.FILLED


def test_what_a_canceled_or_expired_order_had_filled_stays(desk: Desk) -> None:
    desk.brokerage.execution = Execution(parts=2, every=timedelta(hours=6))
    expiring, canceled = desk.buy("VOO", "100"), desk.buy("AGG", "100")
    desk.clock.advance(SECOND)
    desk.trading.cancel_order_by_id(canceled.id)
    desk.at(17, 0)
    states = {order.symbol: order.status for order in (desk.order(expiring), desk.order(canceled))}
    assert states == {"VOO": OrderStatus.EXPIRED, "AGG": OrderStatus.CANCELED}
    assert (desk.account().cash, desk.account().buying_power) == ("900", "900")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"parts": 0}, "parts is 0, must be at least 1"),
        ({"fraction": Decimal("1.1")}, "fraction is 1.1, must be from 0 to 1"),
        ({"every": -SECOND}, "must not be negative"),
        ({"ends": Status.EXPIRED}, "must be filled or canceled"),
        ({"fraction": Decimal(0)}, "let it end canceled"),
    ],
)
def test_an_execution_that_cannot_be_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Execution(**settings)  # type: ignore[arg-type]  # wrong on purpose


def test_positions_show_a_fill_later_than_its_order(desk: Desk) -> None:
    desk.brokerage.position_lag = timedelta(seconds=30)
    order = desk.bought("BTC/USD", "100")
    assert order.status == OrderStatus.FILLED
    assert (desk.trading.get_all_positions(), desk.account().cash) == ([], "900")
    with pytest.raises(APIError) as caught:
        desk.position("BTCUSD")
    assert refused(caught) == (404, 40410000, "position does not exist")
    desk.clock.advance(timedelta(seconds=30))
    assert desk.position("BTCUSD").qty_available == desk.position("BTCUSD").qty
    desk.sell("BTC/USD", qty=desk.position("BTCUSD").qty)
    desk.clock.advance(SECOND)
    assert desk.position("BTCUSD").qty_available == "0"


def test_an_unknown_order_is_not_found(desk: Desk) -> None:
    with pytest.raises(APIError) as caught:
        desk.trading.cancel_order_by_id(uuid4())
    assert caught.value.status_code == 404


def test_many_orders_of_one_long_jump_fill_each_at_its_own_time(desk: Desk) -> None:
    desk.brokerage.execution = Execution(parts=4, every=timedelta(minutes=7))
    orders = [desk.buy("VOO", "10") for _ in range(3)]
    desk.clock.advance(timedelta(days=10))
    filled = [desk.order(order) for order in orders]
    for placed, done in zip(orders, filled, strict=True):
        assert isinstance(done, Order)
        assert done.filled_at == placed.submitted_at + desk.brokerage.fill_delay + timedelta(minutes=21)
    times = [fill["transaction_time"] for fill in desk.get("/account/activities/FILL", direction="asc")]
    assert len(times) == 12
    assert times == sorted(times)
