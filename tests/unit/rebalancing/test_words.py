"""The rules of rebalancing as a person writes and reads them."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rebalancing.bands import FIVE_TWENTY_FIVE, Band
from core.rebalancing.rules import Goal, OnBreach, OnCalendar, OnTap, Period, Rules, Scope
from core.rebalancing.words import NO_BAND, changed, facts
from tests.unit.rebalancing_world import HALVES

TODAY = date(2026, 11, 27)


def after(text: str, rules: Rules | None = None) -> Rules:
    return changed(rules or Rules(), text.split(), HALVES, TODAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("band 5/25", Rules(band=FIVE_TWENTY_FIVE)),
        ("band absolute 3%", Rules(band=Band(points=300))),
        ("BAND none", Rules(band=NO_BAND)),
        ("band voo relative 20%", Rules(bands={"VOO": Band(share=2000)})),
        ("goal half", Rules(goal=Goal.HALF_BAND)),
        ("scope all", Rules(scope=Scope.ALL)),
        ("trigger breach", Rules(trigger=OnBreach())),
        ("trigger yearly", Rules(trigger=OnCalendar(Period.YEARLY, TODAY))),
        ("trigger weekly 2026-12-01", Rules(trigger=OnCalendar(Period.WEEKLY, date(2026, 12, 1)))),
        ("cooldown 7", Rules(cooldown_days=7)),
        ("holding 31", Rules(holding_days=31)),
    ],
)
def test_a_rule_is_changed_by_its_name(text: str, expected: Rules) -> None:
    assert after(text) == expected


def test_what_was_chosen_can_be_taken_back() -> None:
    chosen = Rules(bands={"VOO": NO_BAND}, trigger=OnBreach(), cooldown_days=3)
    assert after("band VOO default", chosen).bands == {}
    assert after("off", chosen).trigger == OnTap()
    assert after("cooldown off", chosen).cooldown_days == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("moon", "no rule of rebalancing"),
        ("band", "no band"),
        ("band 5", "no band"),
        ("band 0%", "at least 0.01%"),
        ("band GME 5%", "in no sector"),
        ("cooldown soon", "no number of days"),
        ("cooldown 99999", "no number of days"),
        ("trigger weekly tomorrow", "no day"),
        ("trigger hourly", "no rule"),
    ],
)
def test_what_cannot_be_meant_says_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        after(text)


@given(st.lists(st.text(max_size=12), max_size=5))
def test_any_words_make_rules_or_a_sentence(words: list[str]) -> None:
    with suppress(ValueError):
        assert isinstance(changed(Rules(), words, HALVES, TODAY), Rules)


def test_every_rule_is_told_by_its_name() -> None:
    told = dict(facts(Rules(bands={"VOO": Band(points=200)}, trigger=OnCalendar(Period.MONTHLY, TODAY))))
    assert told["band"].startswith("5/25")
    assert told["band VOO"] == "2 percentage points"
    assert told["trigger"] == "by itself, monthly from 2026-11-27 on"
    assert (told["cooldown"], told["holding"]) == ("off", "off")
