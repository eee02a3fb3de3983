"""The account's book: every dollar and every share that came or went, from which all balances follow.

Balances are asked for at an instant, so yesterday's equity and a position that lags are the same question.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sandbox.alpaca.amounts import to_cents
from sandbox.alpaca.assets import Asset
from sandbox.alpaca.orders import Fill, Side
from sandbox.market import Market


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hold a deposit (positive) or a withdrawal (negative), in dollars."""

    id: UUID
    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """Hold what is owned of one asset: shares or coins, and their average price in dollars."""

    asset: Asset
    qty: Decimal
    average_price: Decimal

    @property
    def cost_basis(self) -> Decimal:
        """Return what is owned at what it cost, in dollars."""
        return self.qty * self.average_price

    def after(self, fill: Fill) -> "Holding":
        """Return the holding once a fill is added; a sale leaves the average price alone."""
        qty = self.qty + fill.held_qty
        if fill.side is Side.SELL or qty == 0:
            return Holding(self.asset, qty, self.average_price)
        return Holding(self.asset, qty, (self.cost_basis + fill.held_qty * fill.price) / qty)


class Book:
    """Record transfers and fills in the order of their time, and answer balances."""

    def __init__(self) -> None:
        self.transfers: list[Transfer] = []
        self.fills: list[Fill] = []

    def cash(self, at: datetime) -> Decimal:
        """Return the dollars in the account at an instant; open orders are not taken off."""
        moved = sum((transfer.amount for transfer in self.transfers if transfer.at <= at), Decimal(0))
        spent = sum(
            (fill.amount if fill.side is Side.BUY else -fill.amount for fill in self.fills if fill.at <= at),
            Decimal(0),
        )
        return moved - spent

    def holdings(self, at: datetime) -> Mapping[str, Holding]:
        """Return what was owned at an instant, by the symbol of orders."""
        holdings: dict[str, Holding] = {}
        for fill in self.fills:
            if fill.at <= at:
                before = holdings.get(fill.asset.symbol, Holding(fill.asset, Decimal(0), Decimal(0)))
                holdings[fill.asset.symbol] = before.after(fill)
        return {symbol: holding for symbol, holding in holdings.items() if holding.qty}

    def market_value(self, at: datetime, market: Market) -> Decimal:
        """Return the value of all holdings at an instant's prices, to the cent."""
        return sum(
            (to_cents(holding.qty * market.price(symbol, at)) for symbol, holding in self.holdings(at).items()),
            Decimal(0),
        )

    def equity(self, at: datetime, market: Market) -> Decimal:
        """Return cash and holdings together, in dollars."""
        return self.cash(at) + self.market_value(at, market)
