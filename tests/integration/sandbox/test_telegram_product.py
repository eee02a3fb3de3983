"""The product's own calls of Telegram and Vonage, and their answers, are as the vendors' descriptions have them."""

from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.demo.product import Product
from sandbox.faults.kinds import Slow
from sandbox.server import Sandbox
from sandbox.sessions import NEW_YORK
from sandbox.telegram import Message
from sandbox.world import World
from tests.integration import telegram_contract, vonage_contract

PATIENCE = 25.0
AFTER_OPEN = datetime(2026, 11, 23, 9, 36, tzinfo=NEW_YORK)


def test_a_day_with_the_product_is_as_the_descriptions_have_it() -> None:
    bot_api, sms_api = telegram_contract.load(), vonage_contract.load()
    with Sandbox(cash=Decimal(250)) as sandbox, Product(sandbox.settings(), sandbox.environment()):
        live_a_day(sandbox)
        calls = sandbox.call(lambda world: list(world.telegram.requests_seen))
        texts = sandbox.call(lambda world: list(zip(world.sms.requests_seen, world.sms.answers_seen, strict=True)))
        api_key = sandbox.keys.vonage_api_key
    methods = {call.method for call in calls}
    assert methods >= {"getMe", "getUpdates", "setMyCommands", "sendMessage", "sendChatAction"}
    assert methods >= {"answerCallbackQuery", "editMessageText"}
    assert [complaint for call in calls for complaint in bot_api.complaints(call)] == []
    assert [complaint for form, _ in texts for complaint in sms_api.request(form, api_key)] == []
    assert [complaint for _, entries in texts for complaint in sms_api.answer(entries)] == []


def live_a_day(sandbox: Sandbox) -> None:
    """Greet, ask, decline an investment by a button, and wait for the day's alert in both channels."""
    owner = sandbox.keys.owner_id
    sandbox.call(lambda world: world.telegram.press_start(owner))
    sandbox.wait_for(lambda world: world.telegram.messages, PATIENCE, "the greeting")
    sandbox.call(lambda world: world.clock.set(AFTER_OPEN))
    sandbox.wait_for(lambda world: world.sms.messages, PATIENCE, "the day's alert as an SMS")
    sandbox.call(lambda world: world.brokerage.deposit(Decimal(300)))
    # The sign that it is typing comes only where an answer takes a while.
    slow = Slow(timedelta(seconds=1))
    sandbox.call(lambda world: world.faults.set("alpaca", slow, path="/v2/account"))
    sandbox.call(lambda world: world.telegram.say(owner, "/invest"))
    asked = sandbox.wait_for(question, PATIENCE, "a question with its buttons")
    sandbox.call(lambda world: world.telegram.tap(owner, asked.id, "Cancel"))
    sandbox.wait_for(has_answered_the_tap, PATIENCE, "the answer to the tap")


def question(world: World) -> Message | None:
    """Return the newest message that can be declined."""
    shown = (message for message in reversed(world.telegram.messages) if message.buttons)
    return next((message for message in shown if message.buttons[-1].label == "Cancel"), None)


def has_answered_the_tap(world: World) -> bool:
    seen = {call.method for call in world.telegram.requests_seen}
    return {"answerCallbackQuery", "editMessageText"} <= seen
