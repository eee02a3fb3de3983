"""The calls to Alpaca's market data: what coins cost now, and daily bars of funds and coins. Worker processes only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import cast

from alpaca.common.rest import RESTClient

from broker import translate
from broker.fields import positive
from broker.pages import BARS_A_PAGE
from broker.translate import Json
from core.positions import Quote

# Free data plans answer 403 for an end that is less than 15 minutes ago, by Alpaca's own time.
_NO_YOUNGER = timedelta(minutes=16)

_STOCKS, _CRYPTO = "v2", "v1beta3"


class MarketData:
    """Read market data through one client; days and times are the market's."""

    def __init__(self, client: RESTClient) -> None:
        self._client = client

    def prices(self, coins: Sequence[str]) -> dict[str, Decimal]:
        """Read the latest trade's price of each coin in dollars; one without a price is absent."""
        trades = self._get(_CRYPTO, "/crypto/us/latest/trades", symbols=",".join(coins))["trades"]
        found = {coin: positive(trade.get("p")) for coin, trade in trades.items()}
        return {coin: price for coin, price in found.items() if price is not None}

    def quotes(self, coins: Sequence[str]) -> dict[str, Quote]:
        """Read what coins cost now and at the end of their last daily bar; one without a price is absent."""
        snapshots = self._get(_CRYPTO, "/crypto/us/snapshots", symbols=",".join(coins))["snapshots"]
        found = {coin: translate.quote(snapshot) for coin, snapshot in snapshots.items()}
        return {coin: quote for coin, quote in found.items() if quote is not None}

    def fund_closes(
        self, funds: Sequence[str], first: date, last: date, now: datetime
    ) -> dict[str, dict[date, Decimal]]:
        """Read the daily closes of funds, unadjusted: what is held is real shares, not adjusted ones."""
        end = min(_end(last), now - _NO_YOUNGER)
        bars = self._bars(_STOCKS, "/stocks/bars", funds, first, end, adjustment="raw")
        return _between(first, last, bars)

    def coin_closes(
        self, coins: Sequence[str], first: date, last: date, now: datetime
    ) -> dict[str, dict[date, Decimal]]:
        """Read the daily closes of coins; a day that is not over at `now` is left out."""
        bars = self._bars(_CRYPTO, "/crypto/us/bars", coins, first, min(_end(last), now))
        over = {coin: [bar for bar in of_one if translate.is_coin_day_over(bar, now)] for coin, of_one in bars.items()}
        return _between(first, last, over)

    def _bars(
        self, version: str, path: str, wanted: Sequence[str], first: date, end: datetime, **more: str
    ) -> dict[str, list[Json]]:
        """Read the daily bars of all pages by symbol: a page ends in the middle of one, wherever it is full."""
        start = datetime.combine(first, time(), UTC)
        found: dict[str, list[Json]] = {}
        if not wanted or start >= end:
            return found
        token: str | None = None
        while True:
            page = self._get(
                version,
                path,
                symbols=",".join(wanted),
                timeframe="1Day",
                start=_stamp(start),
                end=_stamp(end),
                limit=str(BARS_A_PAGE),
                page_token=token,
                **more,
            )
            for symbol, bars in (page["bars"] or {}).items():
                found.setdefault(symbol, []).extend(bars or ())
            before, token = token, page.get("next_page_token")
            if not token:
                return found
            if token == before:
                raise ValueError("the bars do not go on after a page")

    def _get(self, version: str, path: str, **parameters: str | None) -> Json:
        asked = {name: value for name, value in parameters.items() if value is not None}
        return cast(Json, self._client.get(path, asked, api_version=version))


def _between(first: date, last: date, bars: Mapping[str, Iterable[Json]]) -> dict[str, dict[date, Decimal]]:
    found = {symbol: translate.closes(of_one) for symbol, of_one in bars.items()}
    within = {
        symbol: {day: close for day, close in closes.items() if first <= day <= last}
        for symbol, closes in found.items()
    }
    return {symbol: closes for symbol, closes in within.items() if closes}


def _end(last: date) -> datetime:
    """Return the end of a day in UTC: bars are chosen by their start, which lies a few hours after its beginning."""
    return datetime.combine(last + timedelta(days=1), time(), UTC)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
