"""Columns that give back exactly what was put in.

SQLModel's own Decimal becomes REAL on SQLite (123456789.123456789 comes back as ...791) and its times come back naive.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import JSON, Dialect, String
from sqlalchemy.types import TypeDecorator


class Exact(TypeDecorator[Decimal]):
    """A Decimal as text: every digit, and the number of digits, comes back.

    Raises TypeError for what is not a Decimal, ValueError for infinities and NaN.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Return the text to store."""
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"{value!r} is not a Decimal: amounts never pass through a float")
        if not value.is_finite():
            raise ValueError(f"{value} is not an amount: it must be finite")
        return str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Return the Decimal that was stored."""
        return None if value is None else Decimal(value)


class Instant(TypeDecorator[datetime]):
    """An aware time as ISO text in UTC, always 32 characters, so that text order is time order.

    Raises ValueError for a naive time.
    """

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Return the text to store."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone: only aware times are stored")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Return the time that was stored, in UTC."""
        return None if value is None else datetime.fromisoformat(value)


class AsJson(TypeDecorator[Any]):
    """A value of a core type as JSON; dates, enums and nested values are restored as that type has them."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, type_: Any) -> None:
        super().__init__()
        self.type_ = type_

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return the JSON to store."""
        return None if value is None else to_json(self.type_, value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the value that was stored."""
        return None if value is None else from_json(self.type_, value)


class OneOf(TypeDecorator[Any]):
    """A value of one of several types as JSON, which names the type by a word that outlives a renamed class."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, kinds: Mapping[str, type]) -> None:
        super().__init__()
        self.kinds = tuple(kinds.items())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return the JSON to store. Raises KeyError for a value of another type."""
        return None if value is None else self._tagged(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the value that was stored."""
        return None if value is None else self._restored(value)

    def _tagged(self, value: Any) -> dict[str, Any]:
        type_: type = type(value)
        words = {kind: word for word, kind in self.kinds}
        return {"kind": words[type_], **to_json(type_, value)}

    def _restored(self, value: Mapping[str, Any]) -> Any:
        fields = {name: field for name, field in value.items() if name != "kind"}
        return from_json(dict(self.kinds)[value["kind"]], fields)


class SeveralOf(OneOf):
    """A tuple of values, each as OneOf has it."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return the JSON to store. Raises KeyError for a value of another type."""
        return None if value is None else [self._tagged(one) for one in value]

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the tuple that was stored."""
        return None if value is None else tuple(self._restored(one) for one in value)


def to_json(type_: Any, value: Any) -> Any:
    """Return a value of a core type as what JSON can hold."""
    return _adapter(type_).dump_python(value, mode="json")


def from_json(type_: Any, value: Any) -> Any:
    """Return the value that `to_json` was given. Raises ValueError for what cannot have been one."""
    return _adapter(type_).validate_python(value)


@cache
def _adapter(type_: Any) -> TypeAdapter[Any]:
    return TypeAdapter(type_)
