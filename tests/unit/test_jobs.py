"""What a tick of the job queue does with what it meets."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from bot.jobs import Jobs
from bot.lane import Lane
from bot.operations.pulse import Pulse
from core.ports import BrokerAway
from storage.errors import WrongAccount


class Noted:
    """Rounds and trouble that note what they are told; the tick meets an error, or nothing."""

    def __init__(self, met: Exception | None) -> None:
        self._met = met
        self.told: list[object] = []

    def tick(self) -> None:
        if self._met is not None:
            raise self._met

    def away(self, why: str) -> None:
        self.told.append(("for the missed day", why))

    def broke(self, error: Exception) -> None:
        self.told.append(("for the missed day", error))

    def is_time(self) -> bool:
        return True

    def broker_failed(self, error: Exception) -> None:
        self.told.append(("to the owner", error))

    def routine_failed(self, error: Exception) -> None:
        self.told.append(("to the owner", error))

    def went_well(self) -> None:
        self.told.append("it went well")


def told(met: Exception | None) -> list[object]:
    """Let a tick meet this, and return what was told of it."""
    noted = Noted(met)
    services = SimpleNamespace(
        settings=SimpleNamespace(execution=SimpleNamespace(tick_seconds=15)),
        lane=Lane(lambda _: None, 15),
        trouble=noted,
        rounds=noted,
        rotation=SimpleNamespace(look=lambda: None),
        pump=SimpleNamespace(nudge=lambda: None),
    )
    asyncio.run(Jobs(cast(Any, services), noted.told.append, Pulse()).tick(cast(Any, None)))
    return noted.told


def test_a_tick_that_goes_well_is_noted_as_such() -> None:
    assert told(None) == ["it went well"]


def test_a_broker_that_is_away_is_told_to_the_owner_and_remembered_for_the_missed_day() -> None:
    away = BrokerAway("no answer in time")
    assert told(away) == [("for the missed day", "no answer in time"), ("to the owner", away)]


def test_what_nobody_expected_is_told_to_the_owner_and_remembered_for_the_missed_day() -> None:
    error = ValueError("a bug")
    assert told(error) == [("for the missed day", error), ("to the owner", error)]


def test_what_no_tick_can_mend_ends_the_service() -> None:
    error = WrongAccount("main", "this one", "another")
    assert told(error) == [error]
