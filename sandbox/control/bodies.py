"""What the control address is sent, read as what it must be; each says what is wrong by ValueError."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation

Body = Mapping[str, object]


def dollars(body: Body, name: str = "amount") -> Decimal:
    """Return an amount of dollars. Raises KeyError when it is missing."""
    return _decimal(body, name, 'dollars such as "250.00"')


def number(body: Body, name: str, otherwise: Decimal) -> Decimal:
    """Return a number of any size."""
    return _decimal(body, name, 'a number such as "0.5"') if name in body else otherwise


def seconds(body: Body, name: str, otherwise: timedelta | None = None) -> timedelta:
    """Return a time given in seconds. Raises KeyError when it is missing and nothing else would do."""
    if otherwise is not None and name not in body:
        return otherwise
    return timedelta(seconds=float(str(body[name])))


def integer(body: Body, name: str, otherwise: int | None = None) -> int:
    """Return a whole number. Raises KeyError when it is missing and nothing else would do."""
    return otherwise if otherwise is not None and name not in body else int(str(body[name]))


def optional_integer(body: Body, name: str) -> int | None:
    """Return a whole number, None where there is none."""
    return None if body.get(name) is None else integer(body, name)


def limit(body: Body, name: str) -> int | None:
    """Return a whole number, or None where it is null: no limit. Raises KeyError when it is missing."""
    return None if body[name] is None else integer(body, name)


def truth(body: Body, name: str, otherwise: bool | None = None) -> bool:
    """Return true or false. Raises KeyError when it is missing and nothing else would do."""
    value = body[name] if otherwise is None else body.get(name, otherwise)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}, must be true or false")
    return value


def _decimal(body: Body, name: str, like: str) -> Decimal:
    try:
        return Decimal(str(body[name]))
    except InvalidOperation as error:
        raise ValueError(f"{name} is {body[name]!r}, must be {like}") from error
