"""From the state to Alpaca's JSON: money and quantities as strings, times in RFC 3339."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sandbox.alpaca.account import Account
from sandbox.alpaca.amounts import SMALLEST_QTY, plain
from sandbox.alpaca.assets import Asset
from sandbox.alpaca.book import Holding
from sandbox.alpaca.orders import Order, Side, Status
from sandbox.alpaca.rules import Refusal
from sandbox.sessions import NEW_YORK, Session, next_session, open_session

Json = dict[str, object]


def stamp(at: datetime) -> str:
    """Write an instant in UTC, with microseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def refused(refusal: Refusal) -> Json:
    """Return the body of a refusal."""
    return {"code": refusal.code, "message": refusal.message, **refusal.details}


def clock(now: datetime) -> Json:
    """Return the market's clock, in New York time."""
    session = open_session(now)
    upcoming = next_session(now)
    return {
        "timestamp": now.astimezone(NEW_YORK).isoformat(),
        "is_open": session is not None,
        "next_open": upcoming.opens.isoformat(),
        "next_close": (session or upcoming).closes.isoformat(),
    }


def calendar_day(session: Session) -> Json:
    """Return one trading day; times are New York's, without saying so."""
    return {
        "date": session.day.isoformat(),
        "open": f"{session.opens:%H:%M}",
        "close": f"{session.closes:%H:%M}",
        # Extended hours: from 4:00 until four hours after the close, so 17:00 on a half day.
        "session_open": "0400",
        "session_close": f"{session.closes + timedelta(hours=4):%H%M}",
        "settlement_date": session.settles.isoformat(),
    }


def account(state: Account) -> Json:
    """Return the account with every field that is not deprecated."""
    return {
        "id": str(state.id),
        "account_number": state.number,
        "status": state.restrictions.status.value,
        "crypto_status": state.restrictions.crypto_status.value,
        "currency": "USD",
        "cash": plain(state.cash),
        "buying_power": plain(state.means.buying_power),
        "regt_buying_power": plain(state.means.overnight),
        "non_marginable_buying_power": plain(state.means.settled),
        "options_buying_power": plain(state.means.settled),
        "options_approved_level": 0,
        "options_trading_level": 0,
        "multiplier": str(state.multiplier),
        "equity": plain(state.equity),
        "portfolio_value": plain(state.equity),
        "last_equity": plain(state.last_equity),
        "balance_asof": state.balance_day.isoformat(),
        "long_market_value": plain(state.long_market_value),
        "short_market_value": "0",
        "initial_margin": plain(state.means.initial_margin),
        "maintenance_margin": plain(state.means.maintenance_margin),
        "last_maintenance_margin": "0",
        "sma": "0",
        "accrued_fees": "0",
        "pending_transfer_in": plain(state.pending_in),
        "pending_transfer_out": "0",
        "pending_reg_taf_fees": "0",
        "intraday_adjustments": "0",
        "trading_blocked": state.restrictions.trading_blocked,
        "transfers_blocked": state.restrictions.account_blocked,
        "account_blocked": state.restrictions.account_blocked,
        "trade_suspended_by_user": state.restrictions.suspended_by_user,
        "shorting_enabled": False,
        "created_at": stamp(state.created_at),
    }


def asset(listed: Asset) -> Json:
    """Return one asset; the last three fields exist for crypto only."""
    instrument = listed.instrument
    answer: Json = {
        "id": str(listed.id),
        "class": instrument.kind.value,
        "exchange": instrument.exchange,
        "symbol": listed.symbol,
        "name": instrument.name,
        "status": "active" if instrument.active else "inactive",
        "tradable": instrument.tradable,
        "marginable": not listed.is_crypto and instrument.tradable,
        "shortable": False,
        "easy_to_borrow": False,
        "fractionable": instrument.fractionable,
        "attributes": [],
    }
    if listed.is_crypto:
        answer |= {
            "min_order_size": plain(instrument.min_order_size or SMALLEST_QTY),
            "min_trade_increment": plain(SMALLEST_QTY),
            "price_increment": plain(instrument.tick),
        }
    else:
        answer |= {"maintenance_margin_requirement": 30, "borrow_status": "hard_to_borrow"}
    return answer


def order(state: Order, now: datetime) -> Json:
    """Return one order as it is now."""
    request = state.request
    status = state.status(now)
    over = {ended: stamp(state.ended_at) if state.ended_at and status is ended else None for ended in Status}
    answer: Json = {
        "id": str(state.id),
        "client_order_id": request.client_order_id,
        "created_at": stamp(state.submitted_at),
        "updated_at": stamp(state.changed_at),
        "submitted_at": stamp(state.submitted_at),
        "filled_at": over[Status.FILLED],
        "expired_at": over[Status.EXPIRED],
        "canceled_at": over[Status.CANCELED],
        "failed_at": None,
        "replaced_at": None,
        "replaced_by": None,
        "replaces": None,
        "asset_id": str(state.asset.id),
        "symbol": state.asset.symbol,
        "asset_class": state.asset.instrument.kind.value,
        "notional": plain(request.notional) if request.notional is not None else None,
        "qty": plain(request.qty) if request.qty is not None else None,
        "filled_qty": plain(state.filled_qty),
        "filled_avg_price": plain(state.filled_price) if state.filled_price is not None else None,
        "order_class": "",
        "order_type": "market",
        "type": "market",
        "side": request.side.value,
        "position_intent": "buy_to_open" if request.side is Side.BUY else "sell_to_close",
        "time_in_force": request.time_in_force.value,
        "limit_price": None,
        "stop_price": None,
        "status": status.value,
        "extended_hours": False,
        "legs": None,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
    }
    if state.dies_at is not None:
        answer["expires_at"] = stamp(state.dies_at)
    return answer


def position(holding: Holding, price: Decimal, last_price: Decimal, today: Decimal, available: Decimal) -> Json:
    """Return one position; today is the profit in dollars since the last close, and every "pc" is a fraction."""
    cost, value = holding.cost_basis, holding.qty * price
    invested = value - today
    return {
        "asset_id": str(holding.asset.position_id),
        "symbol": holding.asset.position_symbol,
        "exchange": holding.asset.instrument.exchange,
        "asset_class": holding.asset.instrument.kind.value,
        "asset_marginable": not holding.asset.is_crypto,
        "side": "long",
        "qty": plain(holding.qty),
        "qty_available": plain(available),
        "avg_entry_price": plain(holding.average_price),
        "cost_basis": plain(cost),
        "market_value": plain(value),
        "unrealized_pl": plain(value - cost),
        "unrealized_plpc": plain((value - cost) / cost),
        "unrealized_intraday_pl": plain(today),
        "unrealized_intraday_plpc": plain(today / invested if invested else Decimal(0)),
        "current_price": plain(price),
        "lastday_price": plain(last_price),
        "change_today": plain(price / last_price - 1),
    }
