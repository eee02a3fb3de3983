"""How a figure shows which way it went."""

from decimal import Decimal


def with_sign(figure: Decimal) -> str:
    """Return a figure with its sign, thousands separated; zero has none."""
    # No sign at zero, which a rounded figure may have kept from before.
    return f"{figure:+,}" if figure else f"{abs(figure)}"
