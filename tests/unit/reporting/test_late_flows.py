"""A deposit in the evening is in its own day's end, and is nobody's gain."""

from decimal import Decimal

from core.activities import ActivityKind
from core.reporting.late_flows import counted_in
from core.reporting.performance import Period, measure
from core.reporting.snapshots import Snapshot
from tests.unit.histories import day, flow, holding, other, snapshot, trade

MONDAY, TUESDAY, WEDNESDAY = day(23), day(24), day(25)


def test_a_deposit_after_the_close_report_is_no_gain_of_the_next_day() -> None:
    recorded = [snapshot(MONDAY, 100), snapshot(TUESDAY, 100)]
    now = snapshot(WEDNESDAY, 500)
    activities = [flow(MONDAY, 100), flow(TUESDAY, 400)]
    counted = counted_in(recorded, now, activities)
    assert [one.cash for one in counted] == [100, 500]
    assert measure(recorded, activities, now).periods[Period.TODAY].gain == 400
    assert measure(counted, activities, now).periods[Period.TODAY].gain == 0
    assert measure(counted, activities, now).periods[Period.TODAY].time_weighted == 0


def test_a_deposit_before_the_close_report_is_counted_already() -> None:
    recorded = [snapshot(MONDAY, 500)]
    assert counted_in(recorded, snapshot(TUESDAY, 500), [flow(MONDAY, 500)]) == tuple(recorded)


def test_only_the_evening_s_part_of_a_day_s_flows_is_added() -> None:
    activities = [flow(MONDAY, 200), trade(MONDAY, "VOO", 1, "99.99"), flow(MONDAY, -50), flow(MONDAY, 30)]
    recorded = snapshot(MONDAY, 150, holding("VOO", 1, 100, 100))
    (counted,) = counted_in([recorded], snapshot(TUESDAY, "180.01"), activities)
    assert counted == Snapshot(MONDAY, Decimal(180), recorded.holdings)


def test_a_difference_that_no_flow_explains_is_left_alone() -> None:
    activities = [flow(MONDAY, 200), other(ActivityKind.INCOME, MONDAY, 3)]
    recorded = [snapshot(MONDAY, 190)]
    assert counted_in(recorded, snapshot(TUESDAY, 203), activities) == tuple(recorded)
