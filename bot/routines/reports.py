"""The reports, those that are owed and those that the owner asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.records import Records
from bot.routines.market import Market
from bot.routines.offers import Rules
from core.activities import Activity
from core.alerts import Alert
from core.calendar import NEW_YORK, MarketClock, TradingDay
from core.messages import report_messages
from core.ports import Ports
from core.reporting import performance, picturing, variance
from core.reporting.measures import NotMeasurable
from core.reporting.performance import Stretch
from core.reporting.pictures import Weights
from core.reporting.snapshots import Snapshot
from core.reporting.standing import Standing
from core.reporting.variance import Variance
from core.routines.invest import Target
from core.routines.reading import LONGEST_HISTORY, Reading, read
from core.routines.reports import (
    Owed,
    Preview,
    close_report,
    next_run,
    outlook,
    performance_pictures,
    preview,
    variance_alert,
    week_variance,
)
from core.runs import RunKey
from core.schedule import Routine

BEFORE_FIRST = timedelta(days=7)
"""Within so many days before any day lies a trading day, whatever the holidays."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The account as it was read, when, and against which target."""

    clock: MarketClock
    target: Target
    reading: Reading


class Reports:
    """Gives reports. Synchronous: it runs in a thread."""

    def __init__(self, records: Records, market: Market, ports: Ports, rules: Rules) -> None:
        self._records = records
        self._market = market
        self._ports = ports
        self._rules = rules

    def give(self, key: RunKey, day: TradingDay, clock: MarketClock) -> None:
        """Give a report that is owed. Raises BrokerAway; nothing is said then."""
        owed = Owed(key, day, self._days(clock))
        target = self._records.target(clock.today)
        if key.routine is Routine.VARIANCE:
            week_variance(owed, target, self._rules.policy, clock, self._ports)
        else:
            close_report(owed, target.allocation, self._rules.pictures, clock, self._ports)

    def performance(self) -> Alert:
        """Return how the account and its holdings have done until now. Raises BrokerAway."""
        reading = self._read().reading
        return report_messages.performance(reading.standing, performance_pictures(reading, self._ports))

    def history(self) -> tuple[Standing, tuple[Snapshot, ...]]:
        """Return how the account stands, and every earlier day's end that is known, oldest first. Raises BrokerAway."""
        reading = self._read().reading
        return reading.standing, reading.history

    def since(self, first: date, stands: Standing, snapshots: Sequence[Snapshot]) -> Stretch:
        """Return what the account has done from the start of a day on."""
        return performance.since(first, snapshots, self._ports.ledger.activities(), stands.snapshot)

    def day(self, on: date | None) -> Alert:
        """Return the report of a trading day that has ended, or as things are now (None), without giving it.

        Raises BrokerAway, and ValueError for a day that cannot be reported.
        """
        stands = self._read(on).reading.standing
        told = report_messages.close_report(stands)
        # Not the report of a close: the day may not have begun.
        return told if on is not None else replace(told, title=f"As things are now, {stands.day:%a %-d %b}")

    def variance(self) -> Alert:
        """Return how far the account is from its target now. Raises BrokerAway."""
        seen = self._read()
        key = next_run(self._records.account, seen.clock)
        surroundings = outlook(seen.reading, seen.target, self._rules.policy, key, self._ports)
        return variance_alert(seen.reading, seen.target.allocation, surroundings)

    def weights(self) -> Weights | None:
        """Return the picture of target against actual, None while nothing is held. Raises BrokerAway."""
        seen = self._read()
        measured = variance.measure(seen.target.allocation, seen.reading.standing.held)
        return None if isinstance(measured, NotMeasurable) else picturing.weights(seen.clock.today, measured)

    def preview(self) -> Preview:
        """Return what the next investment would do. Raises BrokerAway."""
        seen = self._read()
        key = next_run(self._records.account, seen.clock)
        return preview(seen.reading, seen.target, self._rules.policy, key, self._ports)

    def activities(self) -> tuple[Activity, ...]:
        """Return every activity that is known."""
        return self._ports.ledger.activities()

    def standing(self, on: date | None = None) -> Standing:
        """Return how the account stands now, or at the end of a trading day, as `day` does. Raises as that."""
        return self._read(on).reading.standing

    def measured(self) -> Variance | NotMeasurable:
        """Return how far each sector is from its target now, as figures. Raises BrokerAway."""
        seen = self._read()
        return variance.measure(seen.target.allocation, seen.reading.standing.held)

    def _read(self, on: date | None = None) -> _Seen:
        clock = self._market.clock()
        days = self._days(clock)
        if on is not None and not any(day.day == on and day.closes <= clock.now for day in days):
            raise ValueError(f"{on.isoformat()} cannot be reported: {why_not(on, days, clock)}")
        target = self._records.target(clock.today)
        past = on if on != clock.today else None
        return _Seen(clock, target, read(target.allocation, days, clock, self._ports, on=past))

    def _days(self, clock: MarketClock) -> tuple[TradingDay, ...]:
        """Return the trading days from the last one that ended before the first start: it is the history's base."""
        since = self._records.first_start() or clock.now
        oldest = clock.today - LONGEST_HISTORY
        days = self._market.days(clock, max(since.astimezone(NEW_YORK).date() - BEFORE_FIRST, oldest))
        return days_since(days, since)


def days_since(days: tuple[TradingDay, ...], since: datetime) -> tuple[TradingDay, ...]:
    """Return the days that ended after an instant, and the last one that ended before."""
    earlier = [day for day in days if day.closes <= since]
    return (*earlier[-1:], *(day for day in days if day.closes > since))


def why_not(on: date, days: tuple[TradingDay, ...], clock: MarketClock) -> str:
    """Return why a day that is not among the ended ones cannot be reported, as a clause."""
    if on > clock.today:
        return "it is not over yet"
    if not days or on < days[0].day:
        return f"the history begins with {days[0].day.isoformat()}" if days else "there is no history yet"
    if on not in {day.day for day in days}:
        return "it was no trading day"
    return "it is not over yet"
