"""The wording of what differs between the ledger and the broker: what it is, and what to do."""

from collections.abc import Mapping
from typing import assert_never

from core.activities import Activity, ActivityKind
from core.money import as_text, round_to_cents
from core.orders import Order
from core.reconciling.differences import (
    ActivityGone,
    ActivityUnkept,
    Difference,
    HoldingDiffers,
    OrderDiffers,
    OrderGone,
    OrderUnrecorded,
)

_KIND_WORDS: Mapping[ActivityKind, str] = {
    ActivityKind.TRADE: "a trade",
    ActivityKind.FLOW: "a deposit or withdrawal",
    ActivityKind.INCOME: "an income",
    ActivityKind.FEE: "a fee",
    ActivityKind.CORPORATE: "a corporate action",
    ActivityKind.UNKNOWN: "an activity of a kind that Allocator does not know",
}


def explain(difference: Difference) -> str:
    """Return what differs and what to do, as whole sentences."""
    match difference:
        case OrderGone(_, order):
            return (
                f"Order {order.intent.client_order_id} is {_state(order)} in the ledger, and Alpaca does not list it. "
                "Look for it in Alpaca's dashboard: the keys may open another account, or the paper account was reset."
            )
        case OrderDiffers(_, order, becomes):
            remedy = "--fix writes it down." if order.state.is_final else "The service writes it down when it looks."
            return (
                f"Order {order.intent.client_order_id} is {_state(order)} in the ledger; Alpaca says that it is "
                f"{_state(becomes)}{f' ({becomes.reason})' if becomes.reason else ''}. {remedy}"
            )
        case OrderUnrecorded(found, None):
            return (
                f"Alpaca lists {found.client_order_id} ({found.side} {found.symbol}), which bears an id of ours and is "
                "no order that Allocator makes. Something else uses the account: look at it in Alpaca's dashboard."
            )
        case OrderUnrecorded(found, _):
            amount = as_text(found.notional) if found.notional is not None else "an unknown amount"
            return (
                f"Alpaca has order {found.client_order_id} ({amount} of {found.symbol}, {_words(found.state)}), and "
                "the ledger does not: an older database was put back, or a new one begun. --fix writes it down."
            )
        case HoldingDiffers():
            return (
                f"Alpaca shows {difference.shown:f} of {difference.symbol}, and the books add up to "
                f"{difference.expected:f}. {difference.why or _OTHER_HOLDING}."
            )
        case ActivityUnkept(activity, overdue):
            remedy = "No report reads that far back: --fix keeps it" if overdue else "The next report keeps it"
            return f"The books do not have {_activity(activity)} yet. {remedy}."
        case ActivityGone(activity):
            return (
                f"The books have {_activity(activity)}, and Alpaca does not list it any more. It may have been "
                "corrected: compare the account's statement."
            )
        case _:
            assert_never(difference)


_OTHER_HOLDING = "Shares may have been moved without an activity: compare the account's statement"


def _state(order: Order) -> str:
    filled = f", {order.filled_quantity:f} bought" if order.filled_quantity else ""
    return f"{_words(order.state)}{filled}"


def _words(state: str) -> str:
    return state.replace("_", " ")


def _activity(activity: Activity) -> str:
    what = f" in {activity.symbol}" if activity.symbol else ""
    amount = f" of {as_text(round_to_cents(activity.amount))}" if activity.amount else ""
    return f"{_KIND_WORDS[activity.kind]} ({activity.type}){amount}{what} of {activity.day.isoformat()}"
