"""The Bot API's methods that the product uses, refusing what the real ones refuse."""

import re
from collections.abc import Awaitable, Callable

from sandbox.telegram.chat import Document, Photo
from sandbox.telegram.entities import FormattedText, parse_html, trimmed, utf16_length
from sandbox.telegram.parameters import Parameters
from sandbox.telegram.refusals import bad_request
from sandbox.telegram.state import Telegram
from sandbox.telegram.wire import message_json, person_json

Method = Callable[[Telegram, Parameters], Awaitable[object]]

_LONGEST_TEXT = 4096
_LONGEST_CAPTION = 1024
_LONGEST_NOTICE = 200
_LONGEST_POLL_SECONDS = 50
_MOST_UPDATES = 100
_MOST_COMMANDS = 100
_MOST_PIXELS = 10_000
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_PNG = b"\x89PNG\r\n\x1a\n"
_CHAT_ACTION = re.compile(
    "typing|choose_sticker|find_location|upload_(photo|video|voice|document|video_note)|record_(video|voice|video_note)"
)


async def get_me(telegram: Telegram, _parameters: Parameters) -> object:
    """Say who the bot is."""
    return person_json(telegram.me) | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def get_updates(telegram: Telegram, parameters: Parameters) -> object:
    """Give the updates not confirmed yet, waiting for the first as long as `timeout` says."""
    allowed = parameters.structure("allowed_updates")
    if isinstance(allowed, list):
        telegram.updates.allow([str(kind) for kind in allowed])
    limit = parameters.integer("limit", _MOST_UPDATES)
    return await telegram.updates.take(
        offset=parameters.integer("offset"),
        limit=limit if 1 <= limit <= _MOST_UPDATES else _MOST_UPDATES,
        seconds=min(parameters.integer("timeout"), _LONGEST_POLL_SECONDS),
    )


async def delete_webhook(telegram: Telegram, parameters: Parameters) -> object:
    """Agree that there is no webhook, and drop what is pending if asked."""
    if parameters.truth("drop_pending_updates"):
        telegram.updates.clear()
    return True


async def set_my_commands(telegram: Telegram, parameters: Parameters) -> object:
    """Set the menu of commands."""
    commands = tuple(
        (str(item.get("command", "")), str(item.get("description", ""))) for item in parameters.items("commands")
    )
    if len(commands) > _MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command, description in commands:
        if not _COMMAND.fullmatch(command):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    telegram.commands = commands
    return True


async def get_my_commands(telegram: Telegram, _parameters: Parameters) -> object:
    """Give the menu of commands."""
    return [{"command": command, "description": text} for command, text in telegram.commands]


async def send_message(telegram: Telegram, parameters: Parameters) -> object:
    """Send a text."""
    formatted = _text(parameters)
    return message_json(telegram.deliver(parameters.chat_id(), formatted, parameters.keyboard()))


async def send_photo(telegram: Telegram, parameters: Parameters) -> object:
    """Send a picture with a caption."""
    upload = parameters.upload("photo")
    if upload is None:
        raise bad_request("there is no photo in the request")
    caption, photo = _caption(parameters), _photo(upload.content)
    return message_json(telegram.deliver(parameters.chat_id(), caption, parameters.keyboard(), photo))


async def send_document(telegram: Telegram, parameters: Parameters) -> object:
    """Send a file with a caption."""
    upload = parameters.upload("document")
    if upload is None:
        raise bad_request("there is no document in the request")
    if not upload.content:
        raise bad_request("file must be non-empty")
    caption, document = _caption(parameters), Document(upload.name, upload.content)
    return message_json(telegram.deliver(parameters.chat_id(), caption, parameters.keyboard(), document))


async def edit_message_text(telegram: Telegram, parameters: Parameters) -> object:
    """Replace a message's text; its buttons go unless they are sent again."""
    formatted = _text(parameters)
    message = telegram.change(parameters.chat_id(), parameters.integer("message_id"), formatted, parameters.keyboard())
    return message_json(message)


async def edit_message_caption(telegram: Telegram, parameters: Parameters) -> object:
    """Replace the words under what is attached; its buttons go unless they are sent again."""
    chat, message = parameters.chat_id(), parameters.integer("message_id")
    changed = telegram.change(chat, message, _caption(parameters), parameters.keyboard(), is_caption=True)
    return message_json(changed)


async def edit_message_reply_markup(telegram: Telegram, parameters: Parameters) -> object:
    """Replace a message's buttons, or take them away."""
    message = telegram.change(parameters.chat_id(), parameters.integer("message_id"), None, parameters.keyboard())
    return message_json(message)


async def answer_callback_query(telegram: Telegram, parameters: Parameters) -> object:
    """End the spinner of a tapped button, with a notice if there is a text."""
    text = parameters.text("text")
    if len(text) > _LONGEST_NOTICE:
        raise bad_request("MESSAGE_TOO_LONG")
    telegram.answer(parameters.text("callback_query_id"), text, is_alert=parameters.truth("show_alert"))
    return True


async def send_chat_action(telegram: Telegram, parameters: Parameters) -> object:
    """Show that the bot is busy."""
    if not _CHAT_ACTION.fullmatch(parameters.text("action")):
        raise bad_request("wrong parameter action in request")
    telegram.reachable(parameters.chat_id())
    return True


# Telegram takes method names in any case.
METHODS: dict[str, Method] = {
    "getme": get_me,
    "getupdates": get_updates,
    "deletewebhook": delete_webhook,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "sendmessage": send_message,
    "sendphoto": send_photo,
    "senddocument": send_document,
    "editmessagetext": edit_message_text,
    "editmessagecaption": edit_message_caption,
    "editmessagereplymarkup": edit_message_reply_markup,
    "answercallbackquery": answer_callback_query,
    "sendchataction": send_chat_action,
}


def _text(parameters: Parameters) -> FormattedText:
    if not parameters.text("text"):
        raise bad_request("message text is empty")
    formatted = _formatted(parameters, "text", "entities")
    if not formatted.text:
        raise bad_request("text must be non-empty")
    # Counted in UTF-16 units, as entities are: the stricter reading of "characters after entities parsing".
    if utf16_length(formatted.text) > _LONGEST_TEXT:
        raise bad_request("message is too long")
    return formatted


def _caption(parameters: Parameters) -> FormattedText:
    caption = _formatted(parameters, "caption", "caption_entities")
    if utf16_length(caption.text) > _LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    return caption


def _formatted(parameters: Parameters, name: str, entities: str) -> FormattedText:
    source = parameters.text(name)
    match parameters.text("parse_mode").lower():
        case "html":
            return trimmed(parse_html(source))
        case "":
            return trimmed(FormattedText(source, parameters.entities(entities)))
        case _:
            # Telegram also knows two kinds of Markdown; the product does not use them.
            raise bad_request("unsupported parse_mode")


def _photo(content: bytes) -> Photo:
    """Read a PNG's size from its header; other kinds of pictures are not used by the product."""
    if not content.startswith(_PNG):
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = (int.from_bytes(content[start : start + 4]) for start in (16, 20))
    if width + height > _MOST_PIXELS:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return Photo(content, width, height)
