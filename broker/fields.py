"""Single fields of Alpaca's answers that may be missing, null or wrong without spoiling what stands beside them."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from core import symbols

_LARGEST = Decimal(10) ** 18
"""No price, quantity or amount comes near; beyond it two of them could not even be multiplied exactly."""


def number(value: object) -> Decimal | None:
    """Return a number that came as text or as a JSON number, as exact as it came; None when it is none.

    A float is read by its shortest text, which is the one that Alpaca wrote.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() and abs(read) < _LARGEST else None


def positive(value: object) -> Decimal | None:
    """Return a number above zero; None when it is none."""
    read = number(value)
    return read if read is not None and read > 0 else None


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """Return a field as text, None when it is missing, null or empty."""
    value = fields.get(name)
    return None if value is None or value == "" else str(value)


def symbol(name: str) -> str:
    """Return a symbol as Allocator writes it, or the broker's own text when it is neither a fund nor a dollar pair."""
    try:
        return symbols.normalise(name)
    except ValueError:
        return name


def is_ours(name: str) -> bool:
    """Tell whether a symbol is a fund or a dollar pair, written as Allocator writes it."""
    try:
        return symbols.normalise(name) == name
    except ValueError:
        return False
