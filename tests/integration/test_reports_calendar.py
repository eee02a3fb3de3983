"""The reports through the calendar: half days, late ones, a service that was away; the broker's book is the proof."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.routines.pace import StoppablePace
from broker.gateway import Gateway
from core.alerts import Alert, AlertKind
from core.allocation import Allocation, Sector
from core.calendar import NEW_YORK, MarketClock, TradingDay, trading_days
from core.ports import Ports
from core.reporting.pictures import AccountValue, Returns, Weights
from core.reporting.snapshots import Snapshot
from core.routines.reading import read
from sandbox.faults.kinds import Answer
from sandbox.world import World
from tests.integration.installation import Installation, installed
from tests.unit.fake_ledger import FakeLedger
from tests.unit.fakes import Events

SECTORS = (Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 4000))
CENT = Decimal("0.01")


@pytest.fixture
def one(tmp_path: Path, authority: trustme.CA) -> Iterator[Installation]:
    """Set an installation up that has met its account, before the open of Monday the 23rd."""
    with installed(tmp_path, authority, sectors=SECTORS) as installation:
        installation.tick()
        yield installation


def at(one: Installation, moment: str) -> list[Alert]:
    """Move the market's clock to a New York time, let a tick see it, and return what it said."""
    instant = datetime.fromisoformat(moment).replace(tzinfo=NEW_YORK)
    one.sandbox.call(lambda world: world.clock.set(instant))
    one.rounds.tick()
    # An alert with pictures is delivered in parts.
    said = list(dict.fromkeys(one.said()))
    one.rounds.tick()
    assert one.said() == [], "a second look at the same moment must find nothing to do"
    return said


def deposit(one: Installation, dollars: int) -> None:
    """Let cash arrive in the account."""
    one.sandbox.call(lambda world: world.brokerage.deposit(Decimal(dollars)))


def moved(one: Installation, symbol: str, day: date) -> str:
    """Return in the report's words what a fund's daily bars say of a day."""

    def bars(world: World) -> Sequence[Decimal]:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        found = world.market.daily_bars(
            symbol, midnight - timedelta(days=7), midnight + timedelta(1), world.clock.now()
        )
        return [bar.close for bar in found if bar.starts.astimezone(NEW_YORK).date() <= day][-2:]

    before, close = one.sandbox.call(bars)
    percent = round((close / before - 1) * 100, 2)
    return f"{'up' if percent > 0 else 'down'} {abs(percent)}%" if percent else "unchanged"


def test_a_half_day_is_reported_at_six_past_one_with_the_week_s_pictures_and_then_its_variance(
    one: Installation,
) -> None:
    assert at(one, "2026-11-27 09:35")[-1].kind is AlertKind.EXECUTED
    assert at(one, "2026-11-27 13:05:50") == []
    report, variance = at(one, "2026-11-27 13:06")
    assert (report.kind, variance.kind) == (AlertKind.CLOSE_REPORT, AlertKind.VARIANCE)
    assert report.text.startswith(f"Stocks is {moved(one, 'VOO', date(2026, 11, 27))} today. Our position is ")
    assert [type(picture) for picture in report.pictures] == [AccountValue, Returns]
    assert variance.text.startswith("In our account, Stocks is off by 0.")
    assert [type(picture) for picture in variance.pictures] == [Weights]


def test_started_for_the_first_time_after_the_close_nothing_is_owed(tmp_path: Path, authority: trustme.CA) -> None:
    with installed(tmp_path, authority, sectors=SECTORS) as one:
        assert at(one, "2026-11-27 20:00") == []
        assert at(one, "2026-11-28 12:00") == []
        assert [alert.kind for alert in at(one, "2026-11-30 09:35")] == [AlertKind.EXECUTED]


