"""/rebalance: the drift, a preview, a tap that sells and buys, and rules that are changed only after a tap."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.channels.telegram import CANCEL, CONFIRM
from core.orders import Side
from core.rebalancing.bands import FIVE_TWENTY_FIVE, Band
from core.rebalancing.rules import OnBreach, OnCalendar, OnTap, Period, Rules
from core.runs import RunState
from core.schedule import Routine
from tests.fuzz.house import MONDAY, inhabited
from tests.fuzz.talk import Talk
from tests.unit.rebalancing_world import position


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with inhabited(tmp_path) as house:
        house.broker.positions_held = (position("VOO", Decimal(4000)), position("AGG", Decimal(3000)))
        house.broker.cash = Decimal(0)
        yield Talk(house)


def rules(talk: Talk) -> Rules:
    return talk.house.services.records.rebalancing()


async def test_it_shows_the_drift_the_breached_sectors_and_that_nothing_is_sold_by_itself(talk: Talk) -> None:
    shown = await talk.say("/rebalance")
    assert "Outside their band: " in shown
    assert "only when you tap" in shown
    assert [button.data for button in talk.newest.buttons] == ["rebalance:preview", "rebalance:rules"]


async def test_the_preview_orders_nothing_and_the_tap_sells_and_buys(talk: Talk) -> None:
    await talk.say("/rebalance")
    preview = await talk.tap("rebalance:preview")
    assert "What rebalancing would do now" in preview
    assert "Would realise" in preview
    assert talk.house.state()["orders"] == 0
    talk.house.broker.cash = Decimal(5000)  # the fake's cash does not follow its sales
    done = await talk.tap_confirm()
    assert "Done. The alert says what was sold and bought." in done
    sales = talk.house.services.records.ledger.runs_on(Routine.REBALANCE, MONDAY.date())
    buys = talk.house.services.records.ledger.runs_on(Routine.REBUY, MONDAY.date())
    assert [run.state for run in (*sales, *buys)] == [RunState.DONE, RunState.DONE]
    assert {order.intent.side for run in sales for order in run.orders} == {Side.SELL}
    assert sum(order.filled for order in buys[0].orders) == sum(order.filled for order in sales[0].orders)


async def test_when_prices_have_moved_much_the_new_plan_is_shown_instead(talk: Talk) -> None:
    await talk.say("/rebalance preview")
    talk.house.broker.positions_held = (position("VOO", Decimal(5000)), position("AGG", Decimal(3000)))
    shown = await talk.tap_confirm()
    assert "Things have changed meanwhile, so nothing was done." in shown
    assert talk.house.state()["orders"] == 0


async def test_a_little_movement_of_prices_does_not_ask_again(talk: Talk) -> None:
    await talk.say("/rebalance preview")
    talk.house.broker.positions_held = (position("VOO", Decimal(4005)), position("AGG", Decimal(3001)))
    assert "Done." in await talk.tap_confirm()


async def test_after_it_history_orders_and_run_tell_sales_as_sales(talk: Talk) -> None:
    await talk.say("/rebalance preview")
    await talk.tap_confirm()
    assert "Rebalance, by your tap: sold $" in await talk.say("/history")
    assert "Sale of " in await talk.say("/orders")
    assert "Sold $" in await talk.say("/run 1")


async def test_outside_the_hours_it_says_when_it_works(talk: Talk) -> None:
    talk.house.broker.now += timedelta(hours=5, minutes=46)
    assert "too close to the market's close" in await talk.say("/rebalance preview")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("band 3%", Rules(band=Band(points=300))),
        ("band relative 20%", Rules(band=Band(share=2000))),
        ("band 5% relative 20%", Rules(band=Band(500, 2000))),
        ("band VOO 2%", Rules(bands={"VOO": Band(points=200)})),
        ("band none", Rules(band=Band(points=1))),
        ("trigger breach", Rules(trigger=OnBreach())),
        (
            "trigger quarterly 2026-12-01",
            Rules(trigger=OnCalendar(Period.QUARTERLY, MONDAY.date().replace(month=12, day=1))),
        ),
        ("trigger weekly", Rules(trigger=OnCalendar(Period.WEEKLY, MONDAY.date()))),
        ("cooldown 30", Rules(cooldown_days=30)),
        ("holding 60", Rules(holding_days=60)),
    ],
)
async def test_a_rule_changes_only_after_its_tap(talk: Talk, text: str, expected: Rules) -> None:
    await talk.say(f"/rebalance {text}")
    assert rules(talk) == Rules()
    await talk.tap_confirm()
    assert rules(talk) == expected


async def test_off_ends_what_happens_by_itself(talk: Talk) -> None:
    await talk.say("/rebalance trigger breach")
    assert "without asking" in talk.newest.text
    await talk.tap_confirm()
    await talk.say("/rebalance")
    await talk.tap("rebalance:off")
    await talk.tap_confirm()
    assert rules(talk).trigger == OnTap()


@pytest.mark.parametrize(
    "text", ["band", "band VOO", "band 0%", "band GME 2%", "goal moon", "cooldown -1", "trigger x"]
)
async def test_words_that_are_no_rule_are_answered_with_the_way_out(talk: Talk, text: str) -> None:
    shown = await talk.say(f"/rebalance {text}")
    assert "/rebalance rules shows examples" in shown
    assert not any((button.data or "").startswith(CONFIRM) for button in talk.newest.buttons)
    assert rules(talk) == Rules(band=FIVE_TWENTY_FIVE)


async def test_rules_changed_meanwhile_are_not_overwritten(talk: Talk) -> None:
    await talk.say("/rebalance cooldown 30")
    question = talk.newest
    first = question.buttons[0].data
    await talk.say("/rebalance cooldown 60")
    await talk.tap_confirm()
    assert first is not None
    await talk.tap(first)
    shown = next(one.text for one in talk.house.telegram.messages if one.id == question.id)
    assert "changed meanwhile" in shown
    assert rules(talk).cooldown_days == 60


async def test_with_real_money_every_step_says_so_and_much_of_it_is_asked_for_twice(tmp_path: Path) -> None:
    async with inhabited(tmp_path, live=True) as house:
        house.broker.positions_held = (position("VOO", Decimal(4000)), position("AGG", Decimal(3000)))
        limits = house.services.limits
        limits.set(replace(limits.active(), ask_twice_above=100_00), "owner", "a test")
        talk = Talk(house)
        assert await talk.say("/rebalance preview")
        assert "LIVE: What rebalancing would do now" in talk.newest.text
        assert "Really sell it?" in await talk.tap_confirm()
        assert house.state()["orders"] == 0
        assert "Done." in await talk.tap_confirm()
        assert house.state()["orders"] > 0


async def test_a_declined_preview_sells_nothing(talk: Talk) -> None:
    await talk.say("/rebalance preview")
    cancel = next(button.data for button in talk.newest.buttons if (button.data or "").startswith(f"{CANCEL}:"))
    assert cancel is not None
    assert await talk.tap(cancel) == "Canceled. Nothing was sold."
    assert talk.house.state()["orders"] == 0


async def test_sectors_without_a_known_value_are_not_called_within_their_bands(talk: Talk) -> None:
    unknown = replace(position("AGG", Decimal(1)), market_value=None)
    talk.house.broker.positions_held = (position("VOO", Decimal(4000)), unknown)
    shown = await talk.say("/rebalance")
    assert "nobody can tell who is outside a band" in shown
    assert "the value of AGG is not known" in await talk.say("/rebalance preview")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("trigger breach", "Next rebalancing: when a band is breached\n"),
        ("trigger weekly 2026-11-25", "Next rebalancing: Wed 25 Nov "),
        (
            "trigger quarterly 2026-10-01",
            "Next rebalancing: on Fri 1 Jan 2027 or the last trading day before it, if a band is breached then\n",
        ),
    ],
)
async def test_status_names_the_next_one_that_comes_by_itself(talk: Talk, text: str, told: str) -> None:
    await talk.say(f"/rebalance {text}")
    await talk.tap_confirm()
    assert told in await talk.say("/status")


async def test_status_says_nothing_of_rebalancing_while_only_a_tap_does_it(talk: Talk) -> None:
    await talk.say("/rebalance trigger breach")
    await talk.tap_confirm()
    await talk.say("/rebalance off")
    await talk.tap_confirm()
    shown = await talk.say("/status")
    assert "Next run: " in shown
    assert "ebalancing" not in shown


async def test_status_waits_for_the_cooldown_after_a_rebalancing(talk: Talk) -> None:
    for rule in ("cooldown 30", "trigger breach"):
        await talk.say(f"/rebalance {rule}")
        await talk.tap_confirm()
    await talk.say("/rebalance preview")
    await talk.tap_confirm()
    assert "Next rebalancing: when a band is breached, from Wed 23 Dec 2026 on\n" in await talk.say("/status")
