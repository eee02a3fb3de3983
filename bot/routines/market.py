"""The market's time and its trading days around now, as the broker tells them."""

from datetime import date, timedelta

from core.calendar import MarketClock, TradingDay, trading_days
from core.ports import Broker, Pace

REFRESH_SECONDS = 900.0
"""How long a calendar is trusted: an exchange can announce a closure for the same day."""

AHEAD = timedelta(days=14)


class Market:
    """The broker's clock, asked every time, and its calendar, kept for a while."""

    def __init__(self, broker: Broker, pace: Pace) -> None:
        self._broker = broker
        self._pace = pace
        self._days: tuple[TradingDay, ...] = ()
        self._first = date.max
        self._asked_for = date.min
        self._asked_at = 0.0
        self.last: MarketClock | None = None

    def clock(self) -> MarketClock:
        """Return the market's time now. Raises BrokerAway."""
        self.last = self._broker.clock()
        return self.last

    def days(self, clock: MarketClock, since: date) -> tuple[TradingDay, ...]:
        """Return the trading days from `since`, or from today if that is earlier, to two weeks ahead.

        Raises BrokerAway.
        """
        first = min(since, clock.today)
        old = self._pace.monotonic() - self._asked_at > REFRESH_SECONDS
        if old or first < self._first or clock.today != self._asked_for:
            # To the end of a week, because the last session's week is taken to end with it.
            last = clock.today + AHEAD
            last += timedelta(days=6 - last.weekday())
            self._days = trading_days(self._broker.calendar(first, last))
            self._first, self._asked_for, self._asked_at = first, clock.today, self._pace.monotonic()
        return tuple(day for day in self._days if day.day >= first)

    def today(self, clock: MarketClock) -> TradingDay | None:
        """Return today if it is a trading day. Raises BrokerAway."""
        return next((day for day in self.days(clock, clock.today) if day.day == clock.today), None)
