"""The wording of alerts. Every text is whole by itself: it is what goes by SMS."""

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from core.alerts import Alert, AlertKind, Table
from core.investing import (
    Plan,
)
from core.money import Cents, as_text, in_dollars
from core.orders import Order, OrderState, Side
from core.runs import Run
from core.schedule import SCHEDULED, Routine
from core.symbols import one_word

LISTED_DAYS = 3
"""More days than these are told as a span."""


def executed(run: Run) -> Alert:
    """Say what a run bought, and by name what it did not buy and why."""
    bought = [order for order in run.orders if order.filled]
    yet = " yet" if any(order.state.is_open for order in run.orders) else ""
    nothing = f"No order has been executed{yet}"
    notes = [*shortfalls(run.orders), *run.remarks]
    if not bought and all(order.state is OrderState.REJECTED for order in run.orders):
        notes.append("The cash stays in the account, and the next try is the next trading day's.")
    sentences = [f"Orders have been executed. Bought {listed(bought)}." if bought else f"{nothing}.", *notes]
    total = sum(order.filled for order in run.orders)
    return Alert(
        AlertKind.EXECUTED,
        " ".join(sentences),
        title="Orders have been executed" if bought else nothing,
        table=Table(
            ("Sector", "Symbol", "Bought"),
            tuple((order.intent.sector, one_word(order.intent.symbol), _amount(order.filled)) for order in run.orders),
            (("Total", "", _amount(total)), ("Cash left", "", _amount(run.cash_left))),
        ),
        notes=tuple(notes),
    )


def followed_up(changes: Sequence[Order]) -> Alert:
    """Say what became of orders that were still open when their run's alert went out.

    A fill is said whole, with what an earlier alert may have counted of it already.
    """
    filled = [order for order in changes if order.state is OrderState.FILLED]
    sentences = [f"Orders that were still open are filled now: {_followed(filled)}."] if filled else []
    sentences += shortfalls(changes)
    return Alert(AlertKind.FOLLOW_UP, " ".join(sentences), title="News of open orders", notes=tuple(sentences))


def missed(owed: Sequence[tuple[Routine, date]], why: str) -> Alert:
    """Say in one alert what was missed, why, and what happens next."""
    by_routine = {routine: [day for one, day in owed if one is routine] for routine in SCHEDULED}
    invest, reports, variances = (by_routine[routine] for routine in SCHEDULED)
    sentences = []
    because = f": {why}"
    if invest:
        sentences.append(
            f"Investing was missed on {days(invest)}{because}. Nothing was bought; the cash waits for the next "
            "trading day."
        )
        because = ""
    if reports:
        noun, was = ("report", "was") if len(reports) == 1 else ("reports", "were")
        sentences.append(f"The close {noun} of {days(reports)} {was} not given{because}.")
        because = ""
    if variances:
        noun, was = ("variance", "was") if len(variances) == 1 else ("variances", "were")
        sentences.append(f"The {noun} of the week's end on {days(variances)} {was} not given{because}.")
    if not invest:
        sentences.append("/performance and /variance show how things stand.")
    return Alert(
        AlertKind.MISSED,
        " ".join(sentences),
        title="Investing was missed" if invest else "A report was missed",
    )


def first_investment(plan: Plan, confirmation: str) -> Alert:
    """Ask for the tap that the very first run on a live account waits for."""
    intents = plan.intents
    listed = ", ".join(f"{as_text(intent.notional)} of {one_word(intent.symbol)}" for intent in intents)
    return Alert(
        AlertKind.CONFIRM,
        f"This is the first investment on this live account: {listed}. "
        "Nothing is bought until you confirm it in Telegram.",
        title="The first investment on this live account",
        table=plan_table(plan),
        notes=("Nothing is bought until you tap Invest.",),
        confirmation=confirmation,
    )


def remarks(plan: Plan) -> tuple[str, ...]:
    """Return a sentence for each sector that waits or is cut, with the figures."""
    waiting = (
        f"{one.sector} waits: its share of {as_text(one.wanted)} is below the {as_text(one.minimum)} minimum."
        for one in plan.waiting
    )
    cuts = (
        f"{one.sector} is cut from {as_text(one.wanted)} to {as_text(one.ordered)}, the most for one order."
        for one in plan.cuts
    )
    return (*waiting, *cuts)


def plan_table(plan: Plan) -> Table:
    """Return a plan as a table, one row a sector."""
    return Table(
        ("Sector", "Symbol", "Buy"),
        tuple((intent.sector, one_word(intent.symbol), _amount(intent.notional)) for intent in plan.intents),
        (("Total", "", _amount(plan.cash)),),
    )


def shortfalls(orders: Sequence[Order]) -> list[str]:
    """Return a sentence for each thing that kept orders from being filled, in the orders' order."""
    alike: dict[tuple[object, ...], list[Order]] = {}
    for order in orders:
        if order.state is not OrderState.FILLED:
            # What was filled in part is said by itself, because its figures are its own.
            own = order.intent.symbol if order.filled else None
            alike.setdefault((order.intent.side, order.state, order.reason, own), []).append(order)
    return [_outcome(group) for group in alike.values()]


def _outcome(alike: Sequence[Order]) -> str:
    order = alike[0]
    many = len(alike) > 1
    noun, was = ("orders", "were") if many else ("order", "was")
    amounts = enumerated([f"{as_text(one.intent.notional)} of {one_word(one.intent.symbol)}" for one in alike])
    what = f"{noun} {'to sell about' if order.intent.side is Side.SELL else 'for'} {amounts}"
    part = f" after {as_text(order.filled)}" if order.filled else ""
    because = f": {order.reason.rstrip('.')}" if order.reason else ""
    match order.state:
        case OrderState.FILLED:
            return f"The {what} {was} filled."
        case OrderState.REJECTED:
            return f"The {what} {was} rejected{because}."
        case OrderState.CANCELED:
            return f"The {what} {was} canceled{part}{because}."
        case OrderState.EXPIRED:
            return f"The {what} expired{part}{because}."
        case OrderState.NOT_SENT:
            return f"The {what} {was} not sent{because}."
        case OrderState.ACCEPTED | OrderState.PARTIALLY_FILLED:
            return f"The {what} {'are' if many else 'is'} still open{part}."
        case OrderState.UNKNOWN | OrderState.PLANNED:
            return f"It is not known yet whether the {what} {was} taken{because}."
        case _:
            assert_never(order.state)


def listed(orders: Sequence[Order]) -> str:
    """Return what orders filled, in a line: `$60 of VOO, $40 of AGG`."""
    return ", ".join(f"{as_text(order.filled)} of {one_word(order.intent.symbol)}" for order in orders)


def _followed(orders: Sequence[Order]) -> str:
    sold = [order for order in orders if order.intent.side is Side.SELL]
    bought = [order for order in orders if order.intent.side is Side.BUY]
    parts = [listed(bought)] if bought else []
    return "; ".join([*parts, f"sold {listed(sold)}"] if sold else parts)


def _amount(cents: Cents) -> str:
    return f"{in_dollars(cents):,.2f}"


def days(named: Sequence[date]) -> str:
    """Return days in words; more than LISTED_DAYS as a span."""
    if len(named) <= LISTED_DAYS:
        return enumerated([day.isoformat() for day in named])
    return f"{len(named)} trading days from {min(named).isoformat()} to {max(named).isoformat()}"


def enumerated(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
