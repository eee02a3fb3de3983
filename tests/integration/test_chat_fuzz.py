"""Whatever comes, in any order: no failure, no answer to a stranger, no change without a confirmed tap."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import Update
from telegram.ext import ApplicationHandlerStop, TypeHandler

from bot.chat import access
from tests.fuzz.house import OWNER, House, inhabited
from tests.fuzz.hunt import Broken, Figures, check, hunt
from tests.fuzz.imagination import ELSEWHERE, HERE, KINDS, STRANGER, Imagination, Imagined
from tests.integration import telegram_contract
from tests.unit.properties import steady

EXAMPLES, UPDATES_EACH = 40, 50


@pytest.fixture(scope="module")
def types() -> Any:
    """Return the types of the Bot API's description, or skip."""
    return telegram_contract.load().types


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """Return a loop that the house lives in from one example to the next."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture(scope="module")
def house(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Build the chat."""
    folder: Path = tmp_path_factory.mktemp("house")
    stack = AsyncExitStack()
    yield runner.run(stack.enter_async_context(inhabited(folder)))
    runner.run(stack.aclose())


def test_two_thousand_updates_break_nothing(house: House, runner: asyncio.Runner, types: Any) -> None:
    figures = Figures()

    @settings(steady, max_examples=EXAMPLES)
    @given(seed=st.integers(0, 2**32 - 1), words=st.lists(st.text(max_size=40), max_size=4))
    def search(seed: int, words: list[str]) -> None:
        random = Random(seed)  # noqa: S311  chance that can be had again, and no secret
        runner.run(hunt(house, Imagination(random, types, words), random, UPDATES_EACH, figures))

    search()
    assert figures.updates >= EXAMPLES * UPDATES_EACH
    assert figures.of_owners > figures.updates / 3
    assert figures.confirmed
    assert figures.changes
    assert set(figures.kinds) >= set(KINDS)


def test_every_kind_of_update_by_anybody_else_is_stopped(house: House, runner: asyncio.Runner, types: Any) -> None:
    imagination, figures = Imagination(Random(1), types), Figures()  # noqa: S311  as above
    before = house.audited()
    for kind in imagination.kinds():
        for sender in ELSEWHERE:
            runner.run(check(house, [imagination.of(kind, sender)], figures))
    assert figures.updates == len(imagination.kinds()) * len(ELSEWHERE)
    assert figures.calls == figures.changes == 0
    assert house.audited() > before


def test_an_owner_too_is_answered_to_what_the_chat_listens_to_only(
    house: House, runner: asyncio.Runner, types: Any
) -> None:
    imagination, figures = Imagination(Random(2), types), Figures()  # noqa: S311  as above
    for kind in imagination.kinds():
        if kind not in KINDS:
            runner.run(check(house, [imagination.of(kind, HERE)], figures))
    assert figures.calls == 0


def test_no_handler_can_be_reached_around_the_gate(house: House, runner: asyncio.Runner, types: Any) -> None:
    imagination = Imagination(Random(3), types)  # noqa: S311  as above
    behind = [handler for group, handlers in house.application.handlers.items() if group >= 0 for handler in handlers]
    assert len(behind) > 10
    before = len(house.wire.calls)

    async def reach(handler: Any, imagined: Imagined) -> None:
        update = Update.de_json(imagined.update, house.application.bot)
        context = house.application.context_types.context.from_update(update, house.application)
        with pytest.raises(ApplicationHandlerStop):
            await handler.callback(update, context)

    for handler in behind:
        for kind in imagination.kinds():
            for sender in ELSEWHERE:
                runner.run(reach(handler, imagination.of(kind, sender)))
    assert len(house.wire.calls) == before


def test_the_gate_is_the_first_handler_and_sees_every_update(house: House) -> None:
    first = min(house.application.handlers)
    (gate,) = house.application.handlers[first]
    assert isinstance(gate, TypeHandler)
    assert (gate.type, gate.block.value if hasattr(gate.block, "value") else gate.block) == (Update, True)


def test_a_forwarded_command_is_answered_but_not_obeyed(house: House, runner: asyncio.Runner) -> None:
    message = {
        "message_id": 1,
        "date": 1_795_000_000,
        "chat": {"id": OWNER, "type": "private", "first_name": "Somebody"},
        "from": {"id": OWNER, "is_bot": False, "first_name": "Somebody"},
        "text": "/pause",
        "entities": [{"type": "bot_command", "offset": 0, "length": 6}],
        "forward_origin": {
            "type": "user",
            "date": 1_795_000_000,
            "sender_user": {"id": STRANGER, "is_bot": False, "first_name": "Somebody"},
        },
    }
    runner.run(house.receive([{"update_id": 10**9, "message": message}]))
    assert house.telegram.messages[-1].text.startswith("Forwarded messages are not acted on.")


def test_the_search_finds_a_gate_that_lets_a_stranger_through(
    house: House, runner: asyncio.Runner, types: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "is_an_owners", lambda update, _owners: update.effective_user is not None)
    random = Random(4)  # noqa: S311  as above
    house.telegram.press_start(STRANGER)
    with pytest.raises(Broken, match="somebody"):
        runner.run(hunt(house, Imagination(random, types), random, 200, Figures()))