def test_a_report_given_late_uses_the_day_s_bars_and_names_the_day(one: Installation) -> None:
    at(one, "2026-11-23 09:35")
    (late,) = at(one, "2026-11-24 08:00")
    assert late.text.startswith(f"Stocks was {moved(one, 'VOO', date(2026, 11, 23))} on 2026-11-23. Our position was ")
    assert late.title == "Close report, Mon 23 Nov"
    # On a weekend the variance is late too, and says for which week.
    at(one, "2026-11-27 09:35")
    report, variance = at(one, "2026-11-28 12:00")
    assert report.text.startswith(f"Stocks was {moved(one, 'VOO', date(2026, 11, 27))} on 2026-11-27. ")
    assert variance.text.startswith("For the week that ended on 2026-11-27, given late: In our account, Stocks is off")


def test_a_service_away_for_a_month_says_so_once_and_invests_for_today_alone(one: Installation) -> None:
    at(one, "2026-11-23 09:35")
    assert [alert.kind for alert in at(one, "2026-11-23 16:06")] == [AlertKind.CLOSE_REPORT]
    deposit(one, 500)
    said = at(one, "2026-12-28 10:00")
    assert [alert.kind for alert in said] == [AlertKind.MISSED, AlertKind.VARIANCE, AlertKind.EXECUTED]
    missed, variance, bought = (alert.text for alert in said)
    assert missed == (
        "Investing was missed on 22 trading days from 2026-11-24 to 2026-12-24: Allocator was off, or could not reach "
        "Alpaca, while orders could be sent. Nothing was bought; the cash waits for the next trading day. The close "
        "reports of 22 trading days from 2026-11-24 to 2026-12-24 were not given. The variances of the week's end on "
        "4 trading days from 2026-11-27 to 2026-12-18 were not given."
    )
    assert bought == "Orders have been executed. Bought $300 of VOO, $200 of AGG."
    assert variance.startswith("For the week that ended on 2026-12-24, given late: In our account, ")
    assert {order.split("-")[1] for order in one.orders()} == {"20261123", "20261228"}


def test_a_report_that_cannot_be_read_for_keeps_no_investing_back(one: Installation) -> None:
    at(one, "2026-11-27 09:35")
    at(one, "2026-11-27 12:00")
    gone = Answer(503, "", "text/plain")
    one.sandbox.call(lambda world: world.faults.set("alpaca", gone, method="GET", path="/v2/account/activities*"))
    deposit(one, 500)
    one.set_clock(10, 0, 30)
    one.tick()
    kinds = [alert.kind for alert in one.said()]
    assert AlertKind.EXECUTED in kinds
    assert AlertKind.VARIANCE not in kinds
    one.sandbox.call(lambda world: world.faults.clear())
    assert [alert.kind for alert in at(one, "2026-11-30 10:30")] == [AlertKind.VARIANCE]


@pytest.mark.parametrize(
    ("back", "missed"),
    [
        (
            "2026-11-24 10:00",
            "The close report of 2026-11-23 was not given: Allocator was off, or could not reach Alpaca, until the "
            "next trading day began. /performance and /variance show how things stand.",
        ),
        (
            "2026-12-01 10:00",
            "Investing was missed on 4 trading days from 2026-11-24 to 2026-11-30: Allocator was off, or could not "
            "reach Alpaca, while orders could be sent. Nothing was bought; the cash waits for the next trading day. "
            "The close reports of 5 trading days from 2026-11-23 to 2026-11-30 were not given.",
        ),
    ],
)
def test_a_service_away_for_a_day_or_a_week_says_so_once(one: Installation, back: str, missed: str) -> None:
    at(one, "2026-11-23 09:35")
    said = at(one, back)
    assert [alert.text for alert in said if alert.kind is AlertKind.MISSED] == [missed]
    late = [alert.text for alert in said if alert.kind is AlertKind.VARIANCE]
    assert [text[:53] for text in late] == (
        ["For the week that ended on 2026-11-27, given late: In"] if back.startswith("2026-12") else []
    )


