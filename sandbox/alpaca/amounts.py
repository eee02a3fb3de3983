"""Dollars, shares and coins as Alpaca rounds and writes them. Decimal only."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
# Alpaca keeps 9 decimals of a share or a coin.
SMALLEST_QTY = Decimal("0.000000001")


def to_cents(amount: Decimal) -> Decimal:
    """Round dollars to the cent, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def round_down(qty: Decimal) -> Decimal:
    """Cut shares or coins to 9 decimals."""
    return qty.quantize(SMALLEST_QTY, ROUND_DOWN)


def decimals(number: Decimal) -> int:
    """Count the decimals that are not trailing zeros, of a finite number."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -int(exponent))


def plain(number: Decimal) -> str:
    """Write a number as Alpaca does: at most 9 decimals, no exponent, no trailing zeros."""
    text = f"{number.quantize(SMALLEST_QTY):f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
