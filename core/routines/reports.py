"""The close report and the week's variance: read the account, say it, and keep the day with what was said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from core.alerts import Alert
from core.allocation import Allocation
from core.calendar import NEW_YORK, MarketClock, TradingDay
from core.investing import Plan, Skip
from core.messages import report_messages, variance_messages
from core.messages.variance_messages import Outlook
from core.ports import Ports
from core.reporting import picturing, variance
from core.reporting.measures import NotMeasurable
from core.reporting.pictures import Picture
from core.reporting.snapshots import Snapshot
from core.reporting.variance import Variance
from core.routines.invest import Policy, Target, decide, stored
from core.routines.reading import Reading, read
from core.runs import Run, RunKey
from core.schedule import Routine
from core.strategies import Strategy


class Pictures(StrEnum):
    """How often pictures come with the close report. The variance always has its own."""

    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"

    def come_on(self, day: TradingDay) -> bool:
        """Return whether the close report of a day has pictures."""
        match self:
            case Pictures.DAILY:
                return True
            case Pictures.WEEKLY:
                return day.last_of_week
            case Pictures.NEVER:
                return False


@dataclass(frozen=True, slots=True)
class Owed:
    """A report that is owed: its run, its day, and the trading days from the last one before the first start on."""

    key: RunKey
    day: TradingDay
    days: tuple[TradingDay, ...]


def close_report(owed: Owed, allocation: Allocation, pictures: Pictures, clock: MarketClock, ports: Ports) -> Run:
    """Report the day, and return the run. Once the day is over in New York, its daily bars are what is told.

    Raises BrokerAway when the broker cannot be read; nothing is said then.
    """
    day = owed.day.day
    reading = read(allocation, owed.days, clock, ports, on=day if clock.today != day else None)
    shown = performance_pictures(reading, ports) if pictures.come_on(owed.day) else ()
    alert = report_messages.close_report(reading.standing, shown)
    ports.ledger.report(owed.key, alert, _to_keep(reading), at=clock.now)
    return stored(ports.ledger, owed.key)


def week_variance(owed: Owed, target: Target, policy: Policy, clock: MarketClock, ports: Ports) -> Run:
    """Say how far the account is from its target at the week's end, and return the run. Raises BrokerAway.

    Given after its day, it is of the account as it is then, and says so.
    """
    day = owed.day.day
    reading = read(target.allocation, owed.days, clock, ports)
    surroundings = outlook(reading, target, policy, next_run(owed.key.account, clock), ports)
    alert = variance_alert(reading, target.allocation, surroundings, late_for=day if day != clock.today else None)
    # The day's own snapshot belongs to its close report.
    ports.ledger.report(owed.key, alert, reading.new_snapshots, at=clock.now)
    return stored(ports.ledger, owed.key)


def variance_alert(
    reading: Reading, allocation: Allocation, surroundings: Outlook, *, late_for: date | None = None
) -> Alert:
    """Return the variance in words and as a picture. `late_for` is the last day of the week that it is owed for."""
    stands = reading.standing
    measured = variance.measure(allocation, stands.held)
    pictures = () if isinstance(measured, NotMeasurable) else (picturing.weights(stands.day, measured),)
    return variance_messages.variance(stands, measured, surroundings, pictures, late_for=late_for)


def next_run(account: str, clock: MarketClock) -> RunKey:
    """Return the key of the next trading day's investing: its limits are that day's."""
    return RunKey(account, Routine.INVEST, clock.next_open.astimezone(NEW_YORK).date())


@dataclass(frozen=True, slots=True)
class Preview:
    """What the next investment would be, and the variance before and after it; None where it would buy nothing.

    `other` is what it would be by the other strategy than `strategy`, the one in force.
    """

    strategy: Strategy
    answer: Plan | Skip
    other: Plan | Skip
    before: Variance | NotMeasurable
    after: Variance | NotMeasurable | None


def preview(reading: Reading, target: Target, policy: Policy, key: RunKey, ports: Ports) -> Preview:
    """Return what the next investment would do. `key` is its run's. Raises BrokerAway."""
    answer, after = _next(reading, target, policy, key, ports)
    (unused,) = set(Strategy) - {target.strategy}
    other = decide(key, replace(target, strategy=unused), policy, ports).answer
    return Preview(target.strategy, answer, other, variance.measure(target.allocation, reading.standing.held), after)


def outlook(reading: Reading, target: Target, policy: Policy, key: RunKey, ports: Ports) -> Outlook:
    """Return what surrounds a variance. `key` is the next investment's. Raises BrokerAway."""
    stands, allocation = reading.standing, target.allocation
    week = stands.day.isocalendar()[:2]
    earlier = [one for one in reading.history if one.day.isocalendar()[:2] < week]
    before = variance.measure(allocation, variance.values(earlier[-1].holdings)) if earlier else None
    answer, after = _next(reading, target, policy, key, ports)
    return Outlook(
        week_before=before.drift if isinstance(before, Variance) else None,
        answer=answer,
        after=after.drift if isinstance(after, Variance) else None,
        cash=variance.cash_share(stands.snapshot.cash, stands.held),
    )


def performance_pictures(reading: Reading, ports: Ports) -> tuple[Picture, ...]:
    """Return the account's value over time and the sectors' returns, as far as there is anything to show."""
    stands = reading.standing
    value = picturing.account_value(reading.history, ports.ledger.activities(), stands.snapshot)
    lines = (*stands.sectors, *stands.untracked)
    returns = picturing.returns(stands.day, [(line.name, line.life.price) for line in lines]) if lines else None
    return tuple(one for one in (value, returns) if one is not None)


def _to_keep(reading: Reading) -> Sequence[Snapshot]:
    """Return the days to store: the reported day in place of its own reconstruction."""
    day = reading.standing.snapshot
    return [*(one for one in reading.new_snapshots if one.day != day.day), day]


def _next(
    reading: Reading, target: Target, policy: Policy, key: RunKey, ports: Ports
) -> tuple[Plan | Skip, Variance | NotMeasurable | None]:
    """Return what the next investment would be, and the variance after it; None where it would buy nothing."""
    answer = decide(key, target, policy, ports).answer
    if not isinstance(answer, Plan):
        return answer, None
    bought = {intent.symbol: intent.notional for intent in answer.intents if intent.symbol not in answer.troubles}
    return answer, variance.after_investing(target.allocation, reading.standing.held, bought)
