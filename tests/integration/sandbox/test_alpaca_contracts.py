"""Every answer of the stand-in for Alpaca, in several states of the account, against Alpaca's own descriptions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from starlette.routing import Match, Route

from sandbox.alpaca import AccountStatus, EntryKind, Execution, Restrictions, Status
from sandbox.alpaca.market_data import market_data_routes
from sandbox.alpaca.trading import trading_routes
from tests.contracts import Amendment, Contract, load
from tests.integration.alpaca_desk import Desk, Exchange, new_brokerage

TRADING, DATA = "alpaca-trading.json", "alpaca-market-data.json"

# SOURCES.md: there are no error bodies. These are the fields that alpaca-py and its users' reports show; a refused
# order names what stood in its way.
DATA_FAILURE = {
    "type": "object",
    "required": ["message"],
    "properties": {"message": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
_DETAILS = ("available", "balance", "buying_power", "cost_basis", "existing_order_id", "reject_reason", "symbol")
TRADING_FAILURE = DATA_FAILURE | {
    "properties": {
        "code": {"type": "integer"},
        "message": {"type": "string", "minLength": 1},
        **{name: {"type": "string"} for name in _DETAILS},
    }
}

_SCHEMAS = "components schemas"
TRADING_AMENDMENTS = (
    Amendment(f"{_SCHEMAS} Exchange enum -", "CRYPTO", "SOURCES.md: the enum lacks it; alpaca-py has it"),
    Amendment(f"{_SCHEMAS} ExchangeForPosition enum -", "CRYPTO", "the same enum, for positions"),
    Amendment(
        f"{_SCHEMAS} NonTradeActivities properties date format",
        "date",
        "the description says date-time, Alpaca's own examples have 2022-08-12",
    ),
    Amendment(
        f"{_SCHEMAS} NonTradeActivities properties description",
        {"type": "string"},
        "not described, but in Alpaca's example of a crypto fee (docs.alpaca.markets, crypto fees)",
    ),
    Amendment(
        f"{_SCHEMAS} NonTradeActivities properties price",
        {"type": "string"},
        "not described, but in the same example: the price at which the fee's coins were bought",
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one request and what it was answered; body is None where there was none."""

    method: str
    path: str
    status: int
    body: Any
    sent: Any = None

    @property
    def is_data(self) -> bool:
        return self.path.startswith(("/v2/stocks", "/v1beta3"))


def a_new_account(_: Desk) -> None:
    """Leave the account as it was opened."""


def an_account_with_everything(desk: Desk) -> None:
    broker = desk.brokerage
    for symbol in ("VOO", "AGG", "BTC/USD", "ETH/USD"):
        desk.bought(symbol, "100")
    broker.execution = Execution(parts=3, every=timedelta(minutes=2))
    desk.buy("IJH", "30")
    desk.clock.advance(timedelta(minutes=1))
    desk.at(12, 0, day=24)
    for kind, dollars in (("INT", "-0.12"), ("FEE", "-0.02"), ("CFEE", "-0.01"), ("JNLC", "25"), ("DIVNRA", "-0.3")):
        broker.enter(EntryKind(kind), Decimal(dollars), "entered by a test")
    broker.pay_dividend("VOO", Decimal("1.7447"))
    broker.deposit(Decimal(500), clears_in=timedelta(days=2))
    broker.withdraw(Decimal(5))
    broker.execution = Execution()
    desk.sell("VOO", notional="40")
    desk.sell("BTC/USD", notional="15")
    desk.clock.advance(timedelta(seconds=1))


def orders_in_every_state(desk: Desk) -> None:
    broker = desk.brokerage
    desk.bought("VOO", "10")
    broker.executions["AGG"] = Execution(fraction=Decimal("0.4"))
    broker.executions["IJH"] = Execution(fraction=Decimal("0.4"), ends=Status.CANCELED)
    broker.executions["ETH/USD"] = Execution(parts=3, every=timedelta(hours=12))
    broker.executions["IXUS"] = Execution(fraction=Decimal(0), ends=Status.CANCELED)
    for symbol in ("AGG", "IJH", "ETH/USD", "IXUS"):
        desk.buy(symbol, "20")
    desk.clock.advance(timedelta(seconds=1))
    broker.fill_delay = timedelta(hours=9)
    desk.trading.cancel_order_by_id(desk.buy("SPY", "20").id)
    desk.buy("VTI", "20")
    desk.buy("BTC/USD", "20")
    desk.at(20, 0)
    desk.buy("QQQ", "20")


