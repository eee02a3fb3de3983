"""How the page writes dollars, quantities and times."""

from datetime import datetime
from decimal import Decimal

from sandbox.sessions import NEW_YORK


def money(dollars: Decimal) -> str:
    """Write dollars with both decimals: `$1,250.00`, `-$3.50`."""
    sign = "-" if dollars < 0 else ""
    return f"{sign}${abs(dollars):,.2f}"


def signed(dollars: Decimal) -> str:
    """Write a gain or a loss with its sign: `+$3.50`, `-$3.50`, `$0.00`."""
    return f"+{money(dollars)}" if dollars > 0 else money(dollars)


def moment(at: datetime) -> str:
    """Write a time in New York with its day: `Mon 23 Nov 09:35`."""
    return f"{at.astimezone(NEW_YORK):%a %d %b %H:%M}"


def second(at: datetime) -> str:
    """Write a time in New York with its day and seconds: `Mon 23 Nov 09:35:01`."""
    return f"{at.astimezone(NEW_YORK):%a %d %b %H:%M:%S}"


def day(at: datetime) -> str:
    """Write a day in New York: `Mon 23 Nov`."""
    return f"{at.astimezone(NEW_YORK):%a %d %b}"


def minute(at: datetime) -> str:
    """Write a time of the day in New York: `09:35`."""
    return f"{at.astimezone(NEW_YORK):%H:%M}"
