"""Why an order is refused.

Statuses and codes are Alpaca's, and so are the words that its users' reports quote; the others are in its manner.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal, InvalidOperation
from enum import Enum
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID, uuid4

from sandbox.alpaca.amounts import CENT, decimals, plain
from sandbox.alpaca.assets import Asset
from sandbox.alpaca.means import Means
from sandbox.alpaca.orders import OrderRequest, Side, TimeInForce
from sandbox.alpaca.restrictions import AccountStatus, Restrictions

_MOST_CHARACTERS = 128
_EQUITY_MINIMUM = Decimal(1)
# Beyond any account, and before Decimal runs out of digits for 9 decimals.
_MOST_DOLLARS_OR_SHARES = Decimal(10) ** 12

_Choice = TypeVar("_Choice", bound=Enum)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Hold an answer that is no order: HTTP status, Alpaca's code and message, and further fields of the body."""

    status: int
    code: int
    message: str
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold what the rules ask about the account and the asset; dollars, shares or coins.

    opposite is an open order of the other side in the same asset, None when there is none or nobody minds.
    """

    restrictions: Restrictions
    halted: bool
    price: Decimal
    means: Means
    available_qty: Decimal
    minimum_crypto_order: Decimal
    opposite: UUID | None


def read_order(body: bytes) -> OrderRequest | Refusal:
    """Read a request for a market order, without a float on the way."""
    try:
        fields = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return Refusal(400, 40010000, "request body format is invalid")
    symbol = fields.get("symbol")
    side = _choice(Side, fields.get("side"))
    time_in_force = _choice(TimeInForce, fields.get("time_in_force"))
    # Alpaca makes an id when none is sent.
    client_order_id = str(fields.get("client_order_id") or uuid4())
    notional = _number(fields.get("notional"))
    qty = _number(fields.get("qty"))
    if not isinstance(symbol, str) or not symbol:
        return _invalid("symbol is required")
    if side is None:
        return _invalid("invalid side")
    if time_in_force is None:
        return _invalid("invalid time_in_force")
    if len(client_order_id) > _MOST_CHARACTERS:
        return _invalid(f"client_order_id must be no more than {_MOST_CHARACTERS} characters")
    request = OrderRequest(symbol, side, notional, qty, time_in_force, client_order_id)
    return _size_refusal(fields, request) or _kind_refusal(fields, request) or request


def duplicate_id() -> Refusal:
    """Return the refusal of a client order id that was used before, even by an order that is over."""
    return _invalid("client_order_id must be unique")


def unknown_asset(symbol: str) -> Refusal:
    """Return the refusal of an order in an asset that is not listed."""
    return _unprocessable(f'asset "{symbol}" not found')


def refusal(request: OrderRequest, asset: Asset, standing: Standing) -> Refusal | None:
    """Return why a well-formed order is refused, or None when it is accepted."""
    return (
        _account_refusal(asset, standing.restrictions)
        or _asset_refusal(request, asset, standing)
        or _time_refusal(request, asset)
        or _minimum_refusal(request, asset, standing)
        or _wash_refusal(standing)
        or _means_refusal(request, asset, standing)
    )


def _size_refusal(fields: Mapping[str, object], request: OrderRequest) -> Refusal | None:
    sent = [name for name in ("notional", "qty") if fields.get(name) is not None]
    if not sent:
        return _invalid("qty or notional is required")
    if len(sent) == 2:
        return _invalid("only one of qty or notional is accepted")
    size = request.notional if sent == ["notional"] else request.qty
    if size is None or size > _MOST_DOLLARS_OR_SHARES:
        return _invalid(f"invalid {sent[0]}")
    if size <= 0:
        return _unprocessable(f"{sent[0]} must be > 0")
    if request.notional is not None and decimals(size) > 2:
        return _unprocessable("notional value must be limited to 2 decimal places")
    if decimals(size) > 9:
        return _unprocessable("qty must be limited to 9 decimal places")
    return None


def _kind_refusal(fields: Mapping[str, object], request: OrderRequest) -> Refusal | None:
    kind = fields.get("type")
    if fields.get("extended_hours"):
        return _invalid('only type="limit" is allowed for extended hours orders')
    if fields.get("order_class") not in (None, "", "simple"):
        return _unprocessable("fractional orders must be simple orders")
    if kind == "market":
        return None
    if kind not in ("limit", "stop", "stop_limit", "trailing_stop"):
        return _invalid("invalid type")
    if request.is_fractional:
        return _unprocessable("fractional orders must be market orders")
    return _unprocessable(f"the sandbox simulates market orders only, not {kind}")


def _account_refusal(asset: Asset, restrictions: Restrictions) -> Refusal | None:
    blocked = restrictions.trading_blocked or restrictions.account_blocked
    if blocked or restrictions.status is not AccountStatus.ACTIVE:
        return Refusal(403, 40310000, "account is not authorized to trade")
    if restrictions.suspended_by_user:
        return Refusal(403, 40310000, "new orders are rejected by user request")
    if asset.is_crypto and restrictions.crypto_status is not AccountStatus.ACTIVE:
        return _invalid("crypto orders not allowed for account")
    return None


def _asset_refusal(request: OrderRequest, asset: Asset, standing: Standing) -> Refusal | None:
    if not asset.instrument.tradable:
        return _unprocessable(f'asset "{asset.symbol}" is not tradable')
    if standing.halted:
        return _unprocessable(f'trading in asset "{asset.symbol}" is halted')
    if request.is_fractional and not asset.instrument.fractionable:
        # Alpaca: "requested asset is not fractionable", told from the other 40310000 by its words alone.
        return Refusal(403, 40310000, "requested asset is not fractionable")
    return None


def _time_refusal(request: OrderRequest, asset: Asset) -> Refusal | None:
    if asset.is_crypto:
        if request.time_in_force not in {TimeInForce.GTC, TimeInForce.IOC}:
            return _unprocessable("invalid crypto time_in_force")
        return None
    if request.time_in_force is TimeInForce.DAY:
        return None
    if request.is_fractional:
        return _unprocessable("fractional orders must be DAY orders")
    return _unprocessable(f"the sandbox simulates day orders only, not {request.time_in_force.value}")


def _minimum_refusal(request: OrderRequest, asset: Asset, standing: Standing) -> Refusal | None:
    minimum = standing.minimum_crypto_order if asset.is_crypto else _EQUITY_MINIMUM
    smallest = asset.instrument.min_order_size
    if smallest is not None:
        minimum = max(minimum, (smallest * standing.price).quantize(CENT, ROUND_UP))
    if request.cost(standing.price) >= minimum:
        return None
    return Refusal(403, 40310000, f"cost basis must be >= minimal amount of order {plain(minimum)}")


def _wash_refusal(standing: Standing) -> Refusal | None:
    if standing.opposite is None:
        return None
    details = {
        "existing_order_id": str(standing.opposite),
        "reject_reason": "opposite side market/stop order exists",
    }
    return Refusal(403, 40310000, "potential wash trade detected. use complex orders", details)


def _means_refusal(request: OrderRequest, asset: Asset, standing: Standing) -> Refusal | None:
    if request.side is Side.BUY:
        cost = request.cost(standing.price)
        if asset.is_crypto:
            # Coins are bought with settled cash alone, and a lack of it is told in other words.
            return None if cost <= standing.means.settled else _too_little("USD", cost, standing.means.settled)
        if cost <= standing.means.buying_power:
            return None
        details = {"buying_power": plain(standing.means.buying_power), "cost_basis": plain(cost)}
        return Refusal(403, 40310000, "insufficient buying power", details)
    wanted = request.shares(standing.price)
    if wanted <= standing.available_qty:
        return None
    if asset.is_crypto:
        return _too_little(asset.symbol.split("/")[0], wanted, standing.available_qty)
    available = plain(standing.available_qty)
    return Refusal(
        403,
        40310000,
        f"insufficient qty available for order (requested: {plain(wanted)}, available: {available})",
        {"symbol": asset.position_symbol, "available": available},
    )


def _too_little(currency: str, wanted: Decimal, available: Decimal) -> Refusal:
    message = f"insufficient balance for {currency} (requested: {plain(wanted)}, available: {plain(available)})"
    details = {"symbol": currency, "available": plain(available), "balance": plain(available)}
    return Refusal(403, 40310000, message, details)


def _choice(choices: type[_Choice], value: object) -> _Choice | None:
    return next((choice for choice in choices if choice.value == value), None)


def _number(value: object) -> Decimal | None:
    """Read a JSON number or string; None for anything else, infinities included."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _invalid(message: str) -> Refusal:
    return Refusal(422, 40010001, message)


def _unprocessable(message: str) -> Refusal:
    return Refusal(422, 42210000, message)
