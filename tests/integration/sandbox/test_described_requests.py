"""Every route of the stand-ins for Alpaca and Vonage, asked whatever the vendors' descriptions allow and forbid."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
import requests
import trustme
from schemathesis import BaseSchema

from sandbox.alpaca.market_data import market_data_routes
from sandbox.alpaca.trading import trading_routes
from sandbox.server import Sandbox
from tests.contracts import Contract, load
from tests.integration import vonage_contract
from tests.integration.alpaca_desk import Desk, Exchange, new_brokerage
from tests.integration.sandbox.described_requests import Drawn, Known, description, drive
from tests.integration.sandbox.test_alpaca_contracts import (
    BUY,
    DATA,
    DATA_FAILURE,
    TRADING,
    TRADING_AMENDMENTS,
    TRADING_FAILURE,
    an_account_with_everything,
)

BODIES = (BUY, BUY | {"symbol": "BTC/USD", "time_in_force": "gtc"})

NO_JSON = "a body that is no JSON object: Alpaca's users report 400 with code 40010000"
MISSING = "what there is not, in Alpaca's own way: 404, which it describes for assets alone"
UNREADABLE = "a parameter that cannot be read: 422, which is described for orders alone"
NO_ROUTE = "a slash within a symbol: the address is another one, which there is not"

UNDESCRIBED: Mapping[tuple[str, str], Mapping[int, str]] = MappingProxyType(
    {
        ("GET", "/v2/account/activities"): {422: UNREADABLE},
        ("GET", "/v2/account/activities/one"): {404: NO_ROUTE, 422: UNREADABLE},
        ("GET", "/v2/account/portfolio/history"): {422: UNREADABLE},
        ("GET", "/v2/orders"): {422: UNREADABLE},
        ("POST", "/v2/orders"): {400: NO_JSON},
        ("GET", "/v2/orders:by_client_order_id"): {404: MISSING},
        ("GET", "/v2/orders/one"): {404: MISSING, 422: UNREADABLE},
        ("DELETE", "/v2/orders/one"): {404: MISSING},
        ("GET", "/v2/positions/one"): {404: MISSING},
        ("GET", "/v2/stocks/one/bars"): {404: NO_ROUTE},
    }
)

_BROKERAGE = new_brokerage()
ROUTES = sorted(
    (method, re.sub(r"\{.+?\}", "one", route.path))
    for route in [*trading_routes(_BROKERAGE), *market_data_routes(_BROKERAGE)]
    for method in (route.methods or set()) - {"HEAD"}
)


@dataclass(frozen=True, slots=True)
class Described:
    """Hold one description: to check answers with, and to draw requests from."""

    contract: Contract
    schema: BaseSchema


@pytest.fixture(scope="module")
def trading() -> Described:
    contract = load(TRADING, failure=TRADING_FAILURE, amendments=TRADING_AMENDMENTS)
    return Described(contract, description(contract.document))


@pytest.fixture(scope="module")
def data() -> Described:
    contract = load(DATA, failure=DATA_FAILURE)
    return Described(contract, description(contract.document))


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Exchange() as exchange:
        desk = exchange.open(cash=Decimal(1000))
        an_account_with_everything(desk)
        desk.brokerage.limit_requests(None)
        desk.brokerage.fill_delay = timedelta(hours=9)
        yield desk


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_whatever_alpaca_is_asked_it_answers_as_described(
    method: str, path: str, desk: Desk, trading: Described, data: Described
) -> None:
    is_data = path.startswith(("/v2/stocks", "/v1beta3"))
    described = data if is_data else trading
    contract = described.contract
    right: set[tuple[int, bytes]] = set()  # answers already found right: the whole calendar is long
    with requests.Session() as session:
        session.headers.update({"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret"})

        def ask(case: Drawn) -> None:
            answer = case.call(base_url=desk.origin, session=session)
            if (answer.status_code, answer.content) not in right:
                assert contract.answer(method, path, answer.status_code, _body(answer)) == []
                right.add((answer.status_code, answer.content))

        drive(
            described.schema[contract.template(method, path)][method.lower()],
            ask,
            known=of_the_market() if is_data else of_the_account(desk),
            fixed={"loc": "us"},
            bodies=BODIES if method == "POST" else (),
        )
    statuses = {status for status, _ in right}
    assert statuses & {200, 204, 207}, "not even an informed client succeeded"
    assert statuses - contract.statuses(method, path) <= UNDESCRIBED.get((method, path), {}).keys()


def test_whatever_vonage_is_asked_it_answers_as_described(authority: trustme.CA) -> None:
    contract = vonage_contract.load()
    statuses: set[str] = set()
    with Sandbox(authority=authority) as sandbox, requests.Session() as session:
        sandbox.call(lambda world: setattr(world.sms, "throughput", None))
        keys = sandbox.keys
        message = {
            "api_key": keys.vonage_api_key,
            "api_secret": keys.vonage_api_secret,
            "from": keys.sms_sender,
            "to": keys.sms_recipient,
            "text": "VOO: bought",
        }

        def ask(case: Drawn) -> None:
            answer = case.call(base_url=f"{sandbox.origin('vonage')}/sms", session=session)
            body = _body(answer)
            assert (answer.status_code, sorted(body)) == (200, ["message-count", "messages"])
            assert body["message-count"] == str(len(body["messages"]))
            assert contract.answer(body["messages"]) == []
            statuses.update(entry["status"] for entry in body["messages"])

        drive(
            description(contract.document)["/{format}"]["post"],
            ask,
            known={},
            fixed={"format": "json"},  # what the product reads; the stand-in has no XML
            bodies=[message],
        )
    assert statuses >= {"0", "4"}


def of_the_account(desk: Desk) -> Known:
    """Return what a client of the trading API knows; its order is still open."""
    opened = desk.buy("AGG", "1")
    return {
        "activity_type": ["FILL", "DIV"],
        "client_order_id": [opened.client_order_id],
        "end": ["2026-11-30"],
        "order_id": [str(opened.id)],
        "page_token": [desk.get("/account/activities")[3]["id"]],
        "start": ["2026-11-20"],
        "symbol_or_asset_id": ["VOO", "BTCUSD", "BTC/USD"],
        "timeframe": ["1D"],
    }


def of_the_market() -> Known:
    """Return what a client of the market data API knows."""
    return {
        "end": ["2026-11-20"],
        "feed": ["iex"],
        "page_token": ["2"],
        "start": ["2026-11-02"],
        "symbol": ["VOO"],
        "symbols": ["VOO,AGG", "BTC/USD"],
        "timeframe": ["1Day"],
    }


def _body(answer: Any) -> Any:  # schemathesis's answer, and JSON
    if not answer.content:
        return None
    assert answer.headers["content-type"] == ["application/json"]
    return answer.json()
