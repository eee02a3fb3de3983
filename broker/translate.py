"""Alpaca's JSON to core values and back. Money arrives as text or Decimals, and never becomes a float on its way in."""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from broker import fields
from core import symbols
from core.account import Account, Asset
from core.calendar import NEW_YORK, MarketClock, Session
from core.money import Cents, round_to_cents
from core.orders import BrokerOrder, OrderState
from core.positions import Position, Quote
from core.symbols import AssetClass

Json = Mapping[str, Any]

log = logging.getLogger(__name__)

# A daily bar of crypto starts at midnight in Chicago: the bars in Alpaca's own description of its snapshots begin at
# 05:00Z in May.
_COIN_DAY = ZoneInfo("America/Chicago")

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
    if not isinstance(answer["id"], str):
        # As text it would be the id of another account, over which the service would end.
        raise TypeError("an account's id is text")
    crypto_status = answer.get("crypto_status") or "ACTIVE"
    return Account(
        account_id=str(answer["id"]),
        cash=Decimal(answer["cash"]),
        open_buys=sum((_still_to_pay(order) for order in open_orders), Decimal(0)),
        buying_power=Decimal(answer["buying_power"]),
        non_marginable_buying_power=Decimal(answer["non_marginable_buying_power"]),
        trouble=_trouble(answer),
        crypto_trouble=None if crypto_status == "ACTIVE" else f"the account's crypto status is {crypto_status}",
        equity=fields.number(answer.get("equity")),
        pending_in=fields.number(answer.get("pending_transfer_in")) or Decimal(0),
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
    notional, quantity, price = (answer.get(name) for name in ("notional", "qty", "filled_avg_price"))
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
        quantity=None if quantity is None else Decimal(quantity),
    )


def position(answer: Json) -> Position:
    """Translate one line of GET /v2/positions; no line is lost, whatever is missing in it.

    A quantity that cannot be read is 0: no holding that Alpaca lists truly has it.
    """
    symbol = fields.symbol(fields.text(answer, "symbol") or fields.text(answer, "asset_id") or "unnamed")
    quantity = fields.number(answer.get("qty"))
    if quantity is None:
        log.warning("the position in %s came without a quantity", symbol)
        quantity = Decimal(0)
    return Position(
        symbol=symbol,
        quantity=-abs(quantity) if answer.get("side") == "short" else quantity,
        cost_basis=fields.number(answer.get("cost_basis")),
        price=fields.number(answer.get("current_price")),
        market_value=fields.number(answer.get("market_value")),
        change_today=fields.number(answer.get("change_today")),
    )


def quote(snapshot: Json) -> Quote | None:
    """Translate a coin's snapshot: its latest trade against its previous daily bar; None without a price.

    Without that bar the previous close is 0, of which no change can be told.
    """
    price = fields.positive((snapshot.get("latestTrade") or {}).get("p"))
    close = fields.positive((snapshot.get("prevDailyBar") or {}).get("c"))
    return None if price is None else Quote(price, close or Decimal(0))


def closes(bars: Iterable[Json]) -> dict[date, Decimal]:
    """Translate daily bars to closes by day; one without a price is left out.

    A bar's day is the UTC date of its start `t`. Alpaca starts the bars of funds at midnight in New York (04:00Z or
    05:00Z) and those of coins at midnight in Chicago (05:00Z or 06:00Z), so that is their date there as well.
    """
    found = {_starts(bar).date(): fields.positive(bar.get("c")) for bar in bars}
    return {day: close for day, close in found.items() if close is not None}


def is_coin_day_over(bar: Json, now: datetime) -> bool:
    """Tell whether a coin's daily bar will not change any more: a day of Chicago's clock has passed since its start."""
    return (_starts(bar).astimezone(_COIN_DAY) + timedelta(days=1)).astimezone(UTC) <= now


def time_in_force(asset_class: AssetClass) -> str:
    """Return how long an order of this class stays: Alpaca takes fractional equity orders for the day only,
    and crypto orders only until canceled or immediately.
    """
    return "gtc" if asset_class is AssetClass.CRYPTO else "day"


def _starts(bar: Json) -> datetime:
    return datetime.fromisoformat(bar["t"]).astimezone(UTC)


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