def an_account_in_trouble(desk: Desk) -> None:
    desk.brokerage.restrictions = Restrictions(
        trading_blocked=True,
        account_blocked=True,
        suspended_by_user=True,
        status=AccountStatus.ACCOUNT_CLOSED,
        crypto_status=AccountStatus.INACTIVE,
    )
    desk.brokerage.enter(EntryKind.FEE, Decimal(-1200))


def an_account_in_debt(desk: Desk) -> None:
    desk.brokerage.multiplier = 2
    desk.bought("VOO", "1500")


def an_account_after_its_reset(desk: Desk) -> None:
    desk.bought("VOO", "100")
    desk.brokerage.reset()


def halted_and_changed_assets_on_a_sunday(desk: Desk) -> None:
    desk.at(11, 0, day=29)
    desk.brokerage.halt("VOO", shown=True)
    desk.brokerage.alter_asset("AGG", fractionable=False)
    desk.brokerage.alter_asset("BTC/USD", min_order_size=Decimal("0.001"))
    desk.brokerage.vanish("IJR")


def no_requests_left(desk: Desk) -> None:
    desk.brokerage.limit_requests(1)
    desk.account()


STATES: tuple[Callable[[Desk], None], ...] = (
    a_new_account,
    an_account_with_everything,
    orders_in_every_state,
    an_account_in_trouble,
    an_account_in_debt,
    an_account_after_its_reset,
    halted_and_changed_assets_on_a_sunday,
    no_requests_left,
)

BUY = {"symbol": "VOO", "notional": "10", "side": "buy", "type": "market", "time_in_force": "day"}

READS = (
    "/v2/account",
    "/v2/account/activities",
    "/v2/account/activities?category=non_trade_activity&page_size=2",
    "/v2/account/activities?page_size=101",
    "/v2/account/activities?page_token=nothing",
    "/v2/account/activities/FILL",
    "/v2/account/activities/DIV",
    "/v2/account/portfolio/history?cashflow_types=ALL",
    "/v2/account/portfolio/history?period=nothing",
    "/v2/clock",
    "/v2/calendar?start=2026-11-20&end=2026-11-30",
    "/v2/assets",
    "/v2/assets?asset_class=crypto&status=active",
    "/v2/assets/VOO",
    "/v2/assets/BTC%2FUSD",
    "/v2/assets/NOPE",
    "/v2/positions",
    "/v2/positions/VOO",
    "/v2/positions/BTCUSD",
    "/v2/orders?status=all",
    "/v2/orders?limit=0",
    "/v2/orders:by_client_order_id?client_order_id=mine",
    "/v2/orders:by_client_order_id?client_order_id=nobody",
    "/v2/orders/nonsense",
    "/v2/stocks/snapshots?symbols=VOO,AGG",
    "/v2/stocks/snapshots?symbols=VOO&feed=sip",
    "/v2/stocks/snapshots",
    "/v2/stocks/bars?symbols=VOO,AGG&timeframe=1Day&start=2026-11-02",
    "/v2/stocks/bars?symbols=VOO&timeframe=1Day&start=2026-11-02&limit=2",
    "/v2/stocks/bars?symbols=VOO&timeframe=1Day&start=2026-11-02&end=2026-12-31",
    "/v2/stocks/bars?symbols=VOO&timeframe=1Min",
    "/v2/stocks/VOO/bars?timeframe=1Day&start=2026-11-02",
    "/v2/stocks/trades/latest?symbols=VOO",
    "/v2/stocks/quotes/latest?symbols=VOO",
    "/v1beta3/crypto/us/snapshots?symbols=BTC/USD",
    "/v1beta3/crypto/us/bars?symbols=BTC/USD&timeframe=1Day&start=2026-11-02",
    "/v1beta3/crypto/us/latest/trades?symbols=BTC/USD",
    "/v1beta3/crypto/us/latest/quotes?symbols=BTC/USD",
    "/v1beta3/crypto/us/latest/quotes?symbols=BTC/USD&page_token=x",
)

ORDERS: tuple[dict[str, str], ...] = (
    BUY | {"client_order_id": "mine"},
    BUY | {"client_order_id": "mine"},
    BUY | {"symbol": "BTC/USD", "time_in_force": "gtc", "notional": "12"},
    BUY | {"notional": "0.5"},
    BUY | {"notional": "99999"},
    BUY | {"side": "sell"},
    BUY | {"symbol": "NOPE"},
)