def test_days_nobody_recorded_are_worked_out_as_they_would_have_been(tmp_path: Path, authority: trustme.CA) -> None:
    gateways: list[Gateway] = []

    def noted(gateway: Gateway) -> Gateway:
        gateways.append(gateway)
        return gateway

    with installed(tmp_path, authority, sectors=SECTORS, broker=noted) as one:
        one.tick()
        for day in (23, 24, 25):
            one.set_clock(9, 5, day)
            deposit(one, 100 * (day - 20))
            at(one, f"2026-11-{day} 09:35")
            if day == 24:
                one.sandbox.call(lambda world: world.brokerage.pay_dividend("AGG", Decimal("0.40")))
            at(one, f"2026-11-{day} 16:06")
        recorded = one.records.ledger.snapshots()
        at(one, "2026-11-27 12:00")
        clock = gateways[0].clock()
        worked_out = read(Allocation(SECTORS), days_of(gateways[0], clock), clock, fresh(gateways[0])).new_snapshots
        assert [one.day.day for one in recorded] == [20, 23, 24, 25]
        assert [one.reconstructed for one in recorded] == [True, False, False, False]
        assert [close_to(*both) for both in zip(recorded, worked_out, strict=True)] == [True] * 4
        # However often they were read, each activity is kept once.
        activities = one.records.ledger.activities()
        assert len({activity.id for activity in activities}) == len(activities) == 4 + 6 + 1


def days_of(gateway: Gateway, clock: MarketClock) -> tuple[TradingDay, ...]:
    """Return the trading days of which the snapshots are."""
    return trading_days(gateway.calendar(date(2026, 11, 20), clock.today))


def fresh(gateway: Gateway) -> Ports:
    """Return the same broker with books in which nothing is written yet."""
    return Ports(gateway, FakeLedger(Events()), StoppablePace())


def close_to(recorded: Snapshot, worked_out: Snapshot) -> bool:
    """Whether two snapshots are the same to the cent."""
    amounts: list[tuple[Decimal | None, Decimal | None]] = [(recorded.cash, worked_out.cash)]
    pairs = zip(sorted(recorded.holdings, key=str), sorted(worked_out.holdings, key=str), strict=True)
    for ours, theirs in pairs:
        assert (ours.symbol, ours.quantity) == (theirs.symbol, theirs.quantity)
        amounts += [(ours.cost_basis, theirs.cost_basis), (ours.value, theirs.value)]
    return all(ours is not None and theirs is not None and abs(ours - theirs) <= CENT for ours, theirs in amounts)


def test_a_list_that_lags_the_fills_is_waited_for_before_anything_is_said(one: Installation) -> None:
    # Until two seconds after the report is due, the list shows nothing of what was bought at 9:35.
    lag = timedelta(hours=6, minutes=31, seconds=2)
    one.sandbox.call(lambda world: setattr(world.brokerage, "position_lag", lag))
    at(one, "2026-11-23 09:35")
    (report,) = at(one, "2026-11-23 16:06")
    assert report.text.startswith("Stocks is ")
    assert " Bonds is " in report.text
    assert "yet" not in report.text


def test_a_broker_that_goes_away_in_the_middle_gets_nothing_said_and_then_everything_once(one: Installation) -> None:
    at(one, "2026-11-23 09:35")
    gone = Answer(503, "", "text/plain")
    one.sandbox.call(lambda world: world.faults.set("alpaca", gone, method="GET", path="/v2/positions"))
    one.set_clock(16, 6)
    one.tick()
    assert [alert.kind for alert in one.said() if alert.kind is AlertKind.CLOSE_REPORT] == []
    assert one.records.ledger.snapshots() == ()
    one.sandbox.call(lambda world: world.faults.clear())
    assert [alert.kind for alert in at(one, "2026-11-23 16:07")] == [AlertKind.CLOSE_REPORT]
    assert [snapshot.day.day for snapshot in one.records.ledger.snapshots()] == [20, 23]
