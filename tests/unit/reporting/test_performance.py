"""The account's performance: periods, bases, flows, and what cannot be measured yet."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.activities import ActivityKind
from core.reporting.measures import NotMeasurable
from core.reporting.performance import Performance, Period, Stretch, flows, measure, since
from core.reporting.snapshots import Snapshot
from tests.unit.histories import day, flow, holding, other, snapshot
from tests.unit.properties import steady

WEDNESDAY = day(25)

HISTORY = [
    snapshot(date(2025, 12, 31), 800),
    snapshot(date(2026, 10, 30), 1000),
    snapshot(day(20), 1100),
    snapshot(day(24), 1200),
]

NOW = snapshot(WEDNESDAY, 1260)


def figures(stretch: Stretch) -> tuple[object, ...]:
    return stretch.base, stretch.late, stretch.gain, stretch.time_weighted


def test_each_period_is_measured_from_the_last_day_before_it() -> None:
    found = measure(HISTORY, [], NOW).periods
    assert figures(found[Period.TODAY]) == (day(24), False, Decimal(60), Decimal("0.05"))
    assert found[Period.WEEK].base == day(20)
    assert found[Period.MONTH].base == date(2026, 10, 30)
    assert found[Period.YEAR].base == date(2025, 12, 31)
    assert found[Period.START].base == date(2025, 12, 31)
    assert found[Period.START].gain == found[Period.YEAR].gain == 460
    assert found[Period.START].time_weighted == Decimal("0.575")


def test_a_deposit_is_no_gain_and_a_dividend_is() -> None:
    activities = [flow(WEDNESDAY, 50), other(ActivityKind.INCOME, WEDNESDAY, 10)]
    found = measure(HISTORY, activities, NOW).periods[Period.TODAY]
    assert found.gain == 10
    assert found.time_weighted == Decimal(1260) / 1250 - 1


def test_a_weekends_deposit_is_in_the_week_and_at_its_next_days_start() -> None:
    found = measure(HISTORY, [flow(day(21), 55)], NOW).periods[Period.WEEK]
    assert found.gain == 160 - 55
    assert found.time_weighted == Decimal(1200) / 1155 * Decimal(1260) / 1200 - 1


def test_a_history_that_starts_inside_a_period_is_measured_from_its_start() -> None:
    found = measure(HISTORY[2:], [], NOW).periods
    assert figures(found[Period.YEAR]) == figures(found[Period.MONTH])
    assert (found[Period.MONTH].base, found[Period.MONTH].late) == (day(20), True)
    assert found[Period.START].late is False


def test_an_account_without_history_says_that_it_has_none() -> None:
    found = measure([], [], NOW)
    reason = NotMeasurable("there is not yet a day's end to measure from")
    assert all(stretch.gain == stretch.time_weighted == reason for stretch in found.periods.values())
    assert found.money_weighted == found.annualised == reason
    assert found.value == 1260


def test_the_day_itself_does_not_count_twice() -> None:
    assert measure([*HISTORY, snapshot(WEDNESDAY, 0)], [], NOW) == measure(HISTORY, [], NOW)


def test_a_value_that_is_not_known_now_is_named() -> None:
    now = snapshot(WEDNESDAY, 10, holding("VOO", 1, 1, None), holding("AGG", 1, 1, 5))
    found = measure(HISTORY, [], now)
    assert found.value is None
    assert found.periods[Period.YEAR].gain == NotMeasurable("the value of VOO is not known")
    assert found.money_weighted == NotMeasurable("the value of VOO is not known")


def test_a_base_that_is_not_known_is_not_replaced_by_an_older_one() -> None:
    gap = [*HISTORY[:-1], snapshot(day(24), 10, holding("VOO", 1, 1, None))]
    found = measure(gap, [], NOW).periods
    assert found[Period.TODAY].gain == NotMeasurable("the account's value at the end of 2026-11-24 is not known")
    assert found[Period.WEEK].gain == 160


def test_the_money_weighted_return_is_the_periods_own_under_a_year() -> None:
    in_the_base_already = flow(day(16), 500)
    found = measure([snapshot(day(16), 1000)], [in_the_base_already], snapshot(day(26), 1100))
    assert found.money_weighted == Decimal("0.1")
    assert not found.over_a_year
    assert found.annualised == NotMeasurable("a return is given for a year only after 365 days, and these are 10")


def test_after_a_year_the_returns_are_a_years() -> None:
    start = snapshot(WEDNESDAY - timedelta(730), 1000)
    found = measure([start], [], snapshot(WEDNESDAY, 1210))
    assert found.over_a_year
    assert found.annualised == Decimal("0.1")
    assert found.money_weighted == Decimal("0.1")


def test_an_account_that_began_empty_is_measured_from_its_first_deposit() -> None:
    found = measure([snapshot(day(16), 0)], [flow(day(17), 1000)], snapshot(day(24), 1010))
    assert found.money_weighted == found.periods[Period.START].time_weighted == Decimal("0.01")


def test_a_negative_balance_is_no_base() -> None:
    found = measure([snapshot(day(24), -5)], [], NOW).periods[Period.TODAY]
    assert found.gain == 1265
    assert found.time_weighted == NotMeasurable("the account was worth less than nothing at the start of a day")


def test_only_flows_are_flows() -> None:
    activities = [flow(day(17), 5), flow(day(17), -2), flow(day(16), 1), flow(day(18), 4), flow(day(18), -4)]
    others = [other(kind, day(17), 9) for kind in ActivityKind if kind is not ActivityKind.FLOW]
    assert flows([*activities, *others]) == ((day(16), Decimal(1)), (day(17), Decimal(3)))


def test_what_may_look_like_a_gain_is_said() -> None:
    before = other(ActivityKind.CORPORATE, date(2025, 12, 1), 5, "VOO", quantity=1, type_="XYZ")
    since_then = other(ActivityKind.CORPORATE, day(24), 5, "VOO", quantity=1, type_="XYZ")
    assert measure(HISTORY, [before, since_then], NOW).doubts == (
        "XYZ of 2026-11-24 changed what is held of VOO without a trade, which may look like a gain",
    )


def test_performance_since_a_day_of_choice() -> None:
    assert figures(since(day(24), HISTORY, [], NOW)) == figures(measure(HISTORY, [], NOW).periods[Period.WEEK])
    assert figures(since(date(2020, 1, 1), HISTORY, [], NOW))[:3] == (date(2025, 12, 31), True, Decimal(460))


@steady
@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(-500, 500)), min_size=2, max_size=12))
def test_the_days_gains_sum_to_the_gain_since_the_start(days: list[tuple[int, int]]) -> None:
    ends = [snapshot(day(2 + place), value) for place, (value, _) in enumerate(days)]
    moved = [flow(end.day, amount) for end, (_, amount) in zip(ends, days, strict=True)]
    whole = measure(ends[:-1], moved, ends[-1]).periods[Period.START].gain
    daily = [today(measure(ends[:place], moved, ends[place])) for place in range(1, len(ends))]
    assert whole == sum(daily)


def today(found: Performance) -> Decimal:
    gain = found.periods[Period.TODAY].gain
    assert isinstance(gain, Decimal)
    return gain


def test_snapshots_may_come_in_any_order() -> None:
    backwards: list[Snapshot] = HISTORY[::-1]
    assert measure(backwards, [], NOW) == measure(HISTORY, [], NOW)
