"""Strategies for cash: whether every sector gets its share of it, or first those furthest below their target."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from core.account import Asset, Investable, Minimums
from core.allocation import Allocation
from core.filling import fill
from core.investing import (
    CapTooLow,
    Cut,
    NotEnoughCash,
    Plan,
    ValueUnknown,
    Waiting,
    minimum_of,
    plan,
    troubles,
)
from core.money import Cents, round_to_cents
from core.orders import Order, OrderIntent, Side

_NOTHING: Mapping[str, Cents] = MappingProxyType({})


class Strategy(StrEnum):
    """How cash is shared out. The words are stored: they stay as they are."""

    PROPORTIONAL = "proportional"
    UNDERWEIGHT = "underweight"


@dataclass(frozen=True, slots=True)
class CashStrategy:
    """The strategy that the owner chose, as it is kept with its history."""

    strategy: Strategy = Strategy.PROPORTIONAL


Answer = Plan | NotEnoughCash | ValueUnknown | CapTooLow


def plan_cash(
    strategy: Strategy,
    cash: Investable,
    allocation: Allocation,
    *,
    minimums: Minimums,
    assets: Mapping[str, Asset],
    identify: Callable[[str], str],
    held: Mapping[str, Decimal | None],
    open_buys: Mapping[str, Cents] = _NOTHING,
    max_per_order: Cents | None = None,
) -> Answer:
    """Return what a strategy orders for the cash, or the figures that say why it orders nothing.

    `held` is dollars by symbol, None where it is not known; `open_buys` what open orders may still add to it, in cents:
    only `underweight` looks at them. No order is above `max_per_order`, and what is cut stays cash. `identify` gives a
    symbol's client order id.
    """
    match strategy:
        case Strategy.PROPORTIONAL:
            answer: Answer = plan(cash, allocation, minimums, assets, identify)
        case Strategy.UNDERWEIGHT:
            answer = _underweight(
                cash,
                allocation,
                minimums=minimums,
                assets=assets,
                identify=identify,
                held=held,
                open_buys=open_buys,
            )
        case _:
            assert_never(strategy)
    if isinstance(answer, Plan) and max_per_order is not None:
        return _capped(answer, max_per_order, allocation, minimums, assets)
    return answer


def still_to_buy(orders: Iterable[Order]) -> dict[str, Cents]:
    """Return, by symbol, what buy orders that have not come to their end may still add, in cents."""
    found: dict[str, Cents] = {}
    for order in orders:
        if order.intent.side is Side.BUY and not order.state.is_final:
            symbol = order.intent.symbol
            found[symbol] = found.get(symbol, 0) + max(0, order.committed - order.filled)
    return found


def _underweight(
    cash: Investable,
    allocation: Allocation,
    *,
    minimums: Minimums,
    assets: Mapping[str, Asset],
    identify: Callable[[str], str],
    held: Mapping[str, Decimal | None],
    open_buys: Mapping[str, Cents],
) -> Plan | NotEnoughCash | ValueUnknown:
    """Plan by `fill`, on what is held and on its way: a sector too small for its minimum waits, the others do not."""
    found = {sector.symbol: held.get(sector.symbol, Decimal(0)) for sector in allocation.sectors}
    values = {symbol: round_to_cents(value) for symbol, value in found.items() if value is not None}
    if unknown := tuple(symbol for symbol in found if symbol not in values):
        return ValueUnknown(unknown, cash.cents)
    least = {sector.symbol: minimum_of(sector, minimums, assets) for sector in allocation.sectors}
    coming = {symbol: value + open_buys.get(symbol, 0) for symbol, value in values.items()}
    filling = fill(cash.cents, coming, allocation.weights, least)
    if not filling.orders:
        lowest = min(allocation.sectors, key=lambda sector: (least[sector.symbol], sector.symbol))
        return NotEnoughCash(
            available=cash.cents,
            needed=least[lowest.symbol],
            sector=lowest.name,
            weight=lowest.weight,
            minimum=least[lowest.symbol],
            limited_by=cash.limited_by,
            free_cash=cash.free_cash,
            reserve=cash.reserve,
            owed=cash.owed,
        )
    return Plan(
        tuple(
            OrderIntent(identify(sector.symbol), sector.name, sector.symbol, filling.orders[sector.symbol])
            for sector in allocation.sectors
            if sector.symbol in filling.orders
        ),
        cash.cents,
        cash.free_cash,
        troubles(allocation, assets),
        tuple(
            Waiting(sector.name, sector.symbol, filling.ideal[sector.symbol], least[sector.symbol])
            for sector in allocation.sectors
            if sector.symbol in filling.waiting
        ),
    )


def _capped(
    planned: Plan, limit: Cents, allocation: Allocation, minimums: Minimums, assets: Mapping[str, Asset]
) -> Plan | CapTooLow:
    """Return the plan with no order above the limit. An order whose minimum is above the limit is left out whole."""
    least = {sector.symbol: minimum_of(sector, minimums, assets) for sector in allocation.sectors}
    intents, cuts = [], []
    for intent in planned.intents:
        ordered = intent.notional
        if ordered > limit:
            ordered = limit if limit >= least[intent.symbol] else 0
            cuts.append(Cut(intent.sector, intent.symbol, intent.notional, ordered))
        if ordered:
            intents.append(replace(intent, notional=ordered))
    if not intents:
        lowest = min(cuts, key=lambda cut: (least[cut.symbol], cut.symbol))
        return CapTooLow(limit, lowest.sector, least[lowest.symbol], planned.cash)
    return replace(planned, intents=tuple(intents), cash=sum(intent.notional for intent in intents), cuts=tuple(cuts))
