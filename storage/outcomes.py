"""Why a run ended without orders, as the ledger keeps it."""

from dataclasses import dataclass

from core.investing import (
    AccountBlocked,
    CapTooLow,
    Declined,
    LimitReached,
    NoNewCash,
    NotEnoughCash,
    NotRebalanced,
    Paused,
    Skip,
    ValueUnknown,
)


@dataclass(frozen=True, slots=True)
class Missed:
    """The run's window passed before it could act."""

    reason: str


Outcome = Skip | Missed

# The words stay as they are even when a class is renamed: they are in the databases.
KINDS: dict[str, type] = {
    "not_enough_cash": NotEnoughCash,
    "paused": Paused,
    "account_blocked": AccountBlocked,
    "limit_reached": LimitReached,
    "no_new_cash": NoNewCash,
    "declined": Declined,
    "value_unknown": ValueUnknown,
    "cap_too_low": CapTooLow,
    "not_rebalanced": NotRebalanced,
    "missed": Missed,
}
