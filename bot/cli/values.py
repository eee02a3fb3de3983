"""What the values of options are read as. As `bot.cli.main`, this stays light: workers import it too."""

import argparse
from datetime import date
from decimal import Decimal, InvalidOperation


def port(text: str) -> int:
    """Return a port of this machine."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: use 0 (any free one) to 65535")
    return int(text)


def positive(text: str) -> int:
    """Return a number of days, 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days: write 1 or more")
    return int(text)


def day(text: str) -> date:
    """Return a day that is written like 2026-11-27."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date: write it like 2026-11-27") from None


def dollars(text: str) -> Decimal:
    """Return dollars, with at most two decimals."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount != amount.quantize(Decimal("0.01")):
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount: write dollars such as 250 or 99.50")
    return amount
