"""What an account may still spend: settled cash, all cash, or the broker's credit."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sandbox.alpaca.amounts import to_cents

Multiplier = Literal[1, 2, 4]

# Regulation T asks half of an equity's value at the start; Alpaca asks 30% afterwards, and all of a coin's.
_INITIAL = Decimal("0.5")
_MAINTENANCE = Decimal("0.3")


@dataclass(frozen=True, slots=True)
class Means:
    """Hold what new orders may cost, in dollars; never negative.

    buying_power is for equities and counts the proceeds of sales at once, settled (Alpaca's
    non_marginable_buying_power) is for crypto and does not before settlement. overnight is the buying power by
    Regulation T, which a day trader's exceeds.
    """

    buying_power: Decimal
    settled: Decimal
    overnight: Decimal
    initial_margin: Decimal = Decimal(0)
    maintenance_margin: Decimal = Decimal(0)


def cash_account(*, cash: Decimal, unsettled: Decimal, reserved: Decimal) -> Means:
    """Return the means of an account without credit (multiplier 1): its cash, less what open orders hold."""
    free = cash - reserved
    spendable = _at_least_nothing(free)
    return Means(buying_power=spendable, settled=_at_least_nothing(free - unsettled), overnight=spendable)


def margin_account(
    *, day_trades: bool, cash: Decimal, unsettled: Decimal, reserved: Decimal, equities: Decimal, coins: Decimal
) -> Means:
    """Return the means of an account with credit (multiplier 2): twice its equity beyond the initial margin.

    Who day trades (multiplier 4) may spend four times the equity beyond the maintenance margin until the close. Alpaca
    takes both as they were at the last close, here they are those of now, so that a new account has them too.

    So cash can be negative, a debt to the broker, while there is still something to spend. Alpaca's contract has
    the formula: max(equity - initial_margin, 0) * 2. Open orders are taken off in full, which is on the safe side.
    """
    initial = to_cents(equities * _INITIAL) + coins
    maintenance = to_cents(equities * _MAINTENANCE) + coins
    equity = cash + equities + coins
    excess = equity - initial
    overnight = _at_least_nothing(2 * excess - reserved)
    return Means(
        buying_power=_at_least_nothing(4 * (equity - maintenance) - reserved) if day_trades else overnight,
        settled=_at_least_nothing(excess - unsettled - reserved),
        overnight=overnight,
        initial_margin=initial,
        maintenance_margin=maintenance,
    )


def _at_least_nothing(amount: Decimal) -> Decimal:
    return max(amount, Decimal(0))
