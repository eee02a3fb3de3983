"""The routes of the trading API."""

from decimal import Decimal
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.alpaca import answers, queries
from sandbox.alpaca.activities import activities, page
from sandbox.alpaca.answers import Json
from sandbox.alpaca.book import Holding
from sandbox.alpaca.brokerage import Brokerage
from sandbox.alpaca.history import portfolio_history
from sandbox.alpaca.orders import Order
from sandbox.alpaca.rules import Refusal, read_order
from sandbox.sessions import FIRST_DAY, LAST_DAY, sessions_between


def trading_routes(brokerage: Brokerage) -> list[Route]:
    """Return the routes under /v2 that answer from one brokerage."""
    api = _TradingApi(brokerage)
    return [
        Route("/v2/account", api.account),
        Route("/v2/account/activities", api.activities),
        Route("/v2/account/activities/{activity_type}", api.activities),
        Route("/v2/account/portfolio/history", api.history),
        Route("/v2/clock", api.clock),
        Route("/v2/calendar", api.calendar),
        Route("/v2/assets", api.assets),
        # A path, because BTC/USD arrives as two parts whether it was percent-encoded or not.
        Route("/v2/assets/{name:path}", api.asset),
        Route("/v2/positions", api.positions),
        Route("/v2/positions/{name:path}", api.position),
        Route("/v2/orders", api.submit, methods=["POST"]),
        Route("/v2/orders", api.orders, methods=["GET"]),
        Route("/v2/orders", api.cancel_all, methods=["DELETE"]),
        Route("/v2/orders:by_client_order_id", api.order_by_client_id),
        Route("/v2/orders/{order_id}", api.order, methods=["GET"]),
        Route("/v2/orders/{order_id}", api.cancel, methods=["DELETE"]),
    ]


class _TradingApi:
    """Answer one request a method, each from a state that is settled up to now."""

    def __init__(self, brokerage: Brokerage) -> None:
        self._brokerage = brokerage

    async def account(self, _: Request) -> JSONResponse:
        return JSONResponse(answers.account(self._brokerage.account()))

    async def activities(self, request: Request) -> JSONResponse:
        now = self._brokerage.settle()
        named = request.path_params.get("activity_type")
        types = [named] if named else queries.names(request.query_params, "activity_types")
        found = page(activities(self._brokerage.book, now), request.query_params, types)
        return JSONResponse([activity.answer() for activity in found])

    async def history(self, request: Request) -> JSONResponse:
        return JSONResponse(portfolio_history(self._brokerage, request.query_params))

    async def clock(self, _: Request) -> JSONResponse:
        return JSONResponse(answers.clock(self._brokerage.clock.now()))

    async def calendar(self, request: Request) -> JSONResponse:
        first = queries.day(request.query_params, "start") or FIRST_DAY
        last = queries.day(request.query_params, "end") or LAST_DAY
        return JSONResponse([answers.calendar_day(session) for session in sessions_between(first, last)])

    async def assets(self, request: Request) -> JSONResponse:
        wanted_class = request.query_params.get("asset_class") or "us_equity"
        listed = [
            answers.asset(asset) for asset in self._brokerage.catalogue if asset.instrument.kind.value == wanted_class
        ]
        status = request.query_params.get("status")
        return JSONResponse([asset for asset in listed if not status or asset["status"] == status])

    async def asset(self, request: Request) -> JSONResponse:
        name = request.path_params["name"]
        found = self._brokerage.catalogue.find(name)
        if found is None:
            raise HTTPException(404, f"asset not found for {name}")
        return JSONResponse(answers.asset(found))

    async def positions(self, _: Request) -> JSONResponse:
        return JSONResponse([self._position(holding) for holding in self._brokerage.shown_holdings().values()])

    async def position(self, request: Request) -> JSONResponse:
        for holding in self._brokerage.shown_holdings().values():
            if request.path_params["name"] in holding.asset.names:
                return JSONResponse(self._position(holding))
        raise HTTPException(404, "position does not exist")

    async def submit(self, request: Request) -> JSONResponse:
        read = read_order(await request.body())
        done = read if isinstance(read, Refusal) else self._brokerage.submit(read)
        if isinstance(done, Refusal):
            return JSONResponse(answers.refused(done), done.status)
        return JSONResponse(self._order(done))

    async def orders(self, request: Request) -> JSONResponse:
        found = queries.OrderQuery.read(request.query_params).apply(self._brokerage.orders())
        return JSONResponse([self._order(order) for order in found])

    async def order(self, request: Request) -> JSONResponse:
        order_id = self._order_id(request)
        found = self._brokerage.find_order(order_id)
        if found is None:
            raise HTTPException(404, f"order not found for {order_id}")
        return JSONResponse(self._order(found))

    async def order_by_client_id(self, request: Request) -> JSONResponse:
        client_order_id = request.query_params.get("client_order_id", "")
        found = self._brokerage.find_by_client_id(client_order_id)
        if found is None:
            raise HTTPException(404, f"order not found for {client_order_id}")
        return JSONResponse(self._order(found))

    async def cancel(self, request: Request) -> Response:
        refused = self._brokerage.cancel(self._order_id(request))
        if refused is not None:
            return JSONResponse(answers.refused(refused), refused.status)
        return Response(status_code=204)

    async def cancel_all(self, _: Request) -> JSONResponse:
        open_orders = [order for order in self._brokerage.orders() if order.is_open]
        for order in open_orders:
            self._brokerage.cancel(order.id)
        return JSONResponse([{"id": str(order.id), "status": 200} for order in open_orders], 207)

    def _order(self, order: Order) -> Json:
        return answers.order(order, self._brokerage.clock.now())

    def _order_id(self, request: Request) -> UUID:
        try:
            return UUID(request.path_params["order_id"])
        except ValueError:
            raise HTTPException(422, "order_id is not a valid UUID") from None

    def _position(self, holding: Holding) -> Json:
        """Return one position; what was bought since the last close has gained since it was bought."""
        brokerage, symbol = self._brokerage, holding.asset.symbol
        now = brokerage.settle()
        price = brokerage.market.price(symbol, now)
        last_close = brokerage.market.last_close(symbol, now)
        last_price = brokerage.market.price(symbol, last_close)
        held = brokerage.book.holdings(last_close).get(symbol)
        invested = held.qty * last_price if held else Decimal(0)
        for fill in brokerage.book.fills:
            if fill.asset.symbol == symbol and last_close < fill.at <= now - brokerage.position_lag:
                invested += fill.held_qty * fill.price
        return answers.position(
            holding,
            price=price,
            last_price=last_price,
            today=holding.qty * price - invested,
            # What is free to sell is known at once; what is not shown yet cannot be shown as free.
            available=min(brokerage.available_qty(holding.asset), holding.qty),
        )
