"""A call's parameters, however they were sent: in the address, as JSON, as a form, or with files."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.requests import Request

from sandbox.telegram.chat import Button, Keyboard
from sandbox.telegram.entities import Entity
from sandbox.telegram.refusals import bad_request

_MOST_CALLBACK_BYTES = 64


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent with a call."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parameters:
    """Read typed values; whatever was sent as a form is text, and structures in it are JSON."""

    values: Mapping[str, object]
    files: Mapping[str, Upload] = field(default_factory=dict)

    def as_text(self) -> dict[str, str]:
        """Return every value as the text a form would hold, and of each file only that it is attached."""
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in self.values.items()}
        return texts | {name: f"attach://{name}" for name in self.files}

    def text(self, name: str) -> str:
        """Return a text, empty when missing."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def upload(self, name: str) -> Upload | None:
        """Return a file, sent under its name or attached under another; None when there is none."""
        reference = self.text(name)
        attached = reference.removeprefix("attach://") if reference.startswith("attach://") else name
        return self.files.get(attached)

    def integer(self, name: str, default: int = 0) -> int:
        """Return an integer; what is none counts as missing, as at the real service."""
        try:
            return int(self.text(name))
        except ValueError:
            return default

    def truth(self, name: str) -> bool:
        """Return whether a flag is set."""
        return self.text(name).lower() in ("true", "1", "yes")

    def structure(self, name: str) -> object:
        """Return a structure sent as JSON or inside JSON, None when missing; raise Refusal for bad JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {name} JSON object") from error

    def items(self, name: str) -> list[Mapping[str, object]]:
        """Return an array of objects, empty when missing."""
        value = self.structure(name) or []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise bad_request(f"can't parse {name}: expected an Array of Objects")
        return value

    def chat_id(self) -> int:
        """Return the chat's number; @names are unknown here."""
        written = self.text("chat_id")
        if not written:
            raise bad_request("chat_id is empty")
        try:
            return int(written)
        except ValueError as error:
            raise bad_request("chat not found") from error

    def keyboard(self) -> Keyboard:
        """Return the inline keyboard of reply_markup, empty when there is none."""
        markup = self.structure("reply_markup")
        if markup is None:
            return ()
        if not isinstance(markup, dict):
            raise bad_request("object expected as reply markup")
        rows = markup.get("inline_keyboard", [])
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise bad_request("can't parse inline keyboard: expected an Array of Arrays")
        return tuple(tuple(_button(button) for button in row) for row in rows if row)

    def entities(self, name: str) -> tuple[Entity, ...]:
        """Return the entities a bot counted itself."""
        try:
            return tuple(
                Entity(str(item["type"]), int(str(item["offset"])), int(str(item["length"])))
                for item in self.items(name)
            )
        except (KeyError, ValueError) as error:
            raise bad_request(f"can't parse {name}: {error}") from error


async def read_parameters(request: Request) -> Parameters:
    """Read what a call was sent with; the body overrules the address, and one that is no JSON counts as empty."""
    values: dict[str, object] = dict(request.query_params)
    files: dict[str, Upload] = {}
    if request.headers.get("content-type", "").startswith("application/json"):
        with suppress(ValueError):
            body = await request.json()
            if isinstance(body, dict):
                values |= body
        return Parameters(values)
    async with request.form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = Upload(value.filename or "", await value.read())
            else:
                values[name] = value
    return Parameters(values, files)


def _button(written: object) -> Button:
    if not isinstance(written, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    label = str(written.get("text", ""))
    if not label:
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    data, url = written.get("callback_data"), written.get("url")
    if data is None and url is None:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if data is not None and not 1 <= len(str(data).encode()) <= _MOST_CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return Button(label, None if data is None else str(data), None if url is None else str(url))
