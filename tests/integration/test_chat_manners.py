"""How the chat answers: to the right command, in order, at any length, and with a reference when something fails."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import TimedOut

from bot.charts import NotDrawn
from bot.chat import handling, showing, typing_signs
from bot.chat.exchange import FILE_NAME
from bot.chat.grammar import Chat, Command, Handle, WrongWords
from bot.chat.turns import Turns
from bot.commands import COMMANDS
from bot.services import Services
from core.alerts import Alert, AlertKind
from core.ports import BrokerAway
from core.reporting.pictures import Returns
from tests.fuzz.house import OWNER, PIXEL, House, OnePixel, inhabited
from tests.fuzz.talk import Talk

BUTTON = InlineKeyboardMarkup.from_button(InlineKeyboardButton("Again", callback_data="again:1"))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Build the chat."""
    async with inhabited(tmp_path) as built:
        yield built


@pytest.fixture
def talk(house: House) -> Talk:
    """Begin to talk."""
    return Talk(house)


@asynccontextmanager
async def only(house: House, *commands: Command, **taps: Handle) -> AsyncIterator[Turns]:
    """Let the chat have these commands and buttons in place of its own, and turns that nobody has taken yet."""
    application, turns = house.application, Turns()
    own = application.handlers[0]
    application.handlers[0] = list(handling.handlers(commands, taps, house.services, turns))
    yield turns
    application.handlers[0] = own


def command(handle: Handle, name: str = "try") -> Command:
    """Return a command with an example."""
    return Command(name, "try it", handle, example=f"/{name} 2 < 3")


async def test_start_says_who_this_is_what_comes_next_and_shows_what_is_wanted_first(talk: Talk) -> None:
    said = await talk.say("/start")
    assert said.startswith("I keep your brokerage account at the allocation you chose.")
    assert "Next I invest now." in said
    first = [button.label for button in talk.newest.buttons]
    assert first == ["/status", "/preview", "/allocation", "/performance", "/pause", "/help"]
    await talk.tap("run:help")
    every = [button.label for button in talk.newest.buttons]
    assert set(first) < set(every)
    assert set(every) == {f"/{one.name}" for one in COMMANDS} - {"/start"}


async def test_a_button_of_the_menu_is_its_command_and_leaves_the_menu(talk: Talk) -> None:
    menu = await talk.say("/help")
    assert (await talk.tap("run:status")).startswith("Status")
    assert menu in [message.text for message in talk.house.telegram.messages]


async def test_help_explains_a_command_with_an_example_that_works(talk: Talk) -> None:
    said = await talk.say("/help pause")
    assert said.startswith("/pause [")
    example = said.rpartition("For example: ")[2]
    assert "Investing is paused until" in await talk.say(example)


async def test_every_command_has_an_example_an_explanation_and_a_line_in_the_menu(talk: Talk) -> None:
    await talk.say("/help")
    for button in talk.newest.buttons:
        said = await talk.say(f"/help {button.label}")
        assert f"For example: {button.label}" in said
        assert len(said.splitlines()[1]) > 40


async def test_help_for_what_is_no_command_suggests_one_and_gives_an_example(talk: Talk) -> None:
    assert await talk.say("/help pauze") == (
        "There is no command 'pauze'. Did you mean /pause?\nFor example: /help pause"
    )


@pytest.mark.parametrize(
    ("written", "meant"), [("/statsu", " Did you mean /status?"), ("/xyzzy", ""), ("status", ""), ("/ ", "")]
)
async def test_an_unknown_command_suggests_the_nearest(talk: Talk, written: str, meant: str) -> None:
    assert await talk.say(written) == f"That is no command of mine.{meant} /help lists what I can do."


