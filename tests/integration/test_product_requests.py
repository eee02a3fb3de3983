"""What the product itself asks of Alpaca, held against the vendor's descriptions."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl

import trustme

from broker.access import Access
from broker.gateway import Gateway
from broker.order_requests import request_of
from core.calendar import NEW_YORK
from core.orders import Accepted, NotFound, OrderIntent, Side
from core.schedule import Window
from sandbox.alpaca.entries import EntryKind
from sandbox.alpaca.office import RequestSeen
from sandbox.server import Sandbox
from tests import contracts
from tests.contracts import Amendment
from tests.integration.sandbox.test_alpaca_contracts import DATA, DATA_FAILURE, TRADING, TRADING_FAILURE

# Of the requests alone; what the answers need is in sandbox/test_alpaca_contracts.
FLOAT_NOTIONAL = Amendment(
    "paths /v2/orders post requestBody content application/json schema",
    {
        "type": "object",
        "properties": {
            "symbol": {"type": "string"},
            "notional": {"type": "number"},
            "qty": {"type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,9})?$"},
            "side": {"enum": ["buy", "sell"]},
            "type": {"enum": ["market"]},
            "time_in_force": {"enum": ["day", "gtc"]},
            "client_order_id": {"type": "string", "maxLength": 128},
        },
        "required": ["symbol", "side", "type", "time_in_force", "client_order_id"],
        "oneOf": [{"required": ["notional"]}, {"required": ["qty"]}],
    },
    "the description says string; of a notional alpaca-py sends a number, which Alpaca takes",
)


DATA_PATHS = ("/v1beta3", "/v2/stocks")


def everything_asked(authority: trustme.CA) -> list[RequestSeen]:
    """Let the product make each of its calls once, and return what arrived."""
    start = datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK)
    with Sandbox(start=start, cash=Decimal(500), authority=authority) as sandbox:
        keys, origin = sandbox.keys, sandbox.origin("alpaca")
        gateway = Gateway(Access(origin, origin, keys.alpaca_key_id, keys.alpaca_secret_key, 5), max_workers=2)
        try:
            gateway.clock()
            gateway.calendar(date(2026, 11, 23), date(2026, 11, 29))
            gateway.account()
            gateway.assets(["VOO", "BTC/USD"])
            window = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
            intents = [OrderIntent("one", "Stocks", "VOO", 10_01), OrderIntent("two", "Crypto", "BTC/USD", 20_00)]
            list(gateway.submit(intents, window))
            sandbox.call(lambda world: world.clock.advance(timedelta(seconds=2)))
            (held,) = [one for one in gateway.positions() if one.symbol == "VOO"]
            sale = OrderIntent("three", "Stocks", "VOO", 10_00, Side.SELL, held.quantity)
            ((_, sold),) = gateway.submit([sale], window)
            assert isinstance(sold, Accepted)
            assert sold.order.quantity == held.quantity
            assert gateway.find(["one", "missing"])["missing"] == NotFound()
            gateway.positions()
            gateway.quotes(["BTC/USD"])
            gateway.closes(["VOO", "BTC/USD"], date(2026, 11, 2), date(2026, 11, 23))
            for _ in range(100):
                sandbox.call(lambda world: world.brokerage.enter(EntryKind.INTEREST, Decimal(1)))
            gateway.activities(date(2026, 11, 23))
        finally:
            gateway.close()
        return sandbox.call(lambda world: list(world.brokerage.requests_seen))


def test_every_request_of_the_product_keeps_to_alpacas_descriptions(authority: trustme.CA) -> None:
    trading = contracts.load(TRADING, failure=TRADING_FAILURE, amendments=[FLOAT_NOTIONAL])
    data = contracts.load(DATA, failure=DATA_FAILURE)
    seen = everything_asked(authority)
    asked = {(one.method, one.path) for one in seen}
    assert {("POST", "/v2/orders"), ("GET", "/v2/orders:by_client_order_id"), ("GET", "/v2/assets")} <= asked
    assert {path for _, path in asked} >= {
        "/v2/positions",
        "/v2/account/activities",
        "/v2/stocks/bars",
        "/v1beta3/crypto/us/bars",
        "/v1beta3/crypto/us/snapshots",
        "/v1beta3/crypto/us/latest/trades",
    }
    complaints = [
        complaint
        for one in seen
        for complaint in (data if one.path.startswith(DATA_PATHS) else trading).request(
            one.method,
            one.path,
            [name for name, _ in parse_qsl(one.query)],
            json.loads(one.body) if one.body else None,
        )
    ]
    assert complaints == []


def test_an_order_leaves_with_the_cents_it_was_planned_with(authority: trustme.CA) -> None:
    sent = [json.loads(one.body) for one in everything_asked(authority) if one.method == "POST"]
    assert sorted(str(order["notional"]) for order in sent if "notional" in order) == ["10.01", "20.0"]


def test_a_quantity_leaves_with_every_digit_where_a_float_would_lose_some() -> None:
    quantity = Decimal("12345678.123456789")
    assert Decimal(float(quantity)) != quantity
    sale = OrderIntent("one", "Stocks", "VOO", 10_00, Side.SELL, quantity)
    fields = request_of(sale).to_request_fields()
    assert (fields["qty"], fields["side"], "notional" in fields) == ("12345678.123456789", "sell", False)
    assert "exactly" not in fields
