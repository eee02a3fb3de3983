"""Rebalancing: what is sold and what its proceeds are for, with every rule that held something back.

Sales come first. What is bought is planned again, by `core.rebalancing.buys`, on the cash that is really there then.
"""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from core.allocation import Allocation
from core.money import Cents, as_text, in_dollars, round_to_cents
from core.positions import Position
from core.rebalancing import lots, wash_sales
from core.rebalancing.moves import Balance, Moves, breached, moves, spread
from core.rebalancing.plan import (
    HeldBack,
    Holdings,
    NothingToDo,
    Purchase,
    RebalancePlan,
    Sale,
    Terms,
    below_minimum,
)
from core.rebalancing.rules import Rules
from core.rebalancing.sales import Seller
from core.rebalancing.wash_sales import WashSale
from core.reporting import variance


def plan_rebalance(
    rules: Rules,
    allocation: Allocation,
    holdings: Holdings,
    terms: Terms,
    *,
    cash: Cents,
    today: date,
    bought_again: Collection[str] = (),
) -> RebalancePlan | NothingToDo:
    """Return what a rebalancing would do today, or why it does nothing.

    `cash` is free cash in cents that goes in beside the proceeds, 0 to leave it alone. `bought_again` are the symbols
    that the daily investing will buy within 30 days, for the warning of wash sales.
    """
    tracked = allocation.weights
    untouched = tuple(one for one in holdings.positions if one.symbol not in tracked)
    by_symbol = {one.symbol: one for one in holdings.positions if one.symbol in tracked}
    if unknown := [symbol for symbol, one in by_symbol.items() if one.market_value is None]:
        reason = f"Nothing can be rebalanced now, because the value of {' and '.join(unknown)} is not known."
        return NothingToDo(reason, untouched=untouched)
    balance = _balance(allocation, by_symbol, holdings.open_buys, terms, cash)
    if balance.held <= 0:
        return NothingToDo("Nothing of the allocation is held, so there is nothing to rebalance.", untouched=untouched)
    if not breached(rules, balance):
        return NothingToDo("Every sector is within its band, so there is nothing to rebalance.", untouched=untouched)
    wanted = moves(rules, balance)
    sellers = [
        Seller(sector, holdings, terms, holding_days=rules.holding_days, today=today)
        for sector in allocation.sectors
        if sector.symbol in wanted.sells
    ]
    offers = [seller.sell(wanted.sells[seller.symbol]) for seller in sellers]
    sales = tuple(offer for offer, _ in offers if offer is not None)
    held_back = [held for _, held in offers if held is not None]
    sold = {sale.symbol: sale.cents for sale in sales}
    bought, wanted = spread(sum(sold.values()) + cash, wanted, sold, balance)
    kept = (*held_back, *_left_out(wanted, allocation, terms))
    if not bought:
        return NothingToDo(_why_nothing(kept), kept, untouched)
    traded = {symbol: bought.get(symbol, 0) - sold.get(symbol, 0) for symbol in tracked}
    return RebalancePlan(
        sales=sales,
        purchases=tuple(
            Purchase(one.name, one.symbol, bought[one.symbol]) for one in allocation.sectors if one.symbol in bought
        ),
        cash=cash,
        drift_before=_drift(allocation, balance.values, {}),
        drift_after=_drift(allocation, balance.values, traded),
        held_back=kept,
        wash_sales=_wash_sales(sales, bought, holdings, today, bought_again),
        untouched=untouched,
        notes=tuple(seller.note for seller in sellers if seller.symbol in sold and seller.note is not None),
    )


def _balance(
    allocation: Allocation,
    positions: Mapping[str, Position],
    open_buys: Mapping[str, Cents],
    terms: Terms,
    cash: Cents,
) -> Balance:
    values = {}
    for symbol in allocation.weights:
        held = positions[symbol].market_value if symbol in positions else None
        values[symbol] = round_to_cents(held or Decimal(0)) + open_buys.get(symbol, 0)
    minimums = {sector.symbol: terms.minimum(sector) for sector in allocation.sectors}
    return Balance(
        values,
        allocation.weights,
        minimums,
        cash,
        unsellable=frozenset(symbol for symbol in values if terms.trouble_selling(symbol)),
        unbuyable=frozenset(symbol for symbol in values if terms.trouble_buying(symbol)),
    )


def _left_out(wanted: Moves, allocation: Allocation, terms: Terms) -> list[HeldBack]:
    """Return what is not ordered at all, with the figures or the broker's reason."""
    found = []
    for sector in allocation.sectors:
        if cents := wanted.blocked.get(sector.symbol):
            trouble = terms.trouble_buying(sector.symbol) if cents > 0 else terms.trouble_selling(sector.symbol)
            what = "bought" if cents > 0 else "sold"
            found.append(HeldBack(sector.name, sector.symbol, f"{as_text(abs(cents))} is not {what}: {trouble}"))
        elif cents := wanted.too_small.get(sector.symbol):
            found.append(HeldBack(sector.name, sector.symbol, below_minimum(abs(cents), terms.minimum(sector))))
    return found


def _why_nothing(held_back: Collection[HeldBack]) -> str:
    if not held_back:
        return "A sector is outside its band, and there is nothing that could be sold or bought to bring it back."
    told = "; ".join(f"{one.sector}: {one.reason}" for one in held_back)
    return f"A sector is outside its band, and nothing can be ordered to bring it back. {told}."


def _drift(allocation: Allocation, values: Mapping[str, Cents], traded: Mapping[str, Cents]) -> Decimal:
    """Return the drift in percentage points when these cents of each symbol are traded; something is held."""
    held = {symbol: in_dollars(cents + traded.get(symbol, 0)) for symbol, cents in values.items()}
    measured = variance.measure(allocation, held)
    return measured.drift if isinstance(measured, variance.Variance) else Decimal(0)


def _wash_sales(
    sales: Collection[Sale],
    bought: Collection[str],
    holdings: Holdings,
    today: date,
    bought_again: Collection[str],
) -> tuple[WashSale, ...]:
    activities = holdings.activities
    of_sales = (
        wash_sales.of_sale(
            lots.open_lots(sale.symbol, activities),
            sale.quantity,
            sale.realised.losses,
            today,
            bought_again=bought_again,
        )
        for sale in sales
    )
    earlier = wash_sales.of_purchases(bought, today, activities)
    return (*(one for one in of_sales if one is not None), *earlier)
