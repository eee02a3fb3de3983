"""The account in words and tables, for who asks: what is held, what was ordered, what came in and went out."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from core.account import Account, Investable, Limit
from core.activities import Activity
from core.alerts import Table
from core.allocation import percent
from core.investing import Need
from core.messages import plurals
from core.messages.signs import with_sign
from core.money import Cents, in_dollars
from core.orders import Order, OrderState, Side
from core.reporting.measures import Measure, NotMeasurable
from core.reporting.standing import Line, Standing
from core.symbols import one_word

UNKNOWN = "?"

WEIGHTS = "Weight: of all sectors, without cash. Price: the price return, value against cost basis."

Fact = tuple[str, str]

STATES = {
    OrderState.PLANNED: "no answer yet",
    OrderState.ACCEPTED: "open",
    OrderState.PARTIALLY_FILLED: "partly filled",
    OrderState.FILLED: "filled",
    OrderState.REJECTED: "rejected",
    OrderState.CANCELED: "canceled",
    OrderState.EXPIRED: "expired",
    OrderState.UNKNOWN: "no answer yet",
    OrderState.NOT_SENT: "not sent",
}
"""Where an order stands, in a word or two."""


def dollars(amount: Decimal) -> str:
    """Return dollars with cents and thousands separated: `$1,234.50`, `-$3.00`."""
    rounded = _hundredths(amount)
    return f"{'-' if rounded < 0 else ''}${abs(rounded):,.2f}"


def cents(amount: Cents) -> str:
    """Return cents as `dollars` does."""
    return dollars(in_dollars(amount))


def price(each: Decimal | None) -> str:
    """Return a price for one share or coin: cents, and below a dollar as many digits as it takes."""
    if each is None:
        return "-"
    return f"{each:,.2f}" if each >= 1 or not each else f"{each.normalize():f}"


def positions(stands: Standing) -> Table:
    """Return what is held: each sector with its value, its actual weight and its price return; untracked last."""
    known = [line.position.market_value or Decimal(0) for line in stands.sectors]
    whole = sum(known, Decimal(0))
    rows = [_held(line, _share(line.position.market_value, whole)) for line in stands.sectors]
    rows += [_held(line, "-") for line in stands.untracked]
    cash, value = stands.snapshot.cash, stands.snapshot.equity
    totals = (
        ("Cash", f"{_hundredths(cash):,}", "", ""),
        ("Account", UNKNOWN if value is None else f"{_hundredths(value):,}", "", ""),
    )
    return Table(("Sector", "Value $", "Weight", "Price"), tuple(rows), totals)


def position_notes(stands: Standing) -> list[str]:
    """Return what the table of positions leaves open, as sentences."""
    told = [WEIGHTS] if stands.sectors or stands.untracked else ["Nothing is held yet."]
    told += [f"{line.name} belongs to no sector: it is left alone." for line in stands.untracked]
    lines = (*stands.sectors, *stands.untracked)
    told += [f"{line.name}: its value is not known." for line in lines if line.position.market_value is None]
    told += [
        f"{line.name}: the price return is {line.life.price}."
        for line in lines
        if isinstance(line.life.price, NotMeasurable)
    ]
    return [*told, *stands.notes]


def cash(account: Account, free: Investable, needed: Need | None, limit: Cents | None, used: Cents) -> list[Fact]:
    """Return the account's cash, what keeps it from being invested, and what the next run needs of it.

    `limit` is what max_per_day allows (None: no limit), `used` what the day's orders have taken of it.
    """
    facts = [("In the account", dollars(account.cash))]
    if account.open_buys:
        facts.append(("Kept for open orders", dollars(account.open_buys)))
    unsettled = account.cash - account.open_buys - account.non_marginable_buying_power
    if unsettled > 0:
        facts.append(("Not settled yet", dollars(unsettled)))
    facts.append(("Kept as the reserve", cents(free.reserve) if free.reserve else "nothing"))
    if limit is not None:
        facts.append(("Limit a day", f"{cents(limit)}, of which {cents(used)} is used today"))
    if account.pending_in:
        facts.append(("On its way in", f"{dollars(account.pending_in)}, not cash yet"))
    facts.append(("Cash to invest", f"{cents(free.cents)}{_limited(free)}"))
    if needed is not None:
        facts.append(("The next run needs", _needs(free.cents, needed)))
    return facts


def orders(listed: Sequence[tuple[date, Order]]) -> Table:
    """Return orders with the days of their runs as a table: what was asked for, what was filled, and at what price."""
    return Table(
        ("Order", "Asked $", filled_column([order for _, order in listed]), "Price $"),
        tuple((f"{plurals.day(day)} {order_name(order)}", *order_figures(order)) for day, order in listed),
    )


def filled_column(listed: Sequence[Order]) -> str:
    """Return the name of the column of what orders filled."""
    sides = {order.intent.side for order in listed}
    return "Sold $" if sides == {Side.SELL} else "Filled $" if Side.SELL in sides else "Bought $"


def order_name(order: Order) -> str:
    """Return an order's symbol and state: `VOO, filled`; a sale's with how much of it: `Sale of 1.5 VOO, filled`."""
    symbol, state = one_word(order.intent.symbol), STATES[order.state]
    if order.intent.side is Side.SELL:
        quantity = order.intent.quantity
        amount = f"{quantity.normalize():f} " if quantity is not None else ""
        return f"Sale of {amount}{symbol}, {state}"
    return f"{symbol}, {state}"


def order_figures(order: Order) -> tuple[str, str, str]:
    """Return what was asked for, what was bought, and the price for one."""
    return (
        f"{in_dollars(order.intent.notional):,.2f}",
        f"{in_dollars(order.filled):,.2f}",
        price(order.filled_price),
    )


def order_reasons(listed: Sequence[Order]) -> list[str]:
    """Return a sentence for each order that has a reason for how it stands."""
    return [f"{order_name(order)}: {order.reason.rstrip('.')}." for order in listed if order.reason]


def flows(known: Sequence[Activity], today: date, most: int) -> Table:
    """Return what was put in and taken out, newest first, at most so many lines, with the sums of all."""
    counted = [one for one in reversed(known) if one.amount]
    rows = [(_dated(one.day, today), f"{_hundredths(one.amount):+,}") for one in counted[:most]]
    if earlier := counted[most:]:
        rows.append((f"{len(earlier):,} earlier", f"{_hundredths(_sum(earlier)):+,}"))
    came = _sum([one for one in counted if one.amount > 0])
    went = _sum([one for one in counted if one.amount < 0])
    totals = (("Put in", _plus(came)), ("Taken out", _plus(went)), ("Together", _plus(came + went)))
    return Table(("Day", "Dollars"), tuple(rows), totals)


def _held(line: Line, weight: str) -> tuple[str, str, str, str]:
    value = line.position.market_value
    return (
        line.name,
        UNKNOWN if value is None else f"{_hundredths(value):,}",
        weight,
        _percent(line.life.price),
    )


def _share(value: Decimal | None, whole: Decimal) -> str:
    return UNKNOWN if value is None or not whole else f"{value * 100 / whole:.1f}%"


def _percent(measure: Measure) -> str:
    return UNKNOWN if isinstance(measure, NotMeasurable) else f"{_plus(measure * 100)}%"


def _limited(free: Investable) -> str:
    match free.limited_by:
        case Limit.SETTLED_CASH:
            return ", because not all of it has settled"
        case Limit.BUYING_POWER:
            return ", because the buying power is lower"
        case Limit.MAX_PER_DAY:
            return ", because the limit a day allows no more"
        case Limit.CASH:
            return ""


def _needs(free: Cents, needed: Need) -> str:
    why = f"so that {needed.sector.name} ({percent(needed.sector.weight)}) gets at least {cents(needed.minimum)}"
    missing = needed.cash - free
    ending = f"; {cents(missing)} more" if missing > 0 else "; it is there"
    return f"{cents(needed.cash)}, {why}{ending}"


def _dated(day: date, today: date) -> str:
    return plurals.day(day) if day.year == today.year else f"{plurals.day(day)} {day.year}"


def _sum(listed: Sequence[Activity]) -> Decimal:
    return sum((one.amount for one in listed), Decimal(0))


def _plus(figure: Decimal) -> str:
    return with_sign(_hundredths(figure))


def _hundredths(figure: Decimal) -> Decimal:
    return figure.quantize(Decimal("0.01"), ROUND_HALF_UP)
