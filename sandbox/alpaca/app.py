"""The stand-in as an ASGI application: keys are checked, requests are remembered, errors are JSON."""

from hmac import compare_digest

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.alpaca.brokerage import Brokerage
from sandbox.alpaca.market_data import market_data_routes
from sandbox.alpaca.office import RequestSeen
from sandbox.alpaca.trading import trading_routes

_DATA_PATHS = ("/v2/stocks", "/v1beta3/crypto")


def alpaca_app(brokerage: Brokerage) -> Starlette:
    """Return an application that serves both APIs on one origin, for one event loop."""
    return Starlette(
        routes=[*trading_routes(brokerage), *market_data_routes(brokerage)],
        middleware=[Middleware(_Reception, brokerage=brokerage)],
        exception_handlers={HTTPException: _answer_error},
    )


class _Reception:
    """Meet every request before its route does: remember it, turn away wrong keys, and count it.

    Both APIs share one count, which is no laxer than Alpaca: it allows each 200 requests a minute and account.
    """

    def __init__(self, app: ASGIApp, brokerage: Brokerage) -> None:
        self._app = app
        self._brokerage = brokerage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        known = self._is_known(Headers(scope=scope))
        # Whoever is not known has no account to count for.
        allowed, quota = self._brokerage.rate_limit.take() if known else (True, {})

        body = bytearray()

        async def receive_and_remember() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def send_and_remember(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen = RequestSeen(
                    self._brokerage.clock.now(),
                    scope["method"],
                    scope["path"],
                    message["status"],
                    scope["query_string"].decode("latin-1"),
                    bytes(body),
                )
                self._brokerage.requests_seen.append(seen)
                MutableHeaders(scope=message).update(quota)
            await send(message)

        app = self._app if known and allowed else (_too_many if known else _stranger)(scope["path"])
        await app(scope, receive_and_remember, send_and_remember)

    def _is_known(self, headers: Headers) -> bool:
        key_id = headers.get("APCA-API-KEY-ID", "")
        secret_key = headers.get("APCA-API-SECRET-KEY", "")
        return compare_digest(key_id.encode(), self._brokerage.key_id.encode()) and compare_digest(
            secret_key.encode(), self._brokerage.secret_key.encode()
        )


def _stranger(path: str) -> JSONResponse:
    if path.startswith(_DATA_PATHS):
        return JSONResponse({"message": "forbidden."}, 403)
    return JSONResponse({"message": "unauthorized."}, 401)


def _too_many(path: str) -> JSONResponse:
    # The two APIs say it differently, as their users report.
    if path.startswith(_DATA_PATHS):
        return JSONResponse({"message": "too many requests."}, 429)
    return JSONResponse({"code": 42910000, "message": "rate limit exceeded"}, 429)


async def _answer_error(request: Request, error: Exception) -> JSONResponse:
    """Answer what a route or the router refused; the trading API adds a code, which starts with the status."""
    if not isinstance(error, HTTPException):
        raise error
    path, status = request.url.path, error.status_code
    # The market data API and the calendar know no 422: their contracts call a bad parameter 400.
    if status == 422 and path.startswith((*_DATA_PATHS, "/v2/calendar")):
        status = 400
    if path.startswith(_DATA_PATHS):
        return JSONResponse({"message": error.detail}, status)
    body = {"code": status * 100_000 + 10_000, "message": error.detail}
    return JSONResponse(body, status, headers=error.headers)