def walk(desk: Desk) -> Iterator[Answer]:
    """Ask every route for everything; what an account can refuse, it is asked too."""
    session = requests.Session()
    session.headers.update({"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret"})

    def ask(method: str, path: str, sent: Any = None) -> Answer:
        response = session.request(method, desk.origin + path, json=sent)
        body = response.json() if response.content else None
        return Answer(method, path.split("?", maxsplit=1)[0], response.status_code, body, sent)

    for body in ORDERS:
        placed = ask("POST", "/v2/orders", body)
        yield placed
        if placed.status == 200:
            yield ask("GET", f"/v2/orders/{placed.body['id']}")
    for path in READS:
        yield ask("GET", path)
    # The oldest, which ended long ago, and the newest, which after hours is open however slow this machine is.
    orders = desk.brokerage.orders()
    for identity in dict.fromkeys(order.id for order in [*orders[:2], *orders[-1:]]):
        yield ask("DELETE", f"/v2/orders/{identity}")
    yield ask("DELETE", "/v2/orders")
    session.headers["APCA-API-SECRET-KEY"] = "wrong"
    for path in ("/v2/account", "/v2/stocks/snapshots?symbols=VOO"):
        yield ask("GET", path)


@pytest.fixture(scope="module")
def answers() -> dict[str, list[Answer]]:
    """Walk every route in every state, once."""
    with Exchange() as exchange:
        walked = {}
        for state in STATES:
            desk = exchange.open(cash=Decimal(1000))
            state(desk)
            walked[state.__name__] = list(walk(desk))
        return walked


@pytest.mark.parametrize("state", [state.__name__ for state in STATES])
def test_every_answer_keeps_to_the_contract(state: str, answers: dict[str, list[Answer]]) -> None:
    trading = load(TRADING, failure=TRADING_FAILURE, amendments=TRADING_AMENDMENTS)
    data = load(DATA, failure=DATA_FAILURE)
    wrong = {
        f"{answer.method} {answer.path} {answer.status}": complaints
        for answer in answers[state]
        if (complaints := complain(data if answer.is_data else trading, answer))
    }
    assert wrong == {}


def test_the_requests_of_this_walk_keep_to_the_contract_too() -> None:
    trading = load(TRADING, failure=TRADING_FAILURE, amendments=TRADING_AMENDMENTS)
    assert [trading.request("POST", "/v2/orders", (), body) for body in ORDERS] == [[]] * len(ORDERS)
    assert trading.request("POST", "/v2/orders", ["force"], BUY | {"notional": 10.5}) == [
        "POST /v2/orders has no parameter force",
        "$.notional: 10.5 is not of type 'string'",
    ]


@pytest.mark.parametrize("amendment", TRADING_AMENDMENTS, ids=lambda amendment: amendment.place.split()[-2])
def test_every_amendment_is_still_needed(amendment: Amendment, answers: dict[str, list[Answer]]) -> None:
    others = [other for other in TRADING_AMENDMENTS if other is not amendment]
    unamended = load(TRADING, failure=TRADING_FAILURE, amendments=others)
    seen = [answer for walked in answers.values() for answer in walked if not answer.is_data]
    assert any(complain(unamended, answer) for answer in seen)


def test_the_walk_meets_every_route_with_success_and_with_failure(answers: dict[str, list[Answer]]) -> None:
    seen = [answer for walked in answers.values() for answer in walked]
    brokerage = new_brokerage()
    for route in [*trading_routes(brokerage), *market_data_routes(brokerage)]:
        met = {answer.status for answer in seen if fits(route, answer)}
        assert met & {200, 204, 207}, f"{route.methods} {route.path} never succeeded"
    assert {answer.status for answer in seen} >= {200, 204, 207, 400, 401, 403, 404, 422, 429}
    orders = [answer.body for answer in seen if answer.method == "GET" and answer.path == "/v2/orders"]
    states = {order["status"] for listed in orders if isinstance(listed, list) for order in listed}
    assert states == {status.value for status in Status}


def complain(contract: Contract, answer: Answer) -> list[str]:
    return contract.answer(answer.method, answer.path, answer.status, answer.body)


def fits(route: Route, answer: Answer) -> bool:
    matches, _ = route.matches({"type": "http", "method": answer.method, "path": answer.path})
    return matches is Match.FULL
