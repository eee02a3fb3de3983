"""The account's book: every dollar and every share that came or went, from which all balances follow.

Balances are asked for at an instant, so yesterday's equity and a position that lags are the same question.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sandbox.alpaca.amounts import to_cents
from sandbox.alpaca.assets import Asset
from sandbox.alpaca.entries import Entry
from sandbox.alpaca.orders import Fill, Side
from sandbox.instruments import Kind
from sandbox.market import Market
from sandbox.sessions import settlement


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
    """Record entries and fills, and answer balances."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.fills: list[Fill] = []

    def cash(self, at: datetime) -> Decimal:
        """Return the dollars in the account at an instant; open orders are not taken off, debts are negative."""
        moved = sum((entry.amount for entry in self.entries if entry.at <= at), Decimal(0))
        spent = sum(
            (fill.amount if fill.side is Side.BUY else -fill.amount for fill in self.fills if fill.at <= at),
            Decimal(0),
        )
        return moved - spent

    def pending(self, at: datetime) -> Decimal:
        """Return the dollars of deposits on their way at an instant; they are in no other balance."""
        return sum((entry.amount for entry in self.entries if entry.is_pending(at)), Decimal(0))

    def unsettled(self, at: datetime) -> Decimal:
        """Return the dollars of sales that are cash already and have not settled; crypto settles at once."""
        return sum(
            (
                fill.amount
                for fill in self.fills
                if fill.side is Side.SELL and not fill.asset.is_crypto and fill.at <= at < settlement(fill.at)
            ),
            Decimal(0),
        )

    def holdings(self, at: datetime) -> Mapping[str, Holding]:
        """Return what was owned at an instant, by the symbol of orders."""
        holdings: dict[str, Holding] = {}
        for fill in self.fills:
            if fill.at <= at:
                before = holdings.get(fill.asset.symbol, Holding(fill.asset, Decimal(0), Decimal(0)))
                holdings[fill.asset.symbol] = before.after(fill)
        return {symbol: holding for symbol, holding in holdings.items() if holding.qty}

    def market_value(self, at: datetime, market: Market, kinds: frozenset[Kind] = frozenset(Kind)) -> Decimal:
        """Return the value of all holdings, or of some kinds of them, at an instant's prices, to the cent."""
        return sum(
            (
                to_cents(holding.qty * market.price(symbol, at))
                for symbol, holding in self.holdings(at).items()
                if holding.asset.instrument.kind in kinds
            ),
            Decimal(0),
        )

    def equity(self, at: datetime, market: Market) -> Decimal:
        """Return cash and holdings together, in dollars."""
        return self.cash(at) + self.market_value(at, market)
