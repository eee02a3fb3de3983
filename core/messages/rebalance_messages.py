"""The wording of rebalancings: what is planned, what was held back, and what was done."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from core.alerts import Alert, AlertKind, Table
from core.messages import run_messages
from core.money import as_text, in_dollars, round_to_cents
from core.orders import Order, OrderState
from core.rebalancing.lots import Realised
from core.rebalancing.plan import HeldBack, RebalancePlan
from core.runs import Run
from core.symbols import one_word

OPEN = (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)


def rebalanced(
    sales: Run,
    buys: Run | None,
    plan: RebalancePlan,
    *,
    gained: Realised,
    drift: Decimal | None,
    remarks: Sequence[str] = (),
) -> Alert:
    """Say what a rebalancing sold and bought, what that realised, what was held back, and what it did to the drift.

    `drift` is in percentage points afterwards, None where it is not known. `remarks` are those of no run.
    """
    bought_orders = buys.orders if buys is not None else ()
    sold = [order for order in sales.orders if order.filled]
    bought = [order for order in bought_orders if order.filled]
    later = ["What it brings stays cash, for the daily investing."] if sales.of(*OPEN) else []
    notes = [
        *run_messages.shortfalls(sales.orders),
        *later,
        *run_messages.shortfalls(bought_orders),
        *sales.remarks,
        *(buys.remarks if buys is not None else ()),
        *remarks,
    ]
    if all(order.state is OrderState.NOT_SENT for order in sales.orders):
        why = sales.orders[0].reason or "its orders could not be sent in time"
        return missed([sales.key.day], why)
    if not sold:
        yet = " yet" if any(order.state.is_open for order in sales.orders) else ""
        first = [f"The account was not rebalanced: nothing has been sold{yet}, and so nothing was bought."]
        title = f"Nothing was sold{yet}, so nothing was rebalanced"
    else:
        what = f"Bought {run_messages.listed(bought)}." if bought else "Nothing was bought."
        first = [f"The account was rebalanced. Sold {run_messages.listed(sold)}. {what}", realised(gained)]
        title = "The account was rebalanced"
    told = [*first, *drifts(plan.drift_before, drift)]
    return Alert(
        AlertKind.EXECUTED,
        " ".join([*told, *notes]),
        title=title,
        table=_table(plan, sales.orders, bought_orders),
        notes=(*told[1:], *notes),
        summary=" ".join([*told, "More in Telegram."]) if notes else "",
    )


def missed(days: Sequence[date], why: str) -> Alert:
    """Say that rebalancings by the calendar were missed, or that one could not be sent."""
    listed = run_messages.days(days)
    return Alert(
        AlertKind.MISSED,
        f"Rebalancing was missed on {listed}: {why.rstrip('.')}. Nothing was sold. /rebalance can do it now.",
        title="Rebalancing was missed",
    )


def skipped(reason: str) -> Alert:
    """Say why a rebalancing that was to happen by itself ordered nothing."""
    return Alert(AlertKind.SKIPPED, f"Nothing was rebalanced today. {reason}", title="Nothing was rebalanced today")


def remarks(plan: RebalancePlan) -> tuple[str, ...]:
    """Return a sentence for everything that a rule held back, that taxes may mind, or that is not certain."""
    return (*held_back(plan.held_back), *map(str, plan.wash_sales), *plan.notes)


def held_back(found: Iterable[HeldBack]) -> tuple[str, ...]:
    """Return a sentence for each thing that a rule held back."""
    return tuple(f"{one.sector}: {one.reason.rstrip('.')}." for one in found)


def realised(gained: Realised, *, estimated: bool = False) -> str:
    """Return what sales gain or lose, short and long term, as a sentence."""
    parts = [
        f"{_gain(amount)} {term}"
        for amount, term in ((gained.short_term, "short term"), (gained.long_term, "long term"))
        if round_to_cents(amount)
    ]
    known = " and ".join(parts) if parts else "no gain and no loss"
    unknown = f"; the cost of {_plain(gained.unknown)} sold is not on record" if gained.unknown else ""
    return f"{'Would realise about' if estimated else 'Realised'} {known}, first in, first out{unknown}."


def drifts(before: Decimal, after: Decimal | None) -> list[str]:
    """Return how the drift changed, as a sentence."""
    then = "and is not known now" if after is None else f"and is {_points(after)} now"
    return [f"The drift was {_points(before)} percentage points {then}."]


def plan_tables(plan: RebalancePlan) -> tuple[Table, Table]:
    """Return what is to be sold, and what is to be bought for it."""
    sales = tuple((one.sector, one_word(one.symbol), _dollars(one.cents)) for one in plan.sales)
    buys = tuple((one.sector, one_word(one.symbol), _dollars(one.cents)) for one in plan.purchases)
    bought = sum(one.cents for one in plan.purchases)
    return (
        Table(("Sector", "Symbol", "Sell"), sales, (("Total", "", _dollars(plan.proceeds)),)),
        Table(("Sector", "Symbol", "Buy"), buys, (("Total", "", _dollars(bought)),)),
    )


def _table(plan: RebalancePlan, sales: Sequence[Order], buys: Sequence[Order]) -> Table:
    names = {one.symbol: one.sector for one in plan.sales} | {one.symbol: one.sector for one in plan.purchases}
    sold = {order.intent.symbol: order.filled for order in sales}
    bought = {order.intent.symbol: order.filled for order in buys}
    rows = tuple(
        (name, one_word(symbol), _dollars(sold.get(symbol, 0)), _dollars(bought.get(symbol, 0)))
        for symbol, name in names.items()
    )
    totals = (("Total", "", _dollars(sum(sold.values())), _dollars(sum(bought.values()))),)
    return Table(("Sector", "Symbol", "Sold", "Bought"), rows, totals)


def _gain(amount: Decimal) -> str:
    cents = round_to_cents(amount)
    return f"a {'gain' if cents > 0 else 'loss'} of {as_text(abs(cents))}"


def _points(figure: Decimal) -> str:
    return f"{figure.quantize(Decimal('0.01'), ROUND_HALF_UP)}"


def _dollars(cents: int) -> str:
    return f"{in_dollars(cents):,.2f}"


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"
