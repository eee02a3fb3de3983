"""The Bot API's description beside this checkout, and what it says of a call and its answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.telegram.state import RequestSeen
from tests.contracts import FOLDER

Json = Any  # a JSON document, of any shape

_ARRAY = "Array of "
# By exact types, because Python's True is an int too, and JSON's is not.
_PLAIN: Mapping[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "True": (bool,),
}


@dataclass(frozen=True, slots=True)
class BotApi:
    """Say how a call breaks the description; parameters and fields that it does not name break it too."""

    methods: Mapping[str, Json]
    types: Mapping[str, Json]

    def complaints(self, seen: RequestSeen) -> list[str]:
        """Return what is wrong with a call's parameters, and with the result it was answered with, if any."""
        method = self.methods.get(seen.method)
        if method is None:
            return [f"there is no method {seen.method}"]
        found = list(self._of_fields(seen.method, method.get("fields", []), seen.parameters, is_form=True))
        if seen.status == 200:
            found += self._of_any(f"{seen.method} result", method["returns"], seen.result)
        return found

    def _of_fields(
        self, place: str, fields: Sequence[Json], values: Mapping[str, Json], *, is_form: bool = False
    ) -> Iterator[str]:
        named = {field["name"]: field for field in fields}
        for name, field in named.items():
            if field["required"] and name not in values:
                yield f"{place}: {name} is missing"
        for name, value in values.items():
            if name not in named:
                yield f"{place}: there is no {name}"
            else:
                types = named[name]["types"]
                yield from self._of_any(f"{place}.{name}", types, _from_form(types, value) if is_form else value)

    def _of_any(self, place: str, types: Sequence[str], value: Json) -> list[str]:
        """Return nothing when one of the types fits, and what is wrong with the value as the first one otherwise."""
        found = [list(self._of_type(place, type_, value)) for type_ in types]
        return [] if [] in found else found[0]

    def _of_type(self, place: str, type_: str, value: Json) -> Iterator[str]:
        if type_.startswith(_ARRAY):
            if not isinstance(value, list):
                yield f"{place}: {value!r} is no array"
                return
            for number, item in enumerate(value):
                yield from self._of_type(f"{place}[{number}]", type_.removeprefix(_ARRAY), item)
        elif type_ in _PLAIN:
            if type(value) not in _PLAIN[type_] or (type_ == "True" and not value):
                yield f"{place}: {value!r} is no {type_}"
        elif type_ == "InputFile":
            if not str(value).startswith("attach://"):
                yield f"{place}: {value!r} is no file"
        elif "subtypes" in self.types[type_]:
            yield from self._of_any(place, self.types[type_]["subtypes"], value)
        elif not isinstance(value, dict):
            yield f"{place}: {value!r} is no {type_}"
        else:
            yield from self._of_fields(place, self.types[type_].get("fields", []), value)


def _from_form(types: Sequence[str], text: str) -> Json:
    """Return what a form's text stands for: itself where a text is wanted, JSON otherwise."""
    if "String" in types or "InputFile" in types:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def load() -> BotApi:
    """Read the description, or skip the test when it is not beside this checkout."""
    file = FOLDER / "telegram-bot-api.json"
    if not file.exists():
        pytest.skip(f"{file.name} is not beside this checkout, in ../shared/contracts")
    document = json.loads(file.read_text(encoding="utf-8"))
    return BotApi(document["methods"], document["types"])
