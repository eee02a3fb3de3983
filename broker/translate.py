"""Alpaca's JSON to core values and back. Money arrives as strings and never becomes a float on its way in."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import ROUND_CEILING, Decimal
from typing import Any

from core import symbols
from core.account import Account, Asset
from core.calendar import NEW_YORK, MarketClock, Session
from core.money import Cents, round_to_cents
from core.orders import BrokerOrder, OrderState
from core.symbols import AssetClass

Json = Mapping[str, Any]

# Any status that is not listed, a new one of Alpaca's included, counts as still open: it is followed to its end.
_STATES = {
    "partially_filled": OrderState.PARTIALLY_FILLED,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELED,
    "replaced": OrderState.CANCELED,
    "expired": OrderState.EXPIRED,
    "rejected": OrderState.REJECTED,
}

_ACCOUNT_BLOCKS = {
    "account_blocked": "the account is blocked",
    "trading_blocked": "trading is blocked for the account",
    "trade_suspended_by_user": "trading is suspended in the account's own configuration",
}


def market_clock(answer: Json) -> MarketClock:
    """Translate GET /v2/clock."""
    return MarketClock(
        now=datetime.fromisoformat(answer["timestamp"]),
        is_open=bool(answer["is_open"]),
        next_open=datetime.fromisoformat(answer["next_open"]),
        next_close=datetime.fromisoformat(answer["next_close"]),
    )


def session(answer: Json) -> Session:
    """Translate one day of GET /v2/calendar, whose hours are New York's without saying so."""
    day = date.fromisoformat(answer["date"])
    return Session(day, opens=_in_new_york(day, answer["open"]), closes=_in_new_york(day, answer["close"]))


def account(answer: Json, open_orders: Iterable[Json]) -> Account:
    """Translate GET /v2/account, with the open orders that its `cash` does not know of."""
    crypto_status = answer.get("crypto_status") or "ACTIVE"
    return Account(
        account_id=str(answer["id"]),
        cash=Decimal(answer["cash"]),
        open_buys=sum((_still_to_pay(order) for order in open_orders), Decimal(0)),
        buying_power=Decimal(answer["buying_power"]),
        non_marginable_buying_power=Decimal(answer["non_marginable_buying_power"]),
        trouble=_trouble(answer),
        crypto_trouble=None if crypto_status == "ACTIVE" else f"the account's crypto status is {crypto_status}",
    )


def asset(answer: Json, price: Decimal | None) -> Asset:
    """Translate an asset. `price` in dollars turns its smallest quantity into its smallest order."""
    smallest = answer.get("min_order_size")
    minimum: Cents | None = None
    if smallest is not None and price is not None:
        dollars = (Decimal(str(smallest)) * price).quantize(Decimal("0.01"), rounding=ROUND_CEILING)
        minimum = round_to_cents(dollars)
    return Asset(
        symbol=symbols.normalise(answer["symbol"]),
        tradable=bool(answer["tradable"]) and answer.get("status") == "active",
        fractionable=bool(answer["fractionable"]),
        minimum=minimum,
    )


def order(answer: Json) -> BrokerOrder:
    """Translate an order."""
    notional, price = answer.get("notional"), answer.get("filled_avg_price")
    state = _STATES.get(answer["status"], OrderState.ACCEPTED)
    if state is OrderState.FILLED and price is None:
        # The price of a fill can be a moment late: until it is there, the order is looked at again.
        state = OrderState.ACCEPTED
    return BrokerOrder(
        broker_id=str(answer["id"]),
        client_order_id=str(answer["client_order_id"]),
        symbol=symbols.normalise(answer["symbol"]),
        side=str(answer["side"]),
        notional=None if notional is None else round_to_cents(Decimal(notional)),
        state=state,
        filled_quantity=Decimal(answer.get("filled_qty") or 0),
        filled_price=None if price is None else Decimal(price),
    )


def time_in_force(asset_class: AssetClass) -> str:
    """Return how long an order of this class stays: Alpaca takes fractional equity orders for the day only,
    and crypto orders only until canceled or immediately.
    """
    return "gtc" if asset_class is AssetClass.CRYPTO else "day"


def _in_new_york(day: date, hour: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(hour), NEW_YORK)


def _trouble(answer: Json) -> str | None:
    if answer["status"] != "ACTIVE":
        return f"the account's status is {answer['status']}"
    return next((words for flag, words in _ACCOUNT_BLOCKS.items() if answer.get(flag)), None)


def _still_to_pay(answer: Json) -> Decimal:
    if answer["side"] != "buy":
        return Decimal(0)
    filled = Decimal(answer.get("filled_qty") or 0) * Decimal(answer.get("filled_avg_price") or 0)
    if answer.get("notional") is not None:
        return max(Decimal(0), Decimal(answer["notional"]) - filled)
    # A market order for a quantity names no price; non_marginable_buying_power already leaves room for it.
    price = answer.get("limit_price") or answer.get("stop_price") or 0
    return max(Decimal(0), Decimal(answer.get("qty") or 0) * Decimal(price) - filled)
