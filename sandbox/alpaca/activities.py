"""The account's activities: what its book says, in Alpaca's words and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from sandbox.alpaca import queries
from sandbox.alpaca.amounts import plain
from sandbox.alpaca.answers import Json, stamp
from sandbox.alpaca.book import Book, Transfer
from sandbox.alpaca.orders import Fill
from sandbox.sessions import NEW_YORK

_TRADES = frozenset({"FILL"})


@dataclass(frozen=True, slots=True)
class Activity:
    """Hold one activity: net_amount is what it moved besides trades, in dollars."""

    id: str
    at: datetime
    type: str
    net_amount: Decimal
    body: Mapping[str, object]

    def answer(self) -> Json:
        """Return its JSON."""
        return {"id": self.id, "activity_type": self.type, **self.body}


def activities(book: Book) -> list[Activity]:
    """Return every activity, oldest first."""
    found = [_transferred(transfer) for transfer in book.transfers]
    for fill in book.fills:
        found.append(_filled(fill))
        if fill.fee_qty:
            found.append(_charged(fill))
    return sorted(found, key=lambda activity: activity.at)


def page(found: list[Activity], params: queries.Params, types: list[str]) -> list[Activity]:
    """Return the page that the parameters of GET /v2/account/activities ask for; types empty means all."""
    after, until = queries.moment(params, "after"), queries.moment(params, "until")
    on = queries.moment(params, "date")
    category = params.get("category")
    newest_first = queries.choice(params, "direction", ("desc", "asc")) == "desc"
    size = queries.whole_number(params, "page_size", 100, 100)
    wanted = [
        activity
        for activity in (reversed(found) if newest_first else found)
        if (not types or activity.type in types)
        and (not category or (category == "trade_activity") == (activity.type in _TRADES))
        and (after is None or activity.at > after)
        and (until is None or activity.at < until)
        and (on is None or on <= activity.at < on + timedelta(days=1))
    ]
    # Alpaca: page_token is the id of the last activity of the page before.
    token = params.get("page_token")
    ids = [activity.id for activity in wanted]
    start = ids.index(token) + 1 if token in ids else 0
    return wanted[start : start + size]


def _transferred(transfer: Transfer) -> Activity:
    kind = "CSD" if transfer.amount > 0 else "CSW"
    body = _flow(transfer.at, transfer.amount, "")
    return Activity(_id(transfer.at, transfer.id), transfer.at, kind, transfer.amount, body)


def _filled(fill: Fill) -> Activity:
    body = {
        "transaction_time": stamp(fill.at),
        "type": "fill",
        "price": plain(fill.price),
        "qty": plain(fill.qty),
        "cum_qty": plain(fill.qty),
        "leaves_qty": "0",
        "side": fill.side.value,
        "symbol": fill.asset.position_symbol,
        "order_id": str(fill.order_id),
        "order_status": "filled",
    }
    return Activity(_id(fill.at, fill.id), fill.at, "FILL", Decimal(0), body)


def _charged(fill: Fill) -> Activity:
    """Return the fee of a crypto purchase: coins, not dollars."""
    body = {
        **_flow(fill.at, Decimal(0), "Coin Pair Transaction Fee (Non USD)"),
        "symbol": fill.asset.position_symbol,
        "qty": plain(-fill.fee_qty),
        "price": plain(fill.price),
    }
    return Activity(_id(fill.at, uuid5(fill.id, "fee")), fill.at, "CFEE", Decimal(0), body)


def _flow(at: datetime, amount: Decimal, description: str) -> dict[str, object]:
    return {
        "date": at.astimezone(NEW_YORK).date().isoformat(),
        "created_at": stamp(at),
        "net_amount": plain(amount),
        "currency": "USD",
        "description": description,
        "status": "executed",
    }


def _id(at: datetime, unique: UUID) -> str:
    """Return an activity's id: New York's clock to the millisecond, and a UUID."""
    local = at.astimezone(NEW_YORK)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}::{unique}"
