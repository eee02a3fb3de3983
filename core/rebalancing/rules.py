"""The owner's rules of rebalancing: how far a sector may drift, how far it is brought back, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from core.rebalancing.bands import FIVE_TWENTY_FIVE, Band


class Goal(StrEnum):
    """How far a sector that is traded is brought back. The words are stored."""

    TARGET = "target"
    HALF_BAND = "half_band"


class Scope(StrEnum):
    """Which sectors are traded once any band is breached. The words are stored.

    `BREACHED` brings back those outside their band. What that costs or frees beyond them is taken from the sectors
    furthest above their target, or goes to those furthest below: money has to come from somewhere. `ALL` brings back
    every sector.
    """

    BREACHED = "breached"
    ALL = "all"


class Period(StrEnum):
    """How often the calendar says to look. The words are stored."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


@dataclass(frozen=True, slots=True)
class OnTap:
    """Only when the owner asks."""

    kind: Literal["tap"] = "tap"


@dataclass(frozen=True, slots=True)
class OnBreach:
    """On any trading day on which a band is breached."""

    kind: Literal["breach"] = "breach"


@dataclass(frozen=True, slots=True)
class OnCalendar:
    """Every period, counted from `anchor`: its weekday, its day of the month, or its day of the year.

    A month without that day has its last one instead. Bands decide then whether there is anything to do.
    """

    period: Period
    anchor: date
    kind: Literal["calendar"] = "calendar"


Trigger = OnTap | OnBreach | OnCalendar
"""Each names its kind, by which what is stored is told apart."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How the account is rebalanced. `bands` holds, by symbol, the bands that differ from `band`.

    An automatic run comes no sooner than `cooldown_days` after the last run with orders, and nothing is sold that was
    bought within `holding_days`; 0 switches either off. Raises ValueError when one of them is negative.
    """

    band: Band = FIVE_TWENTY_FIVE
    bands: Mapping[str, Band] = field(default_factory=dict)
    goal: Goal = Goal.TARGET
    scope: Scope = Scope.BREACHED
    trigger: Trigger = field(default_factory=OnTap)
    cooldown_days: int = 0
    holding_days: int = 0

    def __post_init__(self) -> None:
        for name, days in (("cooldown", self.cooldown_days), ("holding time", self.holding_days)):
            if days < 0:
                raise ValueError(f"a {name} of {days} days is below zero: give 0 to switch it off")

    def band_of(self, symbol: str) -> Band:
        """Return the band of a symbol: its own, or the account's."""
        return self.bands.get(symbol, self.band)
