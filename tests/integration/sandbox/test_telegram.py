"""The Telegram stand-in, met through the real python-telegram-bot over HTTPS."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from functools import partial
from time import monotonic

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken

from sandbox.server import Sandbox
from sandbox.telegram import Message
from sandbox.world import World

OWNER = 1001
STRANGER = 666


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """A bot whose owner has pressed Start, with that first message confirmed."""
    sandbox.call(lambda world: world.telegram.press_start(OWNER))
    async with Bot(sandbox.keys.telegram_token, base_url=f"{sandbox.origin('telegram')}/bot") as running:
        (start,) = await running.get_updates()
        await running.get_updates(offset=start.update_id + 1)
        yield running


def address(sandbox: Sandbox, method: str) -> str:
    return f"{sandbox.origin('telegram')}/bot{sandbox.keys.telegram_token}/{method}"


def say(text: str, world: World) -> Message:
    return world.telegram.say(OWNER, text)


async def start_poll(sandbox: Sandbox, bot: Bot) -> "asyncio.Task[tuple[Update, ...]]":
    """Let the bot poll, and return once the poll has reached the stand-in and waits there."""
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    polled = partial(sandbox.wait_for, lambda world: world.telegram.updates.has_poller, 5, "a poll")
    await asyncio.to_thread(polled)
    return poll


def shown(sandbox: Sandbox) -> list[Message]:
    return sandbox.call(lambda world: world.telegram.messages)


def buttons(*labels: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label.lower()) for label in labels]])


def png(width: int, height: int) -> bytes:
    """A black picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" * (width + 1)) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


# Who may call, and how.


