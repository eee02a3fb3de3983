"""/preview: what the next investment would buy and do to the variance, while nothing is ordered."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from core.positions import Position
from tests.fuzz.house import inhabited
from tests.fuzz.talk import Talk


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with inhabited(tmp_path) as house:
        yield Talk(house)


def held(symbol: str, dollars: str) -> Position:
    value = Decimal(dollars)
    return Position(symbol, value, value, Decimal(1), value, Decimal(0))


async def test_the_preview_shows_cents_and_the_variance_before_and_after(talk: Talk) -> None:
    talk.house.broker.positions_held = (held("VOO", "5000"),)
    shown = await talk.say("/preview")
    assert "Total" in shown
    assert "5,000.00" in shown
    large_cap = next(line for line in shown.splitlines() if "+65.00" in line)
    assert "+32.50" in large_cap
    assert talk.house.state()["runs"] == 0


async def test_a_preview_without_enough_cash_says_what_is_missing(talk: Talk) -> None:
    talk.house.broker.cash = Decimal(5)
    shown = await talk.say("/preview")
    assert "$5 is available" in shown
    assert "not yet measurable" in shown
