"""The owner's limits: what is kept back, and how much may be invested at most."""

from dataclasses import dataclass, field, replace

from core.account import Minimums
from core.allocation import WHOLE, Allocation, BasisPoints, percent
from core.investing import need
from core.money import Cents, as_text
from core.reserves import Reserve, ReserveAmount, ReserveShare

OFF = "off"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is invested, in cents; None is no limit.

    `reserve` is never invested; where there is a `reserve_share`, in basis points of the account's value, it takes the
    reserve's place. `max_per_day` is for all the day's runs together, `max_per_order` for each order. Above
    `ask_twice_above` an investment with real money is asked for twice.
    """

    reserve: Cents = 0
    max_per_day: Cents | None = None
    minimums: Minimums = field(default_factory=lambda: Minimums(us_equity=1_00, crypto=10_00))
    ask_twice_above: Cents | None = None
    reserve_share: BasisPoints = 0
    max_per_order: Cents | None = None

    @property
    def kept_back(self) -> Reserve:
        """The reserve, as an amount or as a share."""
        return ReserveShare(self.reserve_share) if self.reserve_share else ReserveAmount(self.reserve)

    def problems(self, allocation: Allocation) -> tuple[str, ...]:
        """Return why nothing could ever be invested by this allocation within these limits, as sentences."""
        needed = need(allocation, self.minimums, {})
        if self.max_per_day is None or self.max_per_day >= needed.cash:
            return ()
        return (
            f"{as_text(self.max_per_day)} a day is too low: {needed.sector.name} gets its minimum of "
            f"{as_text(needed.minimum)} only from {as_text(needed.cash)} a day on. Raise it, or switch it off.",
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One limit to change: its `name` as `NAMES` has it, and the new value in cents, None to switch it off.

    With a `share`, in basis points, it becomes that share of the account.
    """

    name: str
    cents: Cents | None
    share: BasisPoints | None = None


RESERVE, MAX, ORDER, MINIMUM, CRYPTO_MINIMUM, ASK = "reserve", "max", "order", "minimum", "crypto", "ask"

NAMES = {
    RESERVE: "Cash that is never invested",
    MAX: "Invested a day at most",
    ORDER: "Each order at most",
    MINIMUM: "Smallest order of a fund",
    CRYPTO_MINIMUM: "Smallest order of a coin",
    ASK: "Ask twice above (live only)",
}
"""What each limit is called in a command, and what it is."""

CAN_BE_OFF = frozenset({MAX, ORDER, ASK})


def values(limits: Limits) -> dict[str, str]:
    """Return each limit by its name, as a person reads it."""
    share = limits.reserve_share
    return {
        RESERVE: f"{percent(share)} of the account" if share else as_text(limits.reserve),
        MAX: as_words(limits.max_per_day),
        ORDER: as_words(limits.max_per_order),
        MINIMUM: as_text(limits.minimums.us_equity),
        CRYPTO_MINIMUM: as_text(limits.minimums.crypto),
        ASK: as_words(limits.ask_twice_above),
    }


def changed(limits: Limits, change: Change) -> Limits:
    """Return the limits with one changed. Raises ValueError, in a sentence, for a value that it cannot have."""
    if change.share is not None:
        if change.name != RESERVE or not 0 <= change.share < WHOLE:
            raise ValueError(f"{NAMES.get(change.name, change.name)}: this cannot be {percent(change.share)}.")
        return replace(limits, reserve_share=change.share, reserve=0)
    if change.name not in NAMES:
        raise ValueError(f"{change.name!r} is no limit: there are {', '.join(NAMES)}.")
    if change.cents is None:
        if change.name not in CAN_BE_OFF:
            raise ValueError(f"{NAMES[change.name]}: this cannot be switched off. Write an amount.")
        return _bounded(limits, change.name, None)
    if change.cents < 0 or (change.cents == 0 and change.name != RESERVE):
        raise ValueError(f"{NAMES[change.name]}: {as_text(change.cents)} is too little. Write an amount above $0.")
    return _set(limits, change.name, change.cents)


def _bounded(limits: Limits, name: str, cents: Cents | None) -> Limits:
    match name:
        case "max":
            return replace(limits, max_per_day=cents)
        case "order":
            return replace(limits, max_per_order=cents)
        case _:
            return replace(limits, ask_twice_above=cents)


def _set(limits: Limits, name: str, cents: Cents) -> Limits:
    if name in CAN_BE_OFF:
        return _bounded(limits, name, cents)
    if name == RESERVE:
        return replace(limits, reserve=cents, reserve_share=0)
    minimums = limits.minimums
    changed_one = replace(minimums, us_equity=cents) if name == MINIMUM else replace(minimums, crypto=cents)
    return replace(limits, minimums=changed_one)


def as_words(cents: Cents | None) -> str:
    """Return a limit's value as a person reads it."""
    return OFF if cents is None else as_text(cents)