async def test_the_bot_introduces_itself(bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (7000000001, True, "allocator_sandbox_bot")


async def test_a_wrong_token_is_refused(sandbox: Sandbox) -> None:
    stranger = Bot("7000000001:wrong", base_url=f"{sandbox.origin('telegram')}/bot")
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


async def test_a_revoked_token_ends_the_poll_and_is_refused_from_then_on(sandbox: Sandbox, bot: Bot) -> None:
    poll = await start_poll(sandbox, bot)
    sandbox.call(lambda world: world.telegram.revoke())
    assert await poll == ()
    with pytest.raises(InvalidToken):
        await bot.get_updates()


def test_refusals_have_the_form_of_the_bot_api(sandbox: Sandbox) -> None:
    wrong = httpx.get(f"{sandbox.origin('telegram')}/bot1:x/getMe")
    unknown = httpx.get(address(sandbox, "launchRocket"))
    assert (wrong.status_code, wrong.json()) == (
        401,
        {"ok": False, "error_code": 401, "description": "Unauthorized"},
    )
    assert (unknown.status_code, unknown.json()) == (
        404,
        {"ok": False, "error_code": 404, "description": "Not Found: method not found"},
    )


def test_a_call_may_come_in_the_address_as_a_form_or_as_json(sandbox: Sandbox) -> None:
    sandbox.call(lambda world: world.telegram.press_start(OWNER))
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    httpx.get(address(sandbox, "sendmessage"), params={"chat_id": OWNER, "text": "one"})
    httpx.post(address(sandbox, "sendMessage"), data={"chat_id": str(OWNER), "text": "two"})
    httpx.post(address(sandbox, "sendMessage"), json={"chat_id": OWNER, "text": "three", "reply_markup": keyboard})
    assert [message.text for message in shown(sandbox)] == ["one", "two", "three"]
    assert [button.data for button in shown(sandbox)[-1].buttons] == ["yes"]


async def test_calls_are_remembered_with_their_status(sandbox: Sandbox, bot: Bot) -> None:
    await bot.send_chat_action(OWNER, "typing")
    with pytest.raises(BadRequest, match="Wrong parameter action"):
        await bot.send_chat_action(OWNER, "dancing")
    seen = sandbox.call(lambda world: world.telegram.requests_seen[-2:])
    assert [(call.method, call.parameters["action"], call.status) for call in seen] == [
        ("sendChatAction", "typing", 200),
        ("sendChatAction", "dancing", 400),
    ]


# Updates.


async def test_a_command_arrives_until_it_is_confirmed(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.call(lambda world: world.telegram.say(OWNER, "see /status now"))
    (update,) = await bot.get_updates()
    (again,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.parse_entities() == {update.message.entities[0]: "/status"}
    assert update.message.from_user is not None
    assert (update.message.from_user.id, update.message.chat.type) == (OWNER, "private")
    assert again.update_id == update.update_id
    assert await bot.get_updates(offset=update.update_id + 1) == ()
    assert await bot.get_updates() == ()


async def test_a_poll_waits_as_long_as_it_is_told(bot: Bot) -> None:
    began = monotonic()
    assert await bot.get_updates(timeout=1) == ()
    assert 1 <= monotonic() - began < 3


async def test_a_poll_ends_when_somebody_writes(sandbox: Sandbox, bot: Bot) -> None:
    began = monotonic()
    poll = await start_poll(sandbox, bot)
    sandbox.call(lambda world: world.telegram.say(OWNER, "hello"))
    (update,) = await poll
    assert update.message is not None
    assert update.message.text == "hello"
    assert monotonic() - began < 10


async def test_updates_come_in_order_and_no_more_than_asked_for(sandbox: Sandbox, bot: Bot) -> None:
    for text in ("one", "two", "three"):
        sandbox.call(partial(say, text))
    first = await bot.get_updates(limit=2)
    newest = await bot.get_updates(offset=-1)
    assert [update.message and update.message.text for update in first] == ["one", "two"]
    assert [update.message and update.message.text for update in newest] == ["three"]


async def test_only_allowed_kinds_of_updates_arrive(sandbox: Sandbox, bot: Bot) -> None:
    await bot.get_updates(allowed_updates=[Update.MESSAGE])
    said = sandbox.call(lambda world: world.telegram.say(OWNER, "typo"))
    sandbox.call(lambda world: world.telegram.edit(OWNER, said.id, "fixed"))
    await bot.get_updates(allowed_updates=[])
    sandbox.call(lambda world: world.telegram.edit(OWNER, said.id, "fixed again"))
    message, edited = await bot.get_updates()
    assert message.message is not None
    assert message.message.text == "typo"
    assert edited.edited_message is not None
    assert edited.edited_message.text == "fixed again"


async def test_dropping_pending_updates_drops_them(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.call(lambda world: world.telegram.say(OWNER, "old"))
    assert await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_of_two_pollers_the_older_one_is_ended(sandbox: Sandbox, bot: Bot) -> None:
    older = await start_poll(sandbox, bot)
    async with Bot(bot.token, base_url=f"{sandbox.origin('telegram')}/bot") as second:
        newer = asyncio.create_task(second.get_updates(timeout=30))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await older
        sandbox.call(lambda world: world.telegram.say(OWNER, "hello"))
        assert len(await newer) == 1


# Texts.


async def test_html_becomes_plain_text_with_entities(sandbox: Sandbox, bot: Bot) -> None:
    message = await bot.send_message(
        OWNER,
        '\n <b>Bought</b> &lt;<i>7</i>&gt; &#128176; <a href="https://example.org/?a=1&amp;b=2">funds</a>\n'
        '<pre><code class="language-text">  VOO 35</code></pre> &nbsp;\n',
        parse_mode="HTML",
    )
    assert message.text == "Bought <7> \N{MONEY BAG} funds\n  VOO 35 &nbsp;"
    assert message.parse_entities() == dict(zip(message.entities, ["Bought", "7", "funds", "  VOO 35"], strict=True))
    assert [entity.type for entity in message.entities] == ["bold", "italic", "text_link", "pre"]
    assert (message.entities[2].url, message.entities[3].language) == ("https://example.org/?a=1&b=2", "text")
    # The money bag takes two UTF-16 units, so what follows it lies one further than Python counts.
    assert message.entities[2].offset == message.text.index("funds") + 1
    assert shown(sandbox)[-1].text == message.text


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("é <table>x</table>", 'Unsupported start tag "table" at byte offset 3'),
        ("<b>bold", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("x<b", "Unclosed start tag at byte offset 1"),
        ('<span class="big">x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
async def test_bad_html_is_refused_with_its_place(bot: Bot, source: str, reason: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        await bot.send_message(OWNER, source, parse_mode="HTML")
    assert refusal.value.message.lower() == f"can't parse entities: {reason}".lower()


async def test_without_a_parse_mode_a_text_is_taken_as_it_is(bot: Bot) -> None:
    message = await bot.send_message(OWNER, "1 < 2 &amp; <b>")
    assert message.text == "1 < 2 &amp; <b>"


async def test_the_limit_counts_what_is_left_after_parsing(bot: Bot) -> None:
    longest = "<b>" + "&amp;" * 4096 + "</b>"
    message = await bot.send_message(OWNER, longest, parse_mode="HTML")
    assert message.text == "&" * 4096
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message(OWNER, longest + "x", parse_mode="HTML")


@pytest.mark.parametrize(("text", "reason"), [("", "Message text is empty"), ("<b> </b>\n", "must be non-empty")])
async def test_a_text_without_anything_to_see_is_refused(bot: Bot, text: str, reason: str) -> None:
    with pytest.raises(BadRequest, match=rf"(?i){reason}"):
        await bot.send_message(OWNER, text, parse_mode="HTML")


async def test_the_menu_of_commands_is_kept_and_checked(sandbox: Sandbox, bot: Bot) -> None:
    await bot.set_my_commands([("status", "how it is"), ("help", "what it can do")])
    assert [command.command for command in await bot.get_my_commands()] == ["status", "help"]
    assert sandbox.call(lambda world: world.telegram.commands)[0] == ("status", "how it is")
    with pytest.raises(BadRequest, match=r"(?i)BOT_COMMAND_INVALID"):
        await bot.set_my_commands([("Status!", "how it is")])


# Who may be written to.


async def test_somebody_who_never_pressed_start_cannot_be_written_to(sandbox: Sandbox, bot: Bot) -> None:
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(STRANGER, "hello")
    sandbox.call(lambda world: world.telegram.press_start(STRANGER))
    assert (await bot.send_message(STRANGER, "hello")).chat.id == STRANGER


async def test_a_block_holds_until_start_is_pressed_again(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.call(lambda world: world.telegram.block(OWNER))
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(OWNER, "hello")
    sandbox.call(lambda world: world.telegram.press_start(OWNER))
    assert (await bot.send_message(OWNER, "hello")).text == "hello"


@pytest.mark.parametrize("chat", [-4711, "@nobody"])
async def test_an_unknown_chat_is_not_found(bot: Bot, chat: int | str) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(chat, "hello")


async def test_a_group_is_known_once_somebody_has_written_there(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.call(lambda world: world.telegram.say(STRANGER, "/status", chat_id=-4711, chat_type="group"))
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert (update.message.chat.type, update.message.chat.id) == ("group", -4711)
    assert (await update.message.reply_text("hello")).chat.id == -4711


# Edits, buttons, pictures.


async def test_an_edit_shows_the_new_text_and_remembers_the_old_one(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(OWNER, "working", reply_markup=buttons("Stop"))
    edited = await bot.edit_message_text("<b>done</b>", OWNER, sent.message_id, parse_mode="HTML")
    assert isinstance(edited, type(sent))
    assert edited.edit_date is not None
    (message,) = shown(sandbox)
    assert (message.text, message.buttons, message.edited_at is not None) == ("done", (), True)
    assert [(before.text, before.buttons[0].label) for before in message.earlier] == [("working", "Stop")]


async def test_an_unchanged_edit_is_refused(bot: Bot) -> None:
    sent = await bot.send_message(OWNER, "same", reply_markup=buttons("Yes"))
    with pytest.raises(BadRequest, match="Message is not modified: specified new message content"):
        await bot.edit_message_text("same", OWNER, sent.message_id, reply_markup=buttons("Yes"))
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_reply_markup(OWNER, sent.message_id, reply_markup=buttons("Yes"))


async def test_an_edit_without_markup_drops_the_buttons(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(OWNER, "sure?", reply_markup=buttons("Yes", "No"))
    await bot.edit_message_reply_markup(OWNER, sent.message_id)
    assert [(message.text, message.buttons) for message in shown(sandbox)] == [("sure?", ())]


async def test_only_the_bot_s_own_messages_can_be_edited(sandbox: Sandbox, bot: Bot) -> None:
    said = sandbox.call(lambda world: world.telegram.say(OWNER, "mine"))
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("yours", OWNER, said.id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("yours", OWNER, said.id + 1)


@pytest.mark.parametrize("named", [2, "No", "no"])
async def test_a_tap_arrives_with_its_data_and_can_be_answered(sandbox: Sandbox, bot: Bot, named: int | str) -> None:
    sent = await bot.send_message(OWNER, "sure?", reply_markup=buttons("Yes", "No"))
    sandbox.call(lambda world: world.telegram.tap(OWNER, sent.message_id, named))
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.from_user.id, query.message.message_id) == ("no", OWNER, sent.message_id)
    await query.answer("as you wish", show_alert=True)
    (notice,) = sandbox.call(lambda world: world.telegram.notices)
    assert (notice.text, notice.is_alert) == ("as you wish", True)


async def test_a_tap_that_never_was_cannot_be_answered(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query("12345")


async def test_a_phone_may_still_tap_a_button_that_an_edit_took_away(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(OWNER, "sure?", reply_markup=buttons("Yes"))
    await bot.edit_message_text("done", OWNER, sent.message_id)
    sandbox.call(lambda world: world.telegram.tap(OWNER, sent.message_id, "Yes"))
    (update,) = await bot.get_updates()
    assert update.callback_query is not None
    assert update.callback_query.data == "yes"
    with pytest.raises(ValueError, match="has no button 'Perhaps': it shows no buttons"):
        sandbox.call(lambda world: world.telegram.tap(OWNER, sent.message_id, "Perhaps"))


async def test_callback_data_is_at_most_64_bytes(bot: Bot) -> None:
    for data, accepted in (("é" * 32, True), ("é" * 32 + "x", False)):
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data=data)]])
        if accepted:
            assert await bot.send_message(OWNER, "sure?", reply_markup=keyboard)
        else:
            with pytest.raises(BadRequest, match=r"(?i)BUTTON_DATA_INVALID"):
                await bot.send_message(OWNER, "sure?", reply_markup=keyboard)


async def test_a_picture_is_kept_with_its_caption(sandbox: Sandbox, bot: Bot) -> None:
    picture = png(40, 30)
    sent = await bot.send_photo(OWNER, picture, caption="<b>This week</b>", parse_mode="HTML")
    assert (sent.photo[-1].width, sent.photo[-1].height, sent.caption) == (40, 30, "This week")
    assert sent.caption_entities[0].type == "bold"
    (message,) = shown(sandbox)
    assert message.photo is not None
    assert (message.photo.content, message.text) == (picture, "This week")


async def test_a_bad_picture_or_too_long_a_caption_is_refused(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(OWNER, png(1, 1), caption="x" * 1025)
    with pytest.raises(BadRequest, match=r"(?i)IMAGE_PROCESS_FAILED"):
        await bot.send_photo(OWNER, b"not a picture")
    with pytest.raises(BadRequest, match=r"(?i)PHOTO_INVALID_DIMENSIONS"):
        await bot.send_photo(OWNER, png(9_999, 2))


async def test_the_words_under_a_picture_can_be_changed_and_no_others(sandbox: Sandbox, bot: Bot) -> None:
    pictured, said = await bot.send_photo(OWNER, png(4, 3), caption="loading"), await bot.send_message(OWNER, "words")
    await bot.edit_message_caption(OWNER, pictured.message_id, caption="<b>This week</b>", parse_mode="HTML")
    assert [message.text for message in shown(sandbox)] == ["This week", "words"]
    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await bot.edit_message_caption(OWNER, said.message_id, caption="other words")


async def test_a_file_is_kept_with_its_name_its_bytes_and_its_caption(sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_document(OWNER, b"day,cents\n", caption="All runs", filename="runs.csv")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size, sent.caption) == ("runs.csv", 10, "All runs")
    (message,) = shown(sandbox)
    assert message.document is not None
    assert (message.document.content, message.text) == (b"day,cents\n", "All runs")
    assert sandbox.call(lambda world: world.said()[-1]["attached"]) == "file runs.csv, 10 bytes"


async def test_a_file_without_any_bytes_is_refused(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="File must be non-empty"):
        await bot.send_document(OWNER, b"", filename="runs.csv")
