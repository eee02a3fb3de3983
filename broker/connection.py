"""The SDK's clients as a worker uses them: bounded in time, never repeating, exact. Worker processes only."""

from decimal import Decimal
from typing import Any

import requests
from alpaca.common.rest import RESTClient
from alpaca.trading.client import TradingClient
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse

from broker.access import Access


class _ExactResponse(requests.Response):
    """Read JSON numbers as Decimals: market data has prices as numbers, and a float is not what was written."""

    def json(self, **options: Any) -> Any:
        return super().json(parse_float=Decimal, **options)


class _BoundedAdapter(HTTPAdapter):
    """Give every request a time-out, because alpaca-py gives none, and every answer exact numbers."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        options["timeout"] = self._seconds
        return super().send(request, *args, **options)

    def build_response(self, req: requests.PreparedRequest, resp: BaseHTTPResponse) -> requests.Response:
        response = super().build_response(req, resp)
        # requests has no way to name another class for its answers, and alpaca-py none to name a JSON reader.
        response.__class__ = _ExactResponse
        return response


def trading_client(access: Access) -> TradingClient:
    """Return a client of the trading API that answers with raw JSON."""
    client = TradingClient(access.key_id, access.secret_key, raw_data=True, url_override=access.trading_url)
    _bound(client, access.timeout_seconds)
    return client


def data_client(access: Access) -> RESTClient:
    """Return a client of the market data API that answers with raw JSON.

    The SDK's own data clients add models that raw JSON does not need, and 2 MB when imported.
    """
    client = RESTClient(access.data_url, access.key_id, access.secret_key, raw_data=True)
    _bound(client, access.timeout_seconds)
    return client


def _bound(client: RESTClient, seconds: float) -> None:
    session = client._session
    session.mount("https://", _BoundedAdapter(seconds))
    # requests reads proxies and certificates from the environment for each call anew: a fifth of an order's work.
    told = session.merge_environment_settings(str(client._base_url), {}, None, None, None)
    session.proxies, session.verify, session.trust_env = told["proxies"], told["verify"], False
    # alpaca-py repeats every verb after 429 and 504, POST /orders too, and offers no public switch. An order whose
    # answer was a 504 may exist: only looking it up by its id tells.
    client._retry = 0
