"""Reading the account: lagging lists, missed days, coins, and a broker that goes away in between."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from core.activities import ActivityKind
from core.calendar import NEW_YORK, MarketClock, Session, TradingDay, trading_days
from core.ports import BrokerAway
from core.positions import Quote
from core.reporting.snapshots import Snapshot
from core.routines.positions import LAG_PAUSES
from core.routines.reading import Reading, read
from tests.unit.histories import day, flow, holding, other, position, snapshot, trade
from tests.unit.world import KEY, World

MONDAY, TUESDAY, WEDNESDAY, FRIDAY = day(23), day(24), day(25), day(27)


def week() -> tuple[TradingDay, ...]:
    return trading_days(
        Session(one, datetime.combine(one, time(9, 30), NEW_YORK), datetime.combine(one, time(16), NEW_YORK))
        for one in (MONDAY, TUESDAY, WEDNESDAY, FRIDAY)
    )


def at(today: date, hour: int = 17) -> MarketClock:
    now = datetime.combine(today, time(hour), NEW_YORK)
    return MarketClock(now, is_open=False, next_open=now, next_close=now)


def reading(world: World, today: date = FRIDAY, *, on: date | None = None, days: Sequence[date] = (FRIDAY,)) -> Reading:
    wanted = tuple(one for one in week() if one.day in days)
    return read(world.target.allocation, wanted, at(today), world.ports, on=on)


def bars(world: World, **closes: Mapping[date, str]) -> None:
    world.broker.closes_by_symbol = {
        symbol: {one: Decimal(close) for one, close in found.items()} for symbol, found in closes.items()
    }


# A position list that lags behind the fills.


def test_a_list_without_our_fills_is_waited_for(world: World) -> None:
    world.invest()
    held = [position(order.intent.symbol, order.filled_quantity, 1, 1) for order in world.ledger.runs[KEY].orders]
    shown = iter([(), tuple(held)])
    world.broker.positions = lambda: next(shown)  # type: ignore[method-assign]
    found = reading(world)
    assert world.pace.waits[-1] == LAG_PAUSES[0]
    assert len(found.standing.sectors) == 7
    assert found.standing.notes == ()


def test_a_list_that_lags_for_long_is_completed_from_the_fills_and_that_is_said(world: World) -> None:
    world.invest()
    stands = reading(world).standing
    assert world.pace.waits[-4:] == list(LAG_PAUSES)
    assert [line.position.market_value for line in stands.sectors][:2] == [35, 5]
    assert stands.notes == (
        "Alpaca's list does not show yet all that was traded of AGG, BTC/USD, IJH, IJR, ISTB, IXUS, VOO: our orders' "
        "fills are counted in.",
    )


def test_asked_to_stop_it_does_not_wait_for_a_lagging_list(world: World) -> None:
    world.invest()
    world.pace.stops_after = len(world.pace.waits)
    assert len(reading(world).standing.sectors) == 7


# Coins.


def test_a_coin_s_day_is_measured_against_its_last_daily_bar(world: World) -> None:
    world.broker.positions_held = (position("BTC/USD", 1, 90, 100),)
    world.broker.quotes_by_coin = {"BTC/USD": Quote(Decimal(102), Decimal(100))}
    (line,) = reading(world).standing.sectors
    assert line.position.change_today == Decimal("0.02")


def test_coins_prices_that_cannot_be_read_cost_only_the_coins_day(world: World) -> None:
    world.broker.positions_held = (position("VOO", 1, 90, 100), position("BTC/USD", 1, 90, 100))

    def away(coins: Sequence[str]) -> dict[str, Quote]:
        raise BrokerAway("no answer in time", 3)

    world.broker.quotes = away  # type: ignore[method-assign]
    stands = reading(world).standing
    assert [line.position.change_today for line in stands.sectors] == [0, None]
    assert stands.notes == (
        "The coins' prices could not be read (no answer in time), so their change of today is not known.",
    )
    assert world.pace.waits[-1] == 3


# Days that nobody recorded.


def test_missed_days_are_worked_out_and_a_walked_back_hair_is_no_money(world: World) -> None:
    world.broker.cash = Decimal(0)
    world.broker.positions_held = (position("VOO", "0.333333333", 100, 110),)
    world.broker.activities_known = (flow(WEDNESDAY, 100), trade(WEDNESDAY, "VOO", "0.333333333", 300))
    bars(world, VOO={TUESDAY: "290", WEDNESDAY: "303"})
    found = reading(world, days=(TUESDAY, WEDNESDAY, FRIDAY))
    assert [(one.day, one.reconstructed) for one in found.new_snapshots] == [(TUESDAY, True), (WEDNESDAY, True)]
    assert found.new_snapshots[0] == Snapshot(TUESDAY, Decimal(0), (), reconstructed=True)
    assert found.new_snapshots[1].equity == Decimal("0.333333333") * 303


def test_missed_days_that_cannot_be_worked_out_now_cost_no_report(world: World) -> None:
    world.broker.positions_held = (position("VOO", 1, 100, 110),)

    def away(symbols: Sequence[str], first: date, last: date) -> dict[str, Mapping[date, Decimal]]:
        raise BrokerAway("no answer in time")

    world.broker.closes = away  # type: ignore[method-assign]
    found = reading(world, days=(WEDNESDAY, FRIDAY))
    assert found.new_snapshots == ()
    assert found.standing.notes == (
        "The days before could not be worked out yet: their prices could not be read (no answer in time).",
    )
    with pytest.raises(BrokerAway):
        reading(world, on=WEDNESDAY, days=(WEDNESDAY, FRIDAY))


def test_a_past_day_is_told_by_its_own_bars(world: World) -> None:
    world.broker.positions_held = (position("VOO", 2, 200, 240),)
    world.broker.activities_known = (trade(TUESDAY, "VOO", 1, 98), trade(FRIDAY, "VOO", 1, 102))
    bars(world, VOO={TUESDAY: "100", WEDNESDAY: "103", FRIDAY: "120"})
    stands = reading(world, on=WEDNESDAY, days=(WEDNESDAY, FRIDAY)).standing
    (line,) = stands.sectors
    assert (stands.late, stands.day) == (True, WEDNESDAY)
    assert line.position.quantity == 1
    assert line.position.market_value == 103
    assert line.position.change_today == Decimal("0.03")
    assert line.life.price == Decimal(103) / 98 - 1


def test_a_past_day_that_is_kept_is_told_by_its_own_bars_too(world: World) -> None:
    world.broker.positions_held = (position("VOO", 1, 98, 120),)
    world.ledger.days = {WEDNESDAY: snapshot(WEDNESDAY, 5, holding("VOO", 1, 98, 103))}
    bars(world, VOO={TUESDAY: "100", WEDNESDAY: "103"})
    (line,) = reading(world, on=WEDNESDAY, days=(WEDNESDAY,)).standing.sectors
    assert line.position.change_today == Decimal("0.03")


# What moved the money.


def test_activities_are_kept_once_however_often_they_are_read(world: World) -> None:
    world.broker.activities_known = (flow(MONDAY, 100), flow(TUESDAY, 50))
    reading(world)
    reading(world)
    assert world.ledger.activities() == world.broker.activities_known


def test_an_unknown_kind_of_activity_and_a_negative_cash_balance_lose_no_sector(world: World) -> None:
    world.broker.cash = Decimal(-20)
    world.broker.positions_held = (position("VOO", 1, 98, 120), position("IJH", 1, 98, 120))
    world.broker.activities_known = (
        trade(TUESDAY, "VOO", 1, 98),
        trade(TUESDAY, "IJH", 1, 98),
        other(ActivityKind.UNKNOWN, WEDNESDAY, 3, type_="XYZ"),
    )
    bars(world, VOO={TUESDAY: "100"}, IJH={TUESDAY: "100"})
    stands = reading(world, days=(TUESDAY, FRIDAY)).standing
    assert [line.name for line in stands.sectors] == ["Domestic Large Cap", "Domestic Mid Cap"]
    assert any("(XYZ, $3.00 in all)" in sentence for sentence in stands.news)
    assert stands.performance.value == 220


def test_a_fund_that_turned_into_another_is_untracked_and_its_old_days_are_doubted(world: World) -> None:
    world.broker.positions_held = (position("VOOX", 1, 98, 120),)
    world.broker.activities_known = (
        trade(MONDAY, "VOO", 1, 98),
        other(ActivityKind.CORPORATE, WEDNESDAY, 0, "VOO", quantity=-1, type_="NC"),
        other(ActivityKind.CORPORATE, WEDNESDAY, 0, "VOOX", quantity=1, type_="NC"),
    )
    bars(world, VOO={MONDAY: "99", TUESDAY: "100"})
    stands = reading(world, days=(TUESDAY, FRIDAY)).standing
    assert [line.name for line in stands.untracked] == ["VOOX"]
    assert any("NC of 2026-11-25 has changed VOO" in note for note in stands.notes)


@pytest.fixture
def world() -> World:
    """Return a world on the last day of the week."""
    made = World()
    made.broker.now = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
    return made
