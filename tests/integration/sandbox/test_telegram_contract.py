"""The Telegram stand-in, python-telegram-bot and the Bot API's own description agree."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest

from sandbox.server import Sandbox
from sandbox.telegram.methods import METHODS
from sandbox.telegram.state import RequestSeen
from tests.integration.telegram_contract import BotApi, load

OWNER = 1001
# The smallest PNG there is.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Yes", callback_data="yes")], [InlineKeyboardButton("More", url="https://example.org")]]
)


@pytest.fixture(scope="module")
def contract() -> BotApi:
    return load()


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


async def test_every_call_and_answer_is_as_the_description_has_it(sandbox: Sandbox, bot: Bot, contract: BotApi) -> None:
    await bot.delete_webhook(drop_pending_updates=False)
    await bot.set_my_commands([BotCommand("status", "how it is")])
    await bot.get_my_commands()
    await bot.send_chat_action(OWNER, "typing")
    sent = await bot.send_message(
        OWNER,
        '<b>Sure?</b> <a href="https://example.org">why</a> <pre><code class="language-text">x</code></pre>',
        parse_mode="HTML",
        reply_markup=KEYBOARD,
        disable_notification=True,
    )
    pictured = await bot.send_photo(OWNER, PICTURE, caption="<i>the week</i>", parse_mode="HTML", reply_markup=KEYBOARD)
    await bot.edit_message_caption(OWNER, pictured.message_id, caption="<b>the month</b>", parse_mode="HTML")
    await bot.send_document(
        OWNER, b"day,cents", caption="<i>runs</i>", filename="runs.csv", disable_content_type_detection=True
    )
    sandbox.call(lambda world: world.telegram.tap(OWNER, sent.message_id, "yes"))
    said = sandbox.call(lambda world: world.telegram.say(OWNER, "/status"))
    sandbox.call(lambda world: world.telegram.edit(OWNER, said.id, "/help"))
    sandbox.call(lambda world: world.telegram.say(OWNER, "hello all", chat_id=-4711, chat_type="group"))
    updates = await bot.get_updates(timeout=0, limit=100, allowed_updates=Update.ALL_TYPES)
    query = next(update.callback_query for update in updates if update.callback_query)
    await query.answer("as you wish", show_alert=True)
    await bot.edit_message_text("done", OWNER, sent.message_id, parse_mode="HTML", reply_markup=KEYBOARD)
    await bot.edit_message_reply_markup(OWNER, sent.message_id)
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_reply_markup(OWNER, sent.message_id)
    seen = sandbox.call(lambda world: list(world.telegram.requests_seen))
    assert {call.method.lower() for call in seen} == set(METHODS)
    assert [complaint for call in seen for complaint in contract.complaints(call)] == []


@pytest.mark.parametrize(
    ("method", "parameters", "result", "complaint"),
    [
        ("launchRocket", {}, True, "there is no method launchRocket"),
        ("sendChatAction", {"chat_id": "1"}, True, "sendChatAction: action is missing"),
        ("sendChatAction", {"chat_id": "1", "action": "typing", "speed": "2"}, True, "there is no speed"),
        ("getUpdates", {"limit": "many"}, [], "getUpdates.limit: 'many' is no Integer"),
        ("getUpdates", {}, [{"message": None}], "getUpdates result[0]: update_id is missing"),
        ("deleteWebhook", {}, "yes", "deleteWebhook result: 'yes' is no Boolean"),
        ("getMe", {}, {"id": True, "is_bot": True, "first_name": "x"}, "getMe result.id: True is no Integer"),
    ],
)
def test_what_differs_from_the_description_is_noticed(
    contract: BotApi, method: str, parameters: dict[str, str], result: object, complaint: str
) -> None:
    seen = RequestSeen(datetime(2026, 11, 23, tzinfo=UTC), method, parameters, 200, result)
    assert complaint in "\n".join(contract.complaints(seen))
