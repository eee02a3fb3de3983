"""Questions with buttons: one owner, one tap, five minutes, and a message that says when they are over."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels.telegram import CANCEL, CONFIRM
from bot.chat import confirming
from bot.chat.confirming import STANDS
from bot.chat.expiry import Expiry
from bot.commands import QUESTIONS
from bot.records import now
from bot.routines.offers import FIRST_INVESTMENT, INVEST
from core.runs import RunState
from core.schedule import Routine
from tests.fuzz.house import House, inhabited
from tests.fuzz.talk import Talk

OVER = "This offer is over. /invest makes a new one."


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Build the chat."""
    async with inhabited(tmp_path) as built:
        yield built


@pytest.fixture
def talk(house: House) -> Talk:
    """Begin to talk."""
    return Talk(house)


@pytest.fixture
def expiry(house: House) -> Expiry:
    """Return what says that questions are over, as after a restart."""
    return Expiry(house.services, house.application.bot, QUESTIONS)


def button(talk: Talk, what: str) -> str:
    """Return the data of the newest button of a kind."""
    shown = [button.data or "" for message in talk.house.telegram.messages for button in message.buttons]
    return next(data for data in reversed(shown) if data.startswith(f"{what}:"))


async def test_a_tap_does_what_was_shown_once(talk: Talk) -> None:
    await talk.say("/invest")
    asked, data = talk.newest, button(talk, CONFIRM)
    taps = [talk.tapped(asked, data) for _ in range(3)]
    await talk.house.receive(taps)
    texts = [message.text for message in talk.house.telegram.messages]
    assert texts.count("This was answered already; a second tap changes nothing.") == 2
    assert len(texts) == 3
    assert talk.house.state()["runs"] == 1


async def test_canceled_nothing_is_done_and_a_later_tap_finds_nothing(talk: Talk) -> None:
    await talk.say("/invest")
    asked, confirm = talk.newest, button(talk, CONFIRM)
    assert await talk.tap(button(talk, CANCEL)) == "Canceled. Nothing was bought."
    await talk.house.receive([talk.tapped(asked, confirm)])
    assert talk.newest.text.startswith("This was answered already")
    assert talk.house.state()["runs"] == 0


async def test_a_question_that_nobody_answers_says_when_it_is_over(talk: Talk, expiry: Expiry) -> None:
    await talk.say("/invest")
    await expiry.look(now())
    assert talk.newest.buttons
    await expiry.look(now() + STANDS)
    assert (talk.newest.text, talk.newest.buttons) == (OVER, ())


async def test_after_a_restart_it_is_said_too_and_only_once_is_anything_sent(talk: Talk, expiry: Expiry) -> None:
    await talk.say("/invest")
    later = now() + STANDS
    restarted = Expiry(talk.house.services, talk.house.application.bot, QUESTIONS)
    for one in (expiry, restarted, expiry, restarted):
        await one.look(later)
    edits = [call for call in talk.house.wire.calls if call.method == "editMessageText"][-2:]
    assert [bool(call.refusal) for call in edits] == [False, True]
    assert len(talk.newest.earlier) == 2
    assert talk.newest.text == OVER


async def test_what_telegram_cannot_be_told_now_it_is_told_later(talk: Talk, expiry: Expiry) -> None:
    await talk.say("/invest")
    talk.house.telegram.flood.is_on = True
    for _ in range(3):
        talk.house.telegram.flood.admit(talk.newest.chat.id)
    await expiry.look(now() + STANDS)
    assert talk.newest.buttons
    talk.house.telegram.flood.is_on = False
    await expiry.look(now() + STANDS)
    assert talk.newest.text == OVER


async def test_an_answered_question_is_left_alone(talk: Talk, expiry: Expiry) -> None:
    await talk.say("/invest")
    await talk.tap(button(talk, CANCEL))
    await expiry.look(now() + STANDS)
    assert talk.newest.text == "Canceled. Nothing was bought."


async def test_a_tap_that_comes_too_late_is_told_so_and_does_nothing(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "STANDS", timedelta(0))
    await talk.say("/invest")
    assert await talk.tap(button(talk, CONFIRM)) == OVER
    assert talk.house.state()["runs"] == 0


async def test_a_question_to_another_owner_is_not_answered_by_this_one(talk: Talk) -> None:
    token = talk.house.services.records.confirmations.ask(INVEST, {}, owner=8, at=now(), expires=now() + STANDS)
    await talk.say("/help")
    await talk.house.receive([talk.tapped(talk.newest, "run:status", really=f"{CONFIRM}:{token}")])
    assert talk.newest.text == "Another owner was asked."


async def test_what_moves_money_waits_for_what_moves_money_and_nothing_else_does(talk: Talk) -> None:
    await talk.say("/invest")
    house = talk.house
    async with house.services.lane:
        tapping = asyncio.create_task(house.receive([talk.tapped(talk.newest, button(talk, CONFIRM))]))
        while not house.telegram.notices:  # noqa: ASYNC110  the tap is noticed before it waits, and nothing else tells
            await asyncio.sleep(0.005)
        assert (await asyncio.wait_for(talk.say_beside("/status"), 5)).startswith("Status")
        assert house.state()["runs"] == 0
    await tapping
    assert house.state()["runs"] == 1


async def test_the_first_investment_counts_as_declined_when_it_is_canceled(talk: Talk) -> None:
    records, day = talk.house.services.records, talk.house.broker.now.date().isoformat()
    shown = {"day": day, "number": 0, "intents": {"VOO": 35_00}}
    token = records.confirmations.ask(FIRST_INVESTMENT, shown, owner=None, at=now(), expires=now() + STANDS)
    await talk.say("/help")
    await talk.house.receive([talk.tapped(talk.newest, "run:status", really=f"{CANCEL}:{token}")])
    (run,) = records.ledger.runs_on(Routine.INVEST, talk.house.broker.now.date())
    assert run.state is RunState.SKIPPED
