"""How an intent becomes the request that Alpaca takes."""

from typing import Any

from alpaca.trading.enums import OrderSide, OrderType, TimeInForce
from alpaca.trading.requests import MarketOrderRequest

from broker import translate
from core.money import in_dollars
from core.orders import OrderIntent


class _ForQuantity(MarketOrderRequest):
    """An order whose quantity leaves as text: the SDK's own field is a float, which long quantities do not survive."""

    exactly: str

    def to_request_fields(self) -> dict[str, Any]:
        """Return what is sent."""
        fields: dict[str, Any] = super().to_request_fields()
        return {**{name: value for name, value in fields.items() if name != "exactly"}, "qty": self.exactly}


def request_of(intent: OrderIntent) -> MarketOrderRequest:
    """Return an order as the SDK wants it: a purchase of dollars, a sale of a quantity."""
    if intent.quantity is not None:
        return _ForQuantity(
            symbol=intent.symbol,
            # It must not be missing; what is sent is exact.
            qty=float(intent.quantity),
            exactly=f"{intent.quantity:f}",
            type=OrderType.MARKET,
            side=OrderSide(intent.side.value),
            time_in_force=TimeInForce(translate.time_in_force(intent.asset_class)),
            client_order_id=intent.client_order_id,
        )
    return MarketOrderRequest(
        symbol=intent.symbol,
        # The SDK takes a float; two decimals survive it exactly.
        notional=float(in_dollars(intent.notional)),
        side=OrderSide(intent.side.value),
        time_in_force=TimeInForce(translate.time_in_force(intent.asset_class)),
        client_order_id=intent.client_order_id,
    )
