"""How single values of the settings are written, and what is said of those that are not."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr

from core import money
from core.money import Cents

_HOST = r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?"


def _origin(text: str) -> str:
    # Strict on purpose: a trailing dot or a fragment would be the same host under another name.
    if not re.fullmatch(rf"https://{_HOST}/?", text):
        raise ValueError("must be an https origin without a path, such as https://paper-api.alpaca.markets")
    return text.rstrip("/").lower()


def _host(text: str) -> str:
    if not re.fullmatch(_HOST, text):
        raise ValueError("must be a host or host:port without https://, such as rest.nexmo.com")
    return text


def _cents(value: object) -> Cents:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError('must be dollars, such as 1 or "0.50"')
    if not re.fullmatch(r"\$?\d{1,12}(\.\d{1,2})?", str(value).strip()):
        raise ValueError('must be dollars of at most two decimals and not negative, such as 1 or "0.50"')
    return money.floor_to_cents(Decimal(str(value).strip().removeprefix("$")))


def _digits(number: str) -> str:
    return re.sub(r"[\s().-]", "", number).removeprefix("+")


def _phone(text: str) -> str:
    digits = _digits(text)
    if not re.fullmatch(r"\d{7,15}", digits):
        raise ValueError("must be a phone number with its country code, such as 14155550100")
    return digits


def _sender(text: str) -> str:
    # Vonage: a name of at most 11 letters and digits, a number, or a short code, which no country has below 3 digits.
    if re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}", text):
        return text
    if not re.fullmatch(r"[0-9]{3,15}", digits := _digits(text)):
        raise ValueError(
            "must be a number of your Vonage account with its country code, such as 14155550100, or a name of at most "
            "11 letters, digits and spaces"
        )
    return digits


def listed(value: object) -> object:
    """Return a single value as a list of it: one owner needs no brackets."""
    return [value] if isinstance(value, int | str) else value


def _filled_in(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("is empty: fill it in")
    return value


Origin = Annotated[str, AfterValidator(_origin)]
Host = Annotated[str, AfterValidator(_host)]
Phone = Annotated[str, AfterValidator(_phone)]
Sender = Annotated[str, AfterValidator(_sender)]
Dollars = Annotated[Cents, BeforeValidator(_cents)]
Secret = Annotated[SecretStr, AfterValidator(_filled_in)]
