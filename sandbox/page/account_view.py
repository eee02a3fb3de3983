"""The brokerage account on the page: balances, positions, and orders as they come and fill."""

from decimal import Decimal

from sandbox.alpaca import Brokerage, Status
from sandbox.alpaca.amounts import plain, to_cents
from sandbox.alpaca.orders import Order
from sandbox.page.words import moment, money, signed

_SHOWN_ORDERS = 60

_STATES = {
    Status.ACCEPTED: "Waits for the open",
    Status.NEW: "Open",
    Status.PARTIALLY_FILLED: "Partly filled",
    Status.FILLED: "Filled",
    Status.CANCELED: "Canceled",
    Status.EXPIRED: "Expired",
}


def account(brokerage: Brokerage) -> dict[str, object]:
    """Return balances and positions, ready for JSON."""
    state = brokerage.account()
    return {
        "number": state.number,
        "equity": money(state.equity),
        "cash": money(state.cash),
        "invested": money(state.long_market_value),
        "pending": money(state.pending_in) if state.pending_in else "",
        "positions": _positions(brokerage),
    }


def orders(brokerage: Brokerage) -> list[dict[str, object]]:
    """Return the newest orders, newest first, ready for JSON."""
    now = brokerage.settle()
    return [_order(order, order.status(now)) for order in reversed(brokerage.orders()[-_SHOWN_ORDERS:])]


def _positions(brokerage: Brokerage) -> list[dict[str, object]]:
    now = brokerage.settle()
    shown: list[dict[str, object]] = []
    for symbol, holding in brokerage.shown_holdings().items():
        value = to_cents(holding.qty * brokerage.market.price(symbol, now))
        gain = value - to_cents(holding.cost_basis)
        shown.append(
            {
                "symbol": holding.asset.position_symbol,
                "name": holding.asset.instrument.name,
                "quantity": plain(holding.qty),
                "value": money(value),
                "gain": signed(gain),
                "sign": _sign(gain),
            }
        )
    return shown


def _order(order: Order, status: Status) -> dict[str, object]:
    request = order.request
    price = order.filled_price
    return {
        "id": str(order.id),
        "at": moment(order.submitted_at),
        "symbol": order.asset.symbol,
        "side": request.side.value,
        "asked": money(request.notional)
        if request.notional is not None
        else f"{plain(request.qty or Decimal(0))} pieces",
        "status": status.value,
        "state": _STATES[status],
        "filled": plain(order.filled_qty) if price is not None else "",
        "price": money(to_cents(price)) if price is not None else "",
    }


def _sign(amount: Decimal) -> str:
    return "gain" if amount > 0 else "loss" if amount < 0 else "even"
