"""The rules of rebalancing in words: how they are told, and how a person changes one."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import assert_never

from core.allocation import Allocation, parse_weight
from core.messages.plurals import count
from core.rebalancing.bands import FIVE_TWENTY_FIVE, Band
from core.rebalancing.rules import Goal, OnBreach, OnCalendar, OnTap, Period, Rules, Scope, Trigger
from core.symbols import normalise, one_word

NO_BAND = Band(points=1)
"""Any drift that can be told counts."""

LONGEST_DAYS = 3650

_DAYS = re.compile(r"\d{1,4}", re.ASCII)
_GOALS = {"target": Goal.TARGET, "half": Goal.HALF_BAND}
_SCOPES = {"breached": Scope.BREACHED, "all": Scope.ALL}


def facts(rules: Rules) -> tuple[tuple[str, str], ...]:
    """Return each rule by its name, as a person reads it."""
    own = tuple((f"band {one_word(symbol)}", _band(band)) for symbol, band in rules.bands.items())
    return (
        ("band", _band(rules.band)),
        *own,
        ("goal", "back to the target" if rules.goal is Goal.TARGET else "back to half the band"),
        ("scope", "sectors outside their band" if rules.scope is Scope.BREACHED else "all sectors"),
        ("trigger", trigger(rules.trigger)),
        ("cooldown", count(rules.cooldown_days, "day") if rules.cooldown_days else "off"),
        ("holding", count(rules.holding_days, "day") if rules.holding_days else "off"),
    )


def trigger(chosen: Trigger) -> str:
    """Return when a rebalancing begins."""
    match chosen:
        case OnTap():
            return "only when you tap"
        case OnBreach():
            return "by itself when a band is breached"
        case OnCalendar(period, anchor):
            return f"by itself, {period} from {anchor.isoformat()} on"
        case _:
            assert_never(chosen)


def changed(rules: Rules, words: Sequence[str], allocation: Allocation, today: date) -> Rules:
    """Return the rules with one changed, as a person writes it: `band 5/25`, `trigger monthly`, `off`.

    Raises ValueError, in a sentence, for what is no rule or no value of one.
    """
    match [word.lower() for word in words]:
        case ["off"]:
            return replace(rules, trigger=OnTap())
        case ["trigger", *when] if (chosen := _trigger(when, today)) is not None:
            return replace(rules, trigger=chosen)
        case ["goal", goal] if goal in _GOALS:
            return replace(rules, goal=_GOALS[goal])
        case ["scope", scope] if scope in _SCOPES:
            return replace(rules, scope=_SCOPES[scope])
        case ["cooldown", days]:
            return replace(rules, cooldown_days=_days(days))
        case ["holding", days]:
            return replace(rules, holding_days=_days(days))
        case ["band", *width]:
            return _with_band(rules, width, allocation)
        case _:
            raise ValueError(f"{' '.join(words)!r} is no rule of rebalancing.")


def _trigger(words: Sequence[str], today: date) -> Trigger | None:
    """Return a trigger as it is written, None where that is none; a calendar begins today unless a day is given."""
    match words:
        case ["tap"]:
            return OnTap()
        case ["breach"]:
            return OnBreach()
        case [period, *anchor] if period in set(Period) and len(anchor) <= 1:
            return OnCalendar(Period(period), _day(anchor[0]) if anchor else today)
        case _:
            return None


def _with_band(rules: Rules, words: Sequence[str], allocation: Allocation) -> Rules:
    if (band := _width(words)) is not None:
        return replace(rules, band=band)
    match words:
        case [symbol, "default"]:
            known = _symbol(symbol, allocation)
            return replace(rules, bands={one: band for one, band in rules.bands.items() if one != known})
        case [symbol, *width] if (band := _width(width)) is not None:
            return replace(rules, bands={**rules.bands, _symbol(symbol, allocation): band})
        case _:
            raise ValueError(f"{' '.join(words)!r} is no band: write 5/25, 3%, relative 20%, or none.")


def _band(band: Band) -> str:
    if band == FIVE_TWENTY_FIVE:
        return "5/25 (5 points, or a quarter of the target, whichever is less)"
    return "none (any drift counts)" if band == NO_BAND else str(band)


def _width(words: Sequence[str]) -> Band | None:
    """Return a band as it is written, None where that is none.

    `5/25`, `none`, `5%`, `absolute 5%`, `relative 20%`, or both: `5% relative 20%`.
    """
    match words:
        case ["5/25"]:
            return FIVE_TWENTY_FIVE
        case ["none"]:
            return NO_BAND
        case ["relative", share] if share.endswith("%"):
            return Band(share=parse_weight(share))
        case ["absolute", points] | [points] if points.endswith("%"):
            return Band(points=parse_weight(points))
        case [points, "relative", share] if points.endswith("%") and share.endswith("%"):
            return Band(points=parse_weight(points), share=parse_weight(share))
        case _:
            return None


def _symbol(text: str, allocation: Allocation) -> str:
    symbol = normalise(text)
    if symbol not in allocation.weights:
        raise ValueError(f"{symbol} is in no sector of the allocation.")
    return symbol


def _days(text: str) -> int:
    if text == "off":
        return 0
    if _DAYS.fullmatch(text) is None or int(text) > LONGEST_DAYS:
        raise ValueError(f"{text!r} is no number of days: write one from 0 to {LONGEST_DAYS}, or off.")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no day: write it like 2026-12-01.") from None