async def test_wrong_words_are_answered_with_what_was_wrong_and_an_example(talk: Talk) -> None:
    async def refuse(_chat: Chat, _services: Services, words: Sequence[str]) -> None:
        raise WrongWords(f"{words[0]} is not < 3.")

    async with only(talk.house, command(refuse)):
        assert await talk.say("/try 5") == "5 is not < 3.\nFor example: /try 2 < 3"


async def test_a_failure_has_a_reference_that_finds_it_in_the_log(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        raise ZeroDivisionError("one over nothing")

    async with only(talk.house, command(fail)):
        said = await talk.say("/try")
    found = re.fullmatch(r"Something went wrong, and the log says what\. Reference: ([2-9A-HJ-NP-Z]{6})", said)
    assert found is not None
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert f"reference {found[1]}" in record.getMessage()
    assert "one over nothing" in caplog.text


async def test_a_broker_that_is_away_is_said_in_words(talk: Talk) -> None:
    async def ask(_chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        raise BrokerAway("no answer in <8> s")

    async with only(talk.house, command(ask)):
        said = await talk.say("/try")
    assert said == "Alpaca cannot be reached: no answer in <8> s. Please try again in a moment."


async def test_a_long_answer_comes_in_parts_with_its_buttons_under_the_last(talk: Talk) -> None:
    async def tell(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        await chat.reply("\n".join(f"line {number:05}" for number in range(1000)), BUTTON)

    async with only(talk.house, command(tell)):
        await talk.say("/try")
    messages = talk.house.telegram.messages
    assert [len(message.buttons) for message in messages] == [0, 0, 1]
    assert [line for message in messages for line in message.text.splitlines()] == [
        f"line {number:05}" for number in range(1000)
    ]


async def test_an_answer_of_more_than_a_few_messages_comes_as_a_file(talk: Talk) -> None:
    async def tell(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        await chat.reply("<b>A &amp; B</b>\n" + "\n".join("x" * 40 for _ in range(1000)))

    async with only(talk.house, command(tell)):
        await talk.say("/try")
    (message,) = talk.house.telegram.messages
    assert message.document is not None
    assert message.document.name == FILE_NAME
    assert message.document.content.decode().startswith("A & B\nxxx")


async def test_a_layout_that_telegram_does_not_take_costs_the_looks_and_not_the_words(talk: Talk) -> None:
    async def tell(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        await chat.reply("<b>unclosed &amp; more")

    async with only(talk.house, command(tell)):
        assert await talk.say("/try") == "unclosed & more"


async def test_pictures_and_files_carry_their_words(talk: Talk) -> None:
    async def send(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        await chat.photo(PIXEL, "<b>The week</b>", BUTTON)
        await chat.document("runs.csv", b"day\n", "All &amp; everything")
        await chat.photo(PIXEL, "y" * 1025)

    async with only(talk.house, command(send)):
        await talk.say("/try")
    shown = [(one.attached.described() if one.attached else "", one.text) for one in talk.house.telegram.messages]
    assert shown == [
        ("picture, 1 x 1", "The week"),
        ("file runs.csv, 4 bytes", "All & everything"),
        ("picture, 1 x 1", ""),
        ("", "y" * 1025),
    ]


async def test_what_is_shown_is_changed_in_place_and_said_anew_where_that_cannot_be(talk: Talk) -> None:
    async def tell(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        await chat.reply("one", BUTTON)

    async def again(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        await chat.show("two", BUTTON)
        await chat.show("two", BUTTON)

    async with only(talk.house, command(tell), again=again):
        await talk.say("/try")
        await talk.tap("again:1")
        assert [message.text for message in talk.house.telegram.messages] == ["two"]
        gone = talk.tapped(talk.newest, "again:1")
        gone["callback_query"]["message"] = {"message_id": 1, "date": 0, "chat": {"id": OWNER, "type": "private"}}
        await talk.house.receive([gone])
    assert [message.text for message in talk.house.telegram.messages] == ["two", "two"]


async def test_every_tap_is_answered_so_that_no_button_spins_on(talk: Talk) -> None:
    async def tell(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        await chat.reply("one", BUTTON)

    async def silent(_chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        """Do nothing."""

    async with only(talk.house, command(tell), again=silent):
        await talk.say("/try")
        await talk.tap("again:1")
    assert [notice.text for notice in talk.house.telegram.notices] == [""]


async def test_the_chat_shows_that_a_command_is_at_work(talk: Talk) -> None:
    async def long(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        """Work until the sign is shown."""
        async with asyncio.timeout(10):
            while "sendChatAction" not in [call.method for call in talk.house.wire.calls]:  # noqa: ASYNC110  no event tells
                await asyncio.sleep(0.01)
        await chat.reply("done")

    async with only(talk.house, command(long)):
        assert await talk.say("/try") == "done"


async def test_what_is_answered_at_once_needs_no_sign(talk: Talk) -> None:
    async with only(talk.house, command(_at_once)):
        await talk.say("/try")
    assert "sendChatAction" not in [call.method for call in talk.house.wire.calls]


async def _at_once(chat: Chat, _services: Services, _words: Sequence[str]) -> None:
    await chat.reply("done")


class Deaf:
    """A chat that cannot be written to; it counts the tries."""

    def __init__(self, enough: int) -> None:
        self.tries = 0
        self.is_enough = asyncio.Event()
        self._enough = enough

    async def send_action(self, action: str) -> object:
        """Fail."""
        self.tries += 1
        if self.tries == self._enough:
            self.is_enough.set()
        raise TimedOut


async def test_the_sign_is_repeated_while_it_takes_longer_and_never_fails_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(typing_signs, "EVERY_SECONDS", 0.01)
    deaf = Deaf(enough=3)
    async with typing_signs.typing(deaf):
        await asyncio.wait_for(deaf.is_enough.wait(), 5)


async def test_messages_sent_at_once_are_acted_on_in_their_order(talk: Talk) -> None:
    done: list[str] = []

    async def slow(_chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        await asyncio.sleep(0.05)
        done.append("slow")

    async def quick(_chat: Chat, _services: Services, _words: Sequence[str]) -> None:
        done.append("quick")

    async with only(talk.house, command(slow, "slow"), command(quick, "quick")) as turns:
        updates = [talk.said("/slow"), talk.said("/quick")]
        for update in updates:
            turns.take(Update.de_json(update, talk.house.application.bot))
        await talk.house.receive(updates)
    assert done == ["slow", "quick"]


async def test_what_takes_too_long_is_overtaken() -> None:
    turns = Turns(patience_seconds=0.01)
    user = {"id": OWNER, "is_bot": False, "first_name": "Owner"}
    chat = {"id": OWNER, "type": "private"}
    first, second = (
        Update.de_json(
            {"update_id": number, "message": {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": "x"}},
            None,
        )
        for number in (1, 2)
    )
    turns.take(first)
    turns.take(second)
    await asyncio.wait_for(turns.come(second), 5)


async def test_pause_and_resume_sent_at_once_end_resumed(talk: Talk) -> None:
    for _ in range(5):
        await talk.say("/pause", "/resume")
        assert talk.house.services.records.control.paused(talk.house.broker.now.date()) is None


async def test_a_picture_that_cannot_be_drawn_costs_no_words_and_is_in_the_log_once(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(OnePixel, "draw", lambda *_, **__: NotDrawn("no figures", may_pass=False))
    caplog.set_level(logging.WARNING)
    picture = Returns(date(2026, 11, 27), (("Stocks", Decimal("0.5")),))
    said = Alert(AlertKind.CLOSE_REPORT, "All is well.", pictures=(picture,))

    async def show(chat: Chat, services: Services, _words: Sequence[str]) -> None:
        await showing.alert(chat, services, said)

    async with only(talk.house, command(show)):
        assert await talk.say("/try") == "All is well."
    assert caplog.text.count("no figures") == 1
