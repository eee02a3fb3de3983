"""The whole account's performance: today, this week, this month, this year, since the start."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from core.activities import Activity, ActivityKind
from core.reporting.measures import YEAR, Measure, NotMeasurable, annualised, money_weighted, time_weighted
from core.reporting.snapshots import Snapshot


class Period(StrEnum):
    """A stretch of days that ends now, in words for a person."""

    TODAY = "today"
    WEEK = "this week"
    MONTH = "this month"
    YEAR = "year to date"
    START = "since start"


@dataclass(frozen=True, slots=True)
class Stretch:
    """The account over some days. `gain` is dollars: end - base - flows; `time_weighted` a fraction.

    `base` is the day whose end everything is measured from, None when there is none. `late` says that the history
    starts inside the period, so that the figures are of less than the whole of it.
    """

    base: date | None
    late: bool
    gain: Measure
    time_weighted: Measure


@dataclass(frozen=True, slots=True)
class Performance:
    """The account's returns on `day`. `value` is dollars now; None when a holding's value is not known.

    `money_weighted` is since the start: a year's rate once there is a year (`over_a_year`), the period's own return
    until then. `annualised` is the time-weighted return since the start, for a year. `doubts` are clauses that say why
    the figures may be wrong.
    """

    day: date
    value: Decimal | None
    periods: Mapping[Period, Stretch]
    money_weighted: Measure
    over_a_year: bool
    annualised: Measure
    doubts: tuple[str, ...]


def flows(activities: Iterable[Activity]) -> tuple[tuple[date, Decimal], ...]:
    """Return the deposits (positive) and withdrawals in dollars, summed by day, oldest first."""
    by_day: defaultdict[date, Decimal] = defaultdict(Decimal)
    for activity in activities:
        if activity.kind is ActivityKind.FLOW:
            by_day[activity.day] += activity.amount
    return tuple((day, amount) for day, amount in sorted(by_day.items()) if amount)


def measure(snapshots: Iterable[Snapshot], activities: Sequence[Activity], now: Snapshot) -> Performance:
    """Return the account's performance. `snapshots` are kept day ends in any order; `now` takes its day's place.

    A period's base is the last snapshot before the period begins, and where the history starts inside the period, its
    first snapshot. A flow counts on its day, and on a day without a snapshot, at the start of the next that has one.
    """
    history = _History(_before(snapshots, now), now, flows(activities))
    begins = _begins(now.day)
    periods = {period: history.stretch(begin) for period, begin in begins.items()}
    start = history.since_start()
    purse = history.purse(start)
    days = (now.day - start.base).days if start.base else 0
    return Performance(
        day=now.day,
        value=now.equity,
        periods=periods | {Period.START: start},
        money_weighted=start.gain if isinstance(start.gain, NotMeasurable) else money_weighted(purse),
        over_a_year=bool(purse) and (purse[-1][0] - purse[0][0]).days >= YEAR,
        annualised=annualised(start.time_weighted, days),
        doubts=tuple(_doubts(activities, start.base)),
    )


def since(first: date, snapshots: Iterable[Snapshot], activities: Iterable[Activity], now: Snapshot) -> Stretch:
    """Return the account's performance from the start of a day on."""
    return _History(_before(snapshots, now), now, flows(activities)).stretch(first)


@dataclass(frozen=True, slots=True)
class _History:
    """The day ends before now, oldest first; now; and the flows by day."""

    past: tuple[Snapshot, ...]
    now: Snapshot
    flows: tuple[tuple[date, Decimal], ...]

    def stretch(self, begin: date) -> Stretch:
        """Measure from the last day's end before `begin`, or from the first after it that is known."""
        before = [snapshot for snapshot in self.past if snapshot.day < begin]
        if before and before[-1].equity is not None:
            return self._from(before[-1].day, before[-1].equity, late=False)
        for snapshot in self.past:
            if snapshot.day >= begin and snapshot.equity is not None:
                return self._from(snapshot.day, snapshot.equity, late=True)
        reason = (
            f"the account's value at the end of {before[-1].day} is not known"
            if before
            else "there is not yet a day's end to measure from"
        )
        return Stretch(None, late=False, gain=NotMeasurable(reason), time_weighted=NotMeasurable(reason))

    def since_start(self) -> Stretch:
        """Measure from the first day's end that is known."""
        known = [snapshot.day for snapshot in self.past if snapshot.equity is not None]
        return self.stretch(known[0] + timedelta(days=1) if known else self.now.day)

    def purse(self, start: Stretch) -> list[tuple[date, Decimal]]:
        """Return what the owner's purse saw since the start: the first value and the flows put in, now's taken out."""
        opening = [(day, -value) for day, value in self._values() if day == start.base]
        moved = [(day, -amount) for day, amount in self.flows if start.base and start.base < day <= self.now.day]
        closing = [(self.now.day, self.now.equity or Decimal(0))]
        return [(day, amount) for day, amount in [*opening, *moved, *closing] if amount]

    def _from(self, base: date, value: Decimal, *, late: bool) -> Stretch:
        end = self.now.equity
        if end is None:
            unknown = [holding.symbol for holding in self.now.holdings if holding.value is None]
            reason = NotMeasurable(f"the value of {' and '.join(unknown)} is not known")
            return Stretch(base, late, gain=reason, time_weighted=reason)
        moved = sum((amount for day, amount in self.flows if base < day <= self.now.day), Decimal(0))
        values = [(day, known) for day, known in self._values() if day >= base]
        return Stretch(base, late, gain=end - value - moved, time_weighted=time_weighted(values, self.flows))

    def _values(self) -> list[tuple[date, Decimal]]:
        return [(one.day, one.equity) for one in (*self.past, self.now) if one.equity is not None]


def _before(snapshots: Iterable[Snapshot], now: Snapshot) -> tuple[Snapshot, ...]:
    return tuple(sorted((one for one in snapshots if one.day < now.day), key=lambda snapshot: snapshot.day))


def _begins(day: date) -> dict[Period, date]:
    return {
        Period.TODAY: day,
        Period.WEEK: day - timedelta(days=day.weekday()),
        Period.MONTH: day.replace(day=1),
        Period.YEAR: day.replace(month=1, day=1),
    }


def _doubts(activities: Iterable[Activity], base: date | None) -> Iterable[str]:
    """Yield why what was put in since the base may not be all of it, or more."""
    for activity in activities:
        if base is None or activity.day <= base:
            continue
        name = f"{activity.type} of {activity.day}"
        # Those of an unknown kind are told of by core.reporting.standing.
        if activity.kind in {ActivityKind.FLOW, ActivityKind.CORPORATE} and activity.quantity:
            yield f"{name} changed what is held of {activity.symbol} without a trade, which may look like a gain"
