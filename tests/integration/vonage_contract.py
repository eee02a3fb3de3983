"""The SMS API's description beside this checkout, and what it says of a request and its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.contracts import FOLDER

Json = Any  # a JSON document, of any shape


@dataclass(frozen=True, slots=True)
class SmsApi:
    """Say how requests and answers break the description; fields that it does not name break it too."""

    document: Mapping[str, Json]

    def request(self, form: Mapping[str, str], api_key: str) -> list[str]:
        """Return what is wrong with a form; the SDK sends the key, which belongs into it, as a header."""
        return self._complaints("NewMessage", {"api_key": api_key, **form})

    def answer(self, entries: Sequence[Mapping[str, str]]) -> list[str]:
        """Return what is wrong with the entries of an answer."""
        found: list[str] = []
        for entry in entries:
            found += self._complaints("Message" if entry.get("status") == "0" else "ErrorMessage", entry)
        return found

    def statuses(self) -> dict[str, str]:
        """Return the table of statuses, each with its name."""
        return {status: error["description"].split(".")[0] for status, error in self.document["x-errors"].items()}

    def _complaints(self, name: str, value: Json) -> list[str]:
        schema = self.document["components"]["schemas"][name]
        whole = {**schema, "type": "object", "additionalProperties": False}
        return [f"{name}{error.json_path}: {error.message}" for error in Draft202012Validator(whole).iter_errors(value)]


def load() -> SmsApi:
    """Read the description, or skip the test when it is not beside this checkout."""
    file = FOLDER / "vonage-sms.yml"
    if not file.exists():
        pytest.skip(f"{file.name} is not beside this checkout, in ../shared/contracts")
    return SmsApi(yaml.safe_load(file.read_text(encoding="utf-8")))
