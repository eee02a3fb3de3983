"""What the brokerage tells people: the demo's list of orders and the account in short. Not Alpaca's JSON."""

from datetime import datetime
from decimal import Decimal

from sandbox.alpaca.account import Account
from sandbox.alpaca.amounts import plain, to_cents
from sandbox.alpaca.book import Holding
from sandbox.alpaca.orders import Order
from sandbox.sessions import NEW_YORK


def transcript(state: Order, now: datetime) -> dict[str, str | None]:
    """Return one order for the demo's report; at is New York time."""
    request = state.request
    return {
        "at": state.submitted_at.astimezone(NEW_YORK).isoformat(),
        "client_order_id": request.client_order_id,
        "symbol": state.asset.symbol,
        "side": request.side.value,
        "notional": plain(request.notional) if request.notional is not None else None,
        "time_in_force": request.time_in_force.value,
        "status": state.status(now).value,
        "filled_qty": plain(state.filled_qty),
        "filled_avg_price": plain(state.filled_price) if state.filled_price is not None else None,
    }


def summary(state: Account, priced: list[tuple[Holding, Decimal]]) -> dict[str, object]:
    """Return the account and its positions in short."""
    return {
        "id": str(state.id),
        "account_number": state.number,
        "cash": plain(state.cash),
        "buying_power": plain(state.means.buying_power),
        "equity": plain(state.equity),
        "long_market_value": plain(state.long_market_value),
        "positions": [
            {
                "symbol": holding.asset.position_symbol,
                "qty": plain(holding.qty),
                "market_value": plain(to_cents(holding.qty * price)),
                "cost_basis": plain(to_cents(holding.cost_basis)),
            }
            for holding, price in priced
        ],
    }
