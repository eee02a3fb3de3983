"""What Telegram does to a bot that is too fast, or too slow."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, RetryAfter

from sandbox.server import Sandbox
from sandbox.telegram.flood import CHAT_BURST, OVERALL_RATE, FloodControl
from sandbox.telegram.refusals import Refusal

OWNER = 1001


class Stopwatch:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def flood(stopwatch: Stopwatch) -> FloodControl:
    control = FloodControl(stopwatch)
    control.is_on = True
    return control


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        running.call(lambda world: world.telegram.press_start(OWNER))
        yield running


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(sandbox.keys.telegram_token, base_url=f"{sandbox.origin('telegram')}/bot") as running:
        yield running


def wait_asked(flood: FloodControl, chat_id: int) -> int | None:
    """Write to a chat; return the seconds to wait if that was too soon."""
    try:
        flood.admit(chat_id)
    except Refusal as refusal:
        return refusal.retry_after
    return None


def test_a_chat_takes_a_short_burst_and_then_one_message_a_second(flood: FloodControl, stopwatch: Stopwatch) -> None:
    assert [wait_asked(flood, OWNER) for _ in range(CHAT_BURST + 1)] == [*[None] * CHAT_BURST, 1]
    stopwatch.seconds = 0.5
    assert wait_asked(flood, OWNER) == 1
    stopwatch.seconds = 1.0
    assert [wait_asked(flood, OWNER) for _ in range(2)] == [None, 1]


def test_all_chats_together_take_thirty_messages_a_second(flood: FloodControl, stopwatch: Stopwatch) -> None:
    assert [wait_asked(flood, chat) for chat in range(1, OVERALL_RATE + 1)] == [None] * OVERALL_RATE
    assert wait_asked(flood, OWNER) == 1
    stopwatch.seconds = 1.0
    assert wait_asked(flood, OWNER) is None


def test_who_waited_long_has_one_burst_saved_and_not_more(flood: FloodControl, stopwatch: Stopwatch) -> None:
    wait_asked(flood, OWNER)
    stopwatch.seconds = 3600
    assert [wait_asked(flood, OWNER) for _ in range(CHAT_BURST + 1)] == [*[None] * CHAT_BURST, 1]


def test_without_being_switched_on_nothing_is_too_fast(stopwatch: Stopwatch) -> None:
    flood = FloodControl(stopwatch)
    assert {wait_asked(flood, OWNER) for _ in range(1000)} == {None}


async def test_a_flood_is_refused_with_the_seconds_to_wait_and_not_shown(
    sandbox: Sandbox, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # python-telegram-bot 22.8 warns of the older form with every RetryAfter.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    sandbox.call(lambda world: setattr(world.telegram.flood, "is_on", True))
    sent = await bot.send_message(OWNER, "0")
    for number in range(1, CHAT_BURST):
        await bot.edit_message_text(str(number), OWNER, sent.message_id)
    with pytest.raises(RetryAfter) as too_fast:
        await bot.send_message(OWNER, "too fast")
    assert too_fast.value.retry_after == timedelta(seconds=1)
    assert await bot.get_me(), "only messages and edits are counted"
    assert [message.text for message in sandbox.call(lambda world: world.telegram.messages)] == [str(CHAT_BURST - 1)]


async def test_a_tap_can_be_answered_for_some_seconds_only(sandbox: Sandbox, bot: Bot) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="yes")]])
    sent = await bot.send_message(OWNER, "sure?", reply_markup=keyboard)
    in_time, too_late = (sandbox.call(lambda world: world.telegram.tap(OWNER, sent.message_id, 1)) for _ in range(2))
    assert await bot.answer_callback_query(in_time)
    sandbox.call(lambda world: setattr(world.telegram, "tap_lifetime", 0.0))
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired or query id is invalid"):
        await bot.answer_callback_query(too_late)
    assert [notice.query_id for notice in sandbox.call(lambda world: world.telegram.notices)] == [in_time]


async def test_the_text_under_a_picture_is_no_text(bot: Bot) -> None:
    picture = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000100000001")
    sent = await bot.send_photo(OWNER, picture, caption="the week")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await bot.edit_message_text("the month", OWNER, sent.message_id)


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("[1]", "object expected as reply markup"),
        ('{"inline_keyboard": [1]}', "expected an Array of Arrays"),
        ('{"inline_keyboard": [[1]]}', "expected an Object"),
        ('{"inline_keyboard": [[{"text": "Yes"}]]}', "Text buttons are unallowed"),
        ("{", "can't parse reply_markup JSON object"),
    ],
)
def test_a_keyboard_that_is_none_is_refused(sandbox: Sandbox, markup: str, reason: str) -> None:
    url = f"{sandbox.origin('telegram')}/bot{sandbox.keys.telegram_token}/sendMessage"
    answer = httpx.post(url, data={"chat_id": str(OWNER), "text": "sure?", "reply_markup": markup})
    assert answer.status_code == 400
    assert reason in answer.json()["description"]
