"""The reports as routines: what is kept with them, which pictures come along, and what keeps them from being said."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest

from core.alerts import AlertKind
from core.calendar import NEW_YORK, MarketClock, Session, trading_days
from core.ports import BrokerAway
from core.reporting.pictures import AccountValue, Returns, Weights
from core.routines.reports import Owed, Pictures, close_report, next_run, week_variance
from core.runs import RunKey, RunState
from core.schedule import Routine
from tests.unit.histories import day, flow, holding, position, snapshot, trade
from tests.unit.world import World

DAYS = trading_days(
    Session(one, datetime.combine(one, time(9, 30), NEW_YORK), datetime.combine(one, time(16), NEW_YORK))
    for one in (day(20), day(25), day(27))
)
WEDNESDAY, FRIDAY = DAYS[1:]


def at(on: date) -> MarketClock:
    now = datetime.combine(on, time(16, 6), NEW_YORK)
    next_open = datetime(2026, 11, 30, 9, 30, tzinfo=NEW_YORK)
    return MarketClock(now, is_open=False, next_open=next_open, next_close=next_open)


@pytest.fixture
def world() -> World:
    """Return a world in which a share was bought on Wednesday, after a history of two weeks' ends."""
    made = World()
    made.broker.cash = Decimal(0)
    made.broker.positions_held = (position("VOO", 1, 100, 104),)
    made.broker.activities_known = (flow(day(25), 100), trade(day(25), "VOO", 1, 100))
    made.broker.closes_by_symbol = {"VOO": {day(24): Decimal(99), day(25): Decimal(101), day(27): Decimal(104)}}
    made.ledger.days = {day(20): snapshot(day(20), 0)}
    return made


@pytest.mark.parametrize(
    ("setting", "on_wednesday", "on_friday"),
    [(Pictures.DAILY, 2, 2), (Pictures.WEEKLY, 0, 2), (Pictures.NEVER, 0, 0)],
)
def test_pictures_come_as_often_as_the_owner_wants(
    world: World, setting: Pictures, on_wednesday: int, on_friday: int
) -> None:
    for one in (WEDNESDAY, FRIDAY):
        owed = Owed(RunKey("main", Routine.CLOSE_REPORT, one.day), one, DAYS)
        assert close_report(owed, world.target.allocation, setting, at(one.day), world.ports).state is RunState.DONE
    assert [len(alert.pictures) for alert in world.ledger.said] == [on_wednesday, on_friday]
    assert all(isinstance(alert.pictures[0], AccountValue) for alert in world.ledger.said if alert.pictures)
    assert all(isinstance(alert.pictures[1], Returns) for alert in world.ledger.said if alert.pictures)


def test_the_day_and_the_days_nobody_recorded_are_kept_with_the_report(world: World) -> None:
    owed = Owed(RunKey("main", Routine.CLOSE_REPORT, FRIDAY.day), FRIDAY, DAYS)
    close_report(owed, world.target.allocation, Pictures.NEVER, at(FRIDAY.day), world.ports)
    kept = world.ledger.snapshots()
    assert [(one.day, one.reconstructed) for one in kept] == [(day(20), False), (day(25), True), (day(27), False)]
    assert [one.equity for one in kept] == [0, 101, 104]


def test_the_variance_has_its_picture_and_the_change_since_the_week_before(world: World) -> None:
    world.ledger.days[day(20)] = snapshot(day(20), 0, holding("VOO", 1, 100, 100), holding("IJH", 1, 100, 100))
    owed = Owed(RunKey("main", Routine.VARIANCE, FRIDAY.day), FRIDAY, DAYS)
    week_variance(owed, world.target, world.policy, at(FRIDAY.day), world.ports)
    (alert,) = world.ledger.said
    assert alert.kind is AlertKind.VARIANCE
    assert [type(picture) for picture in alert.pictures] == [Weights]
    assert (
        "Drift: 65.00 percentage points (half the sum of all variances), 5.00 more than a week before." in alert.notes
    )
    assert alert.notes[-1].startswith("The next investment waits for cash: $0 is available")
    assert day(27) not in world.ledger.days


def test_the_next_investment_is_counted_into_the_drift(world: World) -> None:
    world.broker.cash = Decimal(1000)
    owed = Owed(RunKey("main", Routine.VARIANCE, FRIDAY.day), FRIDAY, DAYS)
    week_variance(owed, world.target, world.policy, at(FRIDAY.day), world.ports)
    assert world.ledger.said[0].notes[-1] == "The next investment would be $1000; it would bring the drift to 6.12."
    assert next_run("main", at(FRIDAY.day)).day == date(2026, 11, 30)


def test_a_broker_that_is_away_gets_nothing_said_and_nothing_kept(world: World) -> None:
    world.broker.away = True
    owed = Owed(RunKey("main", Routine.CLOSE_REPORT, FRIDAY.day), FRIDAY, DAYS)
    with pytest.raises(BrokerAway):
        close_report(owed, world.target.allocation, Pictures.NEVER, at(FRIDAY.day), world.ports)
    assert (world.ledger.said, world.ledger.runs, list(world.ledger.days)) == ([], {}, [day(20)])
