"""The routes of the market data API: snapshots, latest trades and quotes, daily bars. Money is JSON numbers here."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.alpaca import data_plan, queries
from sandbox.alpaca.answers import Json, stamp
from sandbox.alpaca.brokerage import Brokerage
from sandbox.instruments import INSTRUMENTS, Instrument, Kind
from sandbox.market import Bar, Market
from sandbox.sessions import latest_session

_MOST_BARS = 10_000


def market_data_routes(brokerage: Brokerage) -> list[Route]:
    """Return the routes under /v2/stocks and /v1beta3/crypto that answer from a brokerage's market."""
    stocks = _MarketDataApi(brokerage, Kind.EQUITY)
    crypto = _MarketDataApi(brokerage, Kind.CRYPTO)
    return [
        Route("/v2/stocks/snapshots", stocks.bare_snapshots),
        Route("/v2/stocks/bars", stocks.bars),
        Route("/v2/stocks/trades/latest", stocks.latest_trades),
        Route("/v2/stocks/quotes/latest", stocks.latest_quotes),
        Route("/v2/stocks/{symbol}/bars", stocks.bars_of_one),
        Route("/v1beta3/crypto/us/snapshots", crypto.snapshots),
        Route("/v1beta3/crypto/us/bars", crypto.bars),
        Route("/v1beta3/crypto/us/latest/trades", crypto.latest_trades),
        Route("/v1beta3/crypto/us/latest/quotes", crypto.latest_quotes),
    ]


class _MarketDataApi:
    """Answer for one asset class; symbols that are unknown are left out, as Alpaca does."""

    def __init__(self, brokerage: Brokerage, kind: Kind) -> None:
        self._brokerage = brokerage
        self._market = brokerage.market
        self._kind = kind

    async def bare_snapshots(self, request: Request) -> JSONResponse:
        return JSONResponse(self._each(request, _snapshot))

    async def snapshots(self, request: Request) -> JSONResponse:
        return JSONResponse({"snapshots": self._each(request, _snapshot)})

    async def latest_trades(self, request: Request) -> JSONResponse:
        return JSONResponse({"trades": self._each(request, _trade)})

    async def latest_quotes(self, request: Request) -> JSONResponse:
        return JSONResponse({"quotes": self._each(request, _quote)})

    async def bars(self, request: Request) -> JSONResponse:
        found, token = self._page(request, queries.names(request.query_params, "symbols"))
        grouped: dict[str, list[Json]] = {}
        for symbol, bar in found:
            grouped.setdefault(symbol, []).append(bar)
        return JSONResponse({"bars": grouped, "next_page_token": token})

    async def bars_of_one(self, request: Request) -> JSONResponse:
        symbol = request.path_params["symbol"]
        found, token = self._page(request, [symbol])
        return JSONResponse({"symbol": symbol, "bars": [bar for _, bar in found], "next_page_token": token})

    def _each(self, request: Request, answer: Callable[[Market, Instrument, datetime], Json]) -> Json:
        params, now = request.query_params, self._brokerage.clock.now()
        instruments = self._instruments(queries.names(params, "symbols"))
        # Plans are about stocks alone: crypto is free for everybody.
        if self._kind is Kind.EQUITY:
            now = data_plan.latest_at(params, now, self._brokerage.data_delay)
        return {instrument.symbol: answer(self._market, instrument, now) for instrument in instruments}

    def _page(self, request: Request, symbols: list[str]) -> tuple[list[tuple[str, Json]], str | None]:
        """Return one page of daily bars by symbol, then time, and the token of the next page if there is one."""
        params = request.query_params
        if params.get("timeframe") not in ("1Day", "1D"):
            raise HTTPException(400, "the sandbox has daily bars only: ask for timeframe=1Day")
        now = self._brokerage.clock.now()
        if self._kind is Kind.EQUITY:
            # The running day's bar, too, knows no more than the plan does.
            now = data_plan.bars_at(params, now, self._brokerage.data_delay)
        last = queries.moment(params, "end") or now
        first = queries.moment(params, "start") or now.replace(hour=0, minute=0, second=0, microsecond=0)
        if first > last:
            raise HTTPException(400, "end should not be before start")
        newest_first = queries.choice(params, "sort", ("asc", "desc")) == "desc"
        found = []
        for instrument in sorted(self._instruments(symbols), key=lambda known: known.symbol):
            bars = self._market.daily_bars(instrument.symbol, first, last, now)
            ordered = reversed(bars) if newest_first else bars
            found += [(instrument.symbol, _bar(bar, instrument)) for bar in ordered]
        # The token is how far the pages before went: prices never change, so neither do the places of the bars.
        begin = queries.whole_number(params, "page_token", 0, len(found) or 1)
        end = begin + queries.whole_number(params, "limit", 1000, _MOST_BARS)
        return found[begin:end], str(end) if end < len(found) else None

    def _instruments(self, symbols: list[str]) -> list[Instrument]:
        if not symbols:
            raise HTTPException(400, "symbols is required")
        known = [INSTRUMENTS[symbol] for symbol in symbols if symbol in INSTRUMENTS]
        return [instrument for instrument in known if instrument.kind is self._kind]


def _snapshot(market: Market, instrument: Instrument, now: datetime) -> Json:
    previous, running = market.last_bars(instrument.symbol, now)
    return {
        "latestTrade": _trade(market, instrument, now),
        "latestQuote": _quote(market, instrument, now),
        "minuteBar": _bar(market.minute_bar(instrument.symbol, now), instrument),
        "dailyBar": _bar(running, instrument),
        "prevDailyBar": _bar(previous, instrument),
    }


def _trade(market: Market, instrument: Instrument, now: datetime) -> Json:
    at = _last_traded(instrument, now)
    price = _number(market.price(instrument.symbol, now))
    trade: Json = {"t": stamp(at), "p": price, "i": int(at.timestamp() * 1000)}
    if instrument.kind is Kind.CRYPTO:
        return {**trade, "s": 0.01, "tks": "B"}
    return {**trade, "s": 100, "x": "V", "c": ["@"], "z": "B"}


def _quote(market: Market, instrument: Instrument, now: datetime) -> Json:
    price = market.price(instrument.symbol, now)
    quote: Json = {
        "t": stamp(_last_traded(instrument, now)),
        "bp": _number(price - instrument.tick),
        "ap": _number(price + instrument.tick),
    }
    if instrument.kind is Kind.CRYPTO:
        return {**quote, "bs": 0.5, "as": 0.5}
    return {**quote, "bs": 200, "as": 200, "bx": "V", "ax": "V", "c": ["R"], "z": "B"}


def _bar(bar: Bar, instrument: Instrument) -> Json:
    return {
        "t": f"{bar.starts:%Y-%m-%dT%H:%M:%SZ}",
        "o": _number(bar.open),
        "h": _number(bar.high),
        "l": _number(bar.low),
        "c": _number(bar.close),
        "v": int(bar.volume) if instrument.kind is Kind.EQUITY else _number(bar.volume),
        "n": bar.trades,
        "vw": _number(bar.average),
    }


def _last_traded(instrument: Instrument, now: datetime) -> datetime:
    return now if instrument.kind is Kind.CRYPTO else min(now, latest_session(now).closes)


def _number(value: Decimal) -> float:
    """Return a JSON number: the market data API has no strings, so precision ends here on purpose."""
    return float(value)
