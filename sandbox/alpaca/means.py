"""What an account may still spend: settled cash, all cash, or the broker's credit."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sandbox.alpaca.amounts import to_cents

Multiplier = Literal[1, 2]

# Regulation T asks half of an equity's value at the start; Alpaca asks 30% afterwards, and all of a coin's.
_INITIAL = Decimal("0.5")
_MAINTENANCE = Decimal("0.3")


@dataclass(frozen=True, slots=True)
class Means:
    """Hold what new orders may cost, in dollars; never negative.

    buying_power is for equities and counts the proceeds of sales at once, settled (Alpaca's
    non_marginable_buying_power) is for crypto and does not before settlement.
    """

    buying_power: Decimal
    settled: Decimal
    initial_margin: Decimal = Decimal(0)
    maintenance_margin: Decimal = Decimal(0)


def cash_account(*, cash: Decimal, unsettled: Decimal, reserved: Decimal) -> Means:
    """Return the means of an account without credit (multiplier 1): its cash, less what open orders hold."""
    free = cash - reserved
    return Means(buying_power=_at_least_nothing(free), settled=_at_least_nothing(free - unsettled))


def margin_account(*, cash: Decimal, unsettled: Decimal, reserved: Decimal, equities: Decimal, coins: Decimal) -> Means:
    """Return the means of an account with credit (multiplier 2): twice its equity beyond the initial margin.

    So cash can be negative, a debt to the broker, while there is still something to spend. Alpaca's contract has
    the formula: max(equity - initial_margin, 0) * 2. Open orders are taken off in full, which is on the safe side.
    """
    initial = to_cents(equities * _INITIAL) + coins
    excess = cash + equities + coins - initial
    return Means(
        buying_power=_at_least_nothing(2 * excess - reserved),
        settled=_at_least_nothing(excess - unsettled - reserved),
        initial_margin=initial,
        maintenance_margin=to_cents(equities * _MAINTENANCE) + coins,
    )


def _at_least_nothing(amount: Decimal) -> Decimal:
    return max(amount, Decimal(0))
