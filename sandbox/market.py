"""A simulated market: prices that are a pure function of seed, symbol and time.

Each symbol's logarithm walks at random, one step a trading day, drawn from a hash. So any instant can be asked in
any order, a jump of the clock lands where waiting would have led, and a day's bar closes at that close's price.
Logarithms are floats, because they are not money; every price that leaves is a Decimal on the symbol's tick.
"""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from struct import unpack
from zoneinfo import ZoneInfo

from sandbox.instruments import INSTRUMENTS, Instrument, Kind
from sandbox.sessions import FIRST_DAY, LAST_DAY, NEW_YORK, all_sessions

# The instruments' levels are those of this day.
_ANCHOR = date(2026, 11, 2)
# Alpaca: a daily bar of crypto starts at midnight in Chicago (05:00Z or 06:00Z), one of stocks in New York.
_CRYPTO_DAY = ZoneInfo("America/Chicago")
# A bar's high, low and average are taken at this many equal steps, its ends included.
_STEPS = 12
# Of an equity's daily variance, the part that happens while the exchange is closed.
_OVERNIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Bar:
    """Hold what a symbol did from `starts`: prices in dollars, volume in shares or coins."""

    starts: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trades: int
    average: Decimal


@dataclass(frozen=True, slots=True)
class _Days:
    """Hold the trading days of an asset class: when each is said to start, and when it trades. All UTC."""

    labels: tuple[datetime, ...]
    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    anchor: int

    def locate(self, at: datetime) -> tuple[int, float]:
        """Return the day that opened last, and the fraction of it (0 to 1) that has passed."""
        index = bisect_right(self.opens, at) - 1
        # The very first day has none before it, which the answers would need.
        if index < 1 or at > self.labels[-1] + timedelta(days=1):
            raise ValueError(f"no price at {at.isoformat()}: simulated are {FIRST_DAY} to {LAST_DAY}")
        length = self.closes[index] - self.opens[index]
        return index, min(1.0, (at - self.opens[index]) / length)


@dataclass(frozen=True, slots=True)
class _Step:
    """Hold one day's draw, in logarithms: the jump before the open, the move after it, and two bends between."""

    gap: float
    move: float
    bend: float
    wave: float

    def path(self, fraction: float) -> float:
        """Return how far the day has come since the previous close; the bends vanish at both ends."""
        angle = math.pi * fraction
        return self.gap + self.move * fraction + self.bend * math.sin(angle) + self.wave * math.sin(2 * angle)


