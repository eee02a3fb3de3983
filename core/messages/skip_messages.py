"""The wording of why nothing is bought, as whole sentences with the figures."""

from core.account import Limit
from core.alerts import Alert, AlertKind
from core.allocation import percent
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
from core.messages.run_messages import enumerated
from core.money import as_text
from core.symbols import one_word


def skipped(skip: Skip) -> Alert:
    """Say why nothing was bought today."""
    return Alert(AlertKind.SKIPPED, reason(skip), title="Nothing was bought today")


def reason(skip: Skip) -> str:
    """Return why nothing is bought, as whole sentences with the figures."""
    match skip:
        case NotEnoughCash():
            return (
                f"Not enough cash to invest today: {as_text(skip.available)} is available, and "
                f"{as_text(skip.needed)} is needed so that {skip.sector} ({percent(skip.weight)}) gets at least "
                f"{as_text(skip.minimum)}.{_limited(skip)}"
            )
        case Paused():
            until = f" until {skip.until.isoformat()}" if skip.until else ""
            return f"Investing is paused{until}, so nothing was bought today. {as_text(skip.waiting)} is waiting."
        case AccountBlocked():
            return (
                f"Nothing was bought today, because Alpaca does not let this account trade: {skip.reason}. "
                f"{as_text(skip.waiting)} is waiting. Please look at the account at Alpaca."
            )
        case Declined():
            return f"You declined, so nothing was bought today. {as_text(skip.waiting)} is waiting."
        case LimitReached():
            return (
                f"Nothing was bought: {as_text(skip.used)} of the {as_text(skip.limit)} that max_per_day allows "
                "is spent already today."
            )
        case ValueUnknown():
            unknown = enumerated([one_word(one) for one in skip.symbols])
            return (
                f"Nothing was bought: Alpaca gives no value for {unknown}, so nobody can tell what is furthest below "
                f"its target. {as_text(skip.waiting)} is waiting."
            )
        case CapTooLow():
            return (
                f"Nothing was bought: an order is at most {as_text(skip.limit)}, and the smallest that {skip.sector} "
                f"can get is {as_text(skip.minimum)}. {as_text(skip.waiting)} is waiting; /limits changes that."
            )
        case NotRebalanced():
            return skip.reason
        case NoNewCash():
            return (
                f"Nothing was bought: no new cash has come since today's last run ({as_text(skip.available)} is left)."
            )


def refusal(skip: Skip) -> str:
    """Return why the owner's own wish to invest cannot be met now, as whole sentences with the figures."""
    match skip:
        case Paused():
            until = f" until {skip.until.isoformat()}" if skip.until else ""
            return f"Investing is paused{until}, so nothing can be bought now. Say /resume first; then /invest works."
        case AccountBlocked():
            return f"Alpaca does not let this account trade: {skip.reason}. Please look at the account at Alpaca."
        case (
            NotEnoughCash() | LimitReached() | NoNewCash() | Declined() | ValueUnknown() | CapTooLow() | NotRebalanced()
        ):
            return reason(skip)


def _limited(skip: NotEnoughCash) -> str:
    free = as_text(skip.free_cash)
    match skip.limited_by:
        case Limit.SETTLED_CASH:
            return f" The account holds {free}, but not all of it has settled."
        case Limit.BUYING_POWER:
            return f" The account holds {free}, but its buying power is lower."
        case Limit.MAX_PER_DAY:
            return f" The account holds {free}, but max_per_day allows no more today."
        case Limit.CASH if skip.owed:
            return f" The account owes Alpaca {as_text(skip.owed)}, which new cash pays first."
        case Limit.CASH:
            return f" {as_text(skip.reserve)} is kept back as the reserve." if skip.reserve else ""
