"""A confirmed change is made whole, with its tap, its line in the audit and its alert, or it can be confirmed again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.telegram import Message
from tests.fuzz.house import House, inhabited
from tests.fuzz.talk import Talk

CHANGES = {"a limit": "/limits max 250", "the allocation": "/allocation VOO 60 AGG 40"}


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """Begin to talk."""
    async with inhabited(tmp_path) as house:
        yield Talk(house)


async def ask(talk: Talk, words: str) -> tuple[Message, str]:
    """Bring a change to its question, and return the message and its confirming button."""
    await talk.say(words)
    buttons = {button.label: button.data or "" for button in talk.newest.buttons}
    if "Review" in buttons:
        await talk.tap(buttons["Review"])
    return talk.newest, talk.newest.buttons[0].data or ""


async def tap(talk: Talk, asked: tuple[Message, str]) -> str:
    """Tap on the question as it was shown first, and return what it, or the newest message, says then."""
    message, data = asked
    before = {one.id: one.text for one in talk.house.telegram.messages}
    await talk.house.receive([talk.tapped(message, data)])
    return "\n".join(one.text for one in talk.house.telegram.messages if before.get(one.id) != one.text)


def traces(house: House) -> tuple[int, ...]:
    """Return how many versions, lines of the audit about them, and alerts about them there are."""
    queries = (
        "SELECT (SELECT count(*) FROM choice_version) + (SELECT count(*) FROM allocation_version)",
        "SELECT count(*) FROM audit WHERE what LIKE 'limits %' OR outcome LIKE 'done: %'",
        "SELECT count(*) FROM alert WHERE kind = 'changed'",
    )
    return tuple(house.books.execute(query).fetchone()[0] for query in queries)


@pytest.mark.parametrize("words", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("table", ["choice_version", "allocation_version", "audit", "alert"])
async def test_a_change_that_breaks_off_anywhere_leaves_nothing_and_the_same_tap_makes_it_later(
    talk: Talk, words: str, table: str
) -> None:
    house = talk.house
    asked = await ask(talk, words)
    before = traces(house)
    # Whatever ends a transaction, a full disk or a killed process, ends all of it.
    house.books.execute(f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END")
    answer = await tap(talk, asked)
    made = traces(house)
    house.books.execute("DROP TRIGGER broken")
    if "Something went wrong" in answer:
        assert made == before
        answer = await tap(talk, asked)
    assert "became $250" in answer or "is active" in answer
    assert traces(house) == tuple(count + 1 for count in before)
    assert "answered already" in await tap(talk, asked)
