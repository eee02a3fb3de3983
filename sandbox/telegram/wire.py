"""The Bot API's JSON of what a chat is made of."""

from mimetypes import guess_type

from sandbox.telegram.chat import Button, Chat, Document, Message, Person, Photo
from sandbox.telegram.entities import Entity

Json = dict[str, object]


def person_json(person: Person) -> Json:
    """Write a User."""
    written: Json = {"id": person.id, "is_bot": person.is_bot, "first_name": person.first_name}
    if person.username:
        written["username"] = person.username
    return written


def message_json(message: Message) -> Json:
    """Write a Message, with the caption's names where something is attached."""
    written: Json = {
        "message_id": message.id,
        "from": person_json(message.sender),
        "chat": _chat(message.chat),
        "date": int(message.at.timestamp()),
    }
    if message.edited_at is not None:
        written["edit_date"] = int(message.edited_at.timestamp())
    match message.attached:
        case Photo() as photo:
            written["photo"] = [_photo_size(message.id, photo)]
        case Document() as document:
            written["document"] = _document(message.id, document)
    text, entities = ("text", "entities") if message.attached is None else ("caption", "caption_entities")
    if message.text:
        written[text] = message.text
    if message.entities:
        written[entities] = [_entity(entity) for entity in message.entities]
    if message.keyboard:
        written["reply_markup"] = {"inline_keyboard": [[_button(b) for b in row] for row in message.keyboard]}
    return written


def callback_json(query_id: str, person: Person, message: Message, data: str) -> Json:
    """Write a CallbackQuery: this person tapped the button with this data under that message."""
    return {
        "id": query_id,
        "from": person_json(person),
        "message": message_json(message),
        "chat_instance": str(message.chat.id),
        "data": data,
    }


def _chat(chat: Chat) -> Json:
    return {"id": chat.id, "type": chat.type, "first_name" if chat.type == "private" else "title": chat.name}


def _entity(entity: Entity) -> Json:
    written: Json = {"type": entity.type, "offset": entity.offset, "length": entity.length}
    if entity.url is not None:
        written["url"] = entity.url
    if entity.language is not None:
        written["language"] = entity.language
    return written


def _button(button: Button) -> Json:
    if button.url is not None:
        return {"text": button.label, "url": button.url}
    return {"text": button.label, "callback_data": button.data}


def _photo_size(message_id: int, photo: Photo) -> Json:
    return {
        "file_id": f"photo-{message_id}",
        "file_unique_id": f"unique-{message_id}",
        "width": photo.width,
        "height": photo.height,
        "file_size": len(photo.content),
    }


def _document(message_id: int, document: Document) -> Json:
    written: Json = {
        "file_id": f"document-{message_id}",
        "file_unique_id": f"unique-{message_id}",
        "file_size": len(document.content),
    }
    if document.name:
        written["file_name"] = document.name
    if kind := guess_type(document.name)[0]:
        written["mime_type"] = kind
    return written
