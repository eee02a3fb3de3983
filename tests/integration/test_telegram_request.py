"""A request to Telegram ends in time, whatever drips back."""

import pytest
import trustme
from telegram import Bot
from telegram.error import TimedOut

from bot.channels import telegram_request
from bot.channels.telegram_request import BoundedRequest
from sandbox.faults.kinds import CATALOGUE
from sandbox.server import Sandbox


async def test_an_answer_that_drips_is_given_up_although_each_byte_comes_in_time(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_request, "WHOLE_SECONDS", 0.6)
    with Sandbox(authority=authority) as sandbox:
        bot = Bot(sandbox.keys.telegram_token, f"{sandbox.origin('telegram')}/bot", request=BoundedRequest())
        async with bot:
            sandbox.call(lambda world: world.faults.set("telegram", CATALOGUE["slow_body"], times=1))
            with pytest.raises(TimedOut):
                await bot.get_me()
            assert (await bot.get_me()).is_bot
