"""The vendors' OpenAPI 3.0 descriptions beside this checkout, and what they say of a request or an answer."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator, FormatChecker

FOLDER = Path(__file__).parents[2] / "shared" / "contracts"

Json = Any  # a JSON document, of any shape

FORMATS = FormatChecker(formats=())
"""Only what is registered below is checked; jsonschema's own checkers need packages that may be missing."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """Correct a contract where the real service is known to differ, and say why.

    place is a path into the document, its parts separated by spaces (addresses contain slashes); a last part of `-`
    appends to a list.
    """

    place: str
    value: Json
    reason: str

    def apply(self, document: Json) -> None:
        """Change the document in place; raise LookupError when the place is not there."""
        *parents, last = self.place.split(" ")
        for part in parents:
            document = document[part]
        if last == "-":
            document.append(self.value)
        else:
            document[last] = self.value


@dataclass(frozen=True, slots=True)
class Contract:
    """Say how requests and answers break one description; fields that an object does not name break it too.

    failure is the schema of every failed answer for which the description has none; schemas are its components as
    JSON Schema.
    """

    document: Mapping[str, Json]
    failure: Mapping[str, Json]
    schemas: Mapping[str, Json]

    def answer(self, method: str, path: str, status: int, body: Json) -> list[str]:
        """Return what is wrong with the JSON of an answer to a request, given without its query."""
        responses = self._operation(method, path)["responses"]
        described = self._resolved(responses.get(str(status), {}))
        content = described.get("content", {}).get("application/json")
        if content is not None:
            return list(self._complaints(content["schema"], body))
        if status >= 400:
            return list(self._complaints(self.failure, body))
        if str(status) not in responses:
            return [f"status {status} of {method} {path} is not documented"]
        return [] if body is None else [f"{method} {path} answers {status} without a body: {body}"]

    def request(self, method: str, path: str, query: Iterable[str], body: Json = None) -> list[str]:
        """Return what is wrong with the names of a request's query and with its JSON body."""
        operation = self._operation(method, path)
        shared = self.document["paths"][self.template(method, path)].get("parameters", [])
        described = [self._resolved(one) for one in [*shared, *operation.get("parameters", [])]]
        names = {one["name"] for one in described if one["in"] == "query"}
        found = [f"{method} {path} has no parameter {name}" for name in query if name not in names]
        if body is not None:
            schema = self._resolved(operation["requestBody"])["content"]["application/json"]["schema"]
            found += self._complaints(schema, body)
        return found

    def statuses(self, method: str, path: str) -> set[int]:
        """Return the statuses that are described for a request."""
        return {int(status) for status in self._operation(method, path)["responses"]}

    def template(self, method: str, path: str) -> str:
        """Return the documented path that an actual one fits, the most literal one first."""
        fitting = [
            template
            for template, operations in self.document["paths"].items()
            if method.lower() in operations and re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(template)), path)
        ]
        if not fitting:
            raise AssertionError(f"the contract has no {method} {path}")
        return str(min(fitting, key=lambda template: template.count("{")))

    def _operation(self, method: str, path: str) -> Mapping[str, Json]:
        operations: Mapping[str, Mapping[str, Json]] = self.document["paths"][self.template(method, path)]
        return operations[method.lower()]

    def _resolved(self, node: Mapping[str, Json]) -> Mapping[str, Json]:
        while "$ref" in node:
            found: Json = self.document
            for key in node["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            node = found
        return node

    def _complaints(self, schema: Mapping[str, Json], body: Json) -> Iterator[str]:
        whole = {"components": {"schemas": self.schemas}, **_json_schema(schema)}
        for error in Draft202012Validator(whole, format_checker=FORMATS).iter_errors(body):
            yield f"{error.json_path}: {error.message}"


def load(name: str, *, failure: Mapping[str, Json], amendments: Iterable[Amendment] = ()) -> Contract:
    """Read a description and amend it, or skip the test when it is not beside this checkout."""
    file = FOLDER / name
    if not file.exists():
        pytest.skip(f"{name} is not beside this checkout, in ../shared/contracts")
    document = json.loads(file.read_text(encoding="utf-8"))
    for amendment in amendments:
        amendment.apply(document)
    return Contract(document, failure, _json_schema(document["components"]["schemas"]))


def _json_schema(node: Json) -> Json:
    """Return OpenAPI 3.0's dialect as JSON Schema: null where it is allowed, and no unnamed fields."""
    if isinstance(node, list):
        return [_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    # In 3.0 nothing beside a $ref counts; examples are no schemas.
    if isinstance(node.get("$ref"), str):
        return {"$ref": node["$ref"]}
    made = {key: _json_schema(value) for key, value in node.items() if key not in {"example", "x-examples"}}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        made["type"] = [node["type"], "null"]
        if "enum" in node:
            made["enum"] = [*node["enum"], None]
    if node.get("type") == "object" and "properties" in node:
        made.setdefault("additionalProperties", False)
    return made


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@FORMATS.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or bool(UUID(value))


@FORMATS.checks("decimal", raises=ArithmeticError)
def _is_decimal(value: object) -> bool:
    return not isinstance(value, str) or Decimal(value).is_finite()