class Market:
    """Answer prices and bars of every instrument, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._steps: dict[tuple[str, int], _Step] = {}
        self._closes: dict[str, dict[int, float]] = {}

    def price(self, symbol: str, at: datetime) -> Decimal:
        """Return the price in dollars at an instant: outside its hours, an equity's last close.

        Raises KeyError for a symbol that is not in INSTRUMENTS, ValueError outside the simulated years.
        """
        instrument = INSTRUMENTS[symbol]
        index, fraction = _days(instrument.kind).locate(at)
        return self._priced(instrument, index, fraction)

    def last_close(self, symbol: str, at: datetime) -> datetime:
        """Return when the trading day before the one that opened last ended, in UTC."""
        days = _days(INSTRUMENTS[symbol].kind)
        index, _ = days.locate(at)
        return days.closes[index - 1]

    def daily_bars(self, symbol: str, first: datetime, last: datetime, now: datetime) -> list[Bar]:
        """Return the bars whose start lies in [first, last], the running day's up to now."""
        instrument = INSTRUMENTS[symbol]
        days = _days(instrument.kind)
        running, fraction = days.locate(now)
        indices = range(bisect_left(days.labels, first), min(bisect_right(days.labels, last), running + 1))
        return [
            self._bar(instrument, index, days.labels[index], (0.0, fraction if index == running else 1.0))
            for index in indices
        ]

    def last_bars(self, symbol: str, now: datetime) -> tuple[Bar, Bar]:
        """Return the previous day's bar and that of the day that opened last, in this order."""
        labels = _days(INSTRUMENTS[symbol].kind).labels
        index, _ = _days(INSTRUMENTS[symbol].kind).locate(now)
        previous, running = self.daily_bars(symbol, labels[index - 1], labels[index], now)
        return previous, running

    def minute_bar(self, symbol: str, now: datetime) -> Bar:
        """Return the bar of the last whole minute that traded."""
        instrument = INSTRUMENTS[symbol]
        days = _days(instrument.kind)
        index, _ = days.locate(now)
        opens, closes = days.opens[index], days.closes[index]
        ends = max(opens + timedelta(minutes=1), min(now, closes).replace(second=0, microsecond=0))
        starts = ends - timedelta(minutes=1)
        span = ((starts - opens) / (closes - opens), (ends - opens) / (closes - opens))
        return self._bar(instrument, index, starts, span)

    def _bar(self, instrument: Instrument, index: int, starts: datetime, span: tuple[float, float]) -> Bar:
        begin, end = span
        path = [self._priced(instrument, index, begin + (end - begin) * step / _STEPS) for step in range(_STEPS + 1)]
        # A lively day trades more; a part of a day trades its part.
        liveliness = 0.7 + 0.6 * _words(f"{self.seed}/{instrument.symbol}/{index}/volume")[0] / 65536
        traded = Decimal(instrument.volume) * Decimal(round(liveliness * (end - begin), 9))
        whole = Decimal(1) if instrument.kind is Kind.EQUITY else Decimal("0.000001")
        return Bar(
            starts=starts,
            open=path[0],
            high=max(path),
            low=min(path),
            close=path[-1],
            volume=traded.quantize(whole),
            trades=int(traded / 50) + 1,
            average=(sum(path, Decimal(0)) / len(path)).quantize(instrument.tick / 100),
        )

    def _priced(self, instrument: Instrument, index: int, fraction: float) -> Decimal:
        """Return the price at a fraction of a trading day, on the instrument's tick and never below one."""
        walked = self._walk(instrument, index - 1) + self._step(instrument, index).path(fraction)
        price = (instrument.level * Decimal(math.exp(walked))).quantize(instrument.tick)
        return max(price, instrument.tick)

    def _walk(self, instrument: Instrument, index: int) -> float:
        """Return the logarithm of a day's close over the level, which is the close of the anchor's day."""
        anchor = _days(instrument.kind).anchor
        # Walked only as far as asked, and remembered: a first order must not wait for years of draws.
        closes = self._closes.setdefault(instrument.symbol, {anchor: 0.0})
        if index in closes:
            return closes[index]
        for day in range(max(closes) + 1, index + 1):
            closes[day] = closes[day - 1] + self._step(instrument, day).path(1.0)
        for day in range(min(closes) - 1, index - 1, -1):
            closes[day] = closes[day + 1] - self._step(instrument, day + 1).path(1.0)
        return closes[index]

    def _step(self, instrument: Instrument, index: int) -> _Step:
        key = instrument.symbol, index
        if key not in self._steps:
            self._steps[key] = self._draw(instrument, index)
        return self._steps[key]

    def _draw(self, instrument: Instrument, index: int) -> _Step:
        words = _words(f"{self.seed}/{instrument.symbol}/{index}")
        gap, move, bend, wave = (_normal(words[start : start + 8]) for start in range(0, 32, 8))
        equity = instrument.kind is Kind.EQUITY
        days_a_year = 252 if equity else 365
        daily = instrument.volatility / math.sqrt(days_a_year)
        overnight = _OVERNIGHT if equity else 0.0
        # The bends are the first two terms of a Brownian bridge of half the day's volatility.
        bridge = 0.5 * daily * math.sqrt(2) / math.pi
        return _Step(
            gap=daily * math.sqrt(overnight) * gap,
            move=daily * math.sqrt(1 - overnight) * move + instrument.drift / days_a_year,
            bend=bridge * bend,
            wave=bridge * wave / 2,
        )


def _words(key: str) -> tuple[int, ...]:
    """Return 32 numbers below 65,536 that depend on the key alone, on any machine."""
    return unpack(">32H", blake2b(key.encode(), digest_size=64).digest())


def _normal(words: tuple[int, ...]) -> float:
    """Return a nearly standard normal number from eight uniform ones (their sum, centred and scaled)."""
    return (sum(words) / 65536 - 4) * math.sqrt(12 / 8)


@cache
def _days(kind: Kind) -> _Days:
    if kind is Kind.EQUITY:
        sessions = all_sessions()
        return _Days(
            labels=tuple(_midnight(session.day, NEW_YORK) for session in sessions),
            opens=tuple(session.opens.astimezone(UTC) for session in sessions),
            closes=tuple(session.closes.astimezone(UTC) for session in sessions),
            anchor=bisect_left([session.day for session in sessions], _ANCHOR),
        )
    count = (LAST_DAY - FIRST_DAY).days
    midnights = [_midnight(FIRST_DAY + timedelta(days=day), _CRYPTO_DAY) for day in range(count + 2)]
    return _Days(
        labels=tuple(midnights[:-1]),
        opens=tuple(midnights[:-1]),
        closes=tuple(midnights[1:]),
        anchor=(_ANCHOR - FIRST_DAY).days,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
