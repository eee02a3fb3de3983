"""The account's activities: what its book says, in Alpaca's words and pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID, uuid5

from starlette.exceptions import HTTPException

from sandbox.alpaca import queries
from sandbox.alpaca.amounts import plain
from sandbox.alpaca.answers import Json, stamp
from sandbox.alpaca.book import Book
from sandbox.alpaca.entries import Entry, EntryKind
from sandbox.alpaca.orders import Fill
from sandbox.sessions import NEW_YORK

_TYPES = frozenset({"FILL", *(kind.value for kind in EntryKind)})
# Alpaca's words for several types at once. DIV is a type of its own here: its description can be read both ways.
_TRANSFERS = frozenset({"CSD", "CSW"})
_GROUPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "TRANS": _TRANSFERS,
        "MISC": frozenset(name for name in _TYPES - _TRANSFERS - {"FILL"} if not name.startswith("DIV")),
    }
)


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


def activities(book: Book, now: datetime) -> list[Activity]:
    """Return every activity up to now, oldest first; a pending deposit is none yet."""
    found = [_entered(entry) for entry in book.entries if entry.at <= now]
    for fill in book.fills:
        found.append(_filled(fill))
        if fill.fee_qty or fill.fee_dollars:
            found.append(_charged(fill))
    return sorted(found, key=lambda activity: activity.at)


def page(found: list[Activity], params: queries.Params, types: list[str]) -> list[Activity]:
    """Return the page that the parameters of GET /v2/account/activities ask for; types empty means all.

    Raise HTTPException (422) for a type or token that does not exist, and for a category beside types.
    """
    wanted = _wanted(params, types)
    newest_first = queries.choice(params, "direction", ("desc", "asc")) == "desc"
    size = queries.whole_number(params, "page_size", 100, 100)
    ordered = list(reversed(found)) if newest_first else found
    # Alpaca: page_token is the id of the last activity of the page before, so it stays right when news comes first.
    token = params.get("page_token")
    if token:
        ids = [activity.id for activity in ordered]
        if token not in ids:
            raise HTTPException(422, "invalid page_token")
        ordered = ordered[ids.index(token) + 1 :]
    return [activity for activity in ordered if wanted(activity)][:size]


def _wanted(params: queries.Params, types: list[str]) -> Callable[[Activity], bool]:
    after, until = queries.moment(params, "after"), queries.moment(params, "until")
    on = queries.moment(params, "date")
    category = queries.choice(params, "category", ("", "trade_activity", "non_trade_activity"))
    if category and types:
        raise HTTPException(422, "category cannot be used with activity_types")
    if unknown := set(types) - _TYPES - _GROUPS.keys():
        raise HTTPException(422, f"invalid activity_type: {min(unknown)}")
    allowed = {member for name in types for member in _GROUPS.get(name, {name})}

    def wanted(activity: Activity) -> bool:
        return (
            (not types or activity.type in allowed)
            and (not category or (category == "trade_activity") == (activity.type == "FILL"))
            and (after is None or activity.at > after)
            and (until is None or activity.at < until)
            and (on is None or on <= activity.at < on + timedelta(days=1))
        )

    return wanted


def _entered(entry: Entry) -> Activity:
    body = _flow(entry.at, entry.amount, entry.description)
    if entry.asset is not None:
        body["symbol"] = entry.asset.position_symbol
    if entry.qty is not None and entry.per_share is not None:
        body |= {"qty": plain(entry.qty), "per_share_amount": plain(entry.per_share), "activity_sub_type": "CDIV"}
    return Activity(_id(entry.at, entry.id), entry.at, entry.kind.value, entry.amount, body)


def _filled(fill: Fill) -> Activity:
    is_part = fill.left_qty > 0
    body = {
        "transaction_time": stamp(fill.at),
        "type": "partial_fill" if is_part else "fill",
        "price": plain(fill.price),
        "qty": plain(fill.qty),
        "cum_qty": plain(fill.total_qty),
        "leaves_qty": plain(fill.left_qty),
        "side": fill.side.value,
        "symbol": fill.asset.position_symbol,
        "order_id": str(fill.order_id),
        "order_status": "partially_filled" if is_part else "filled",
    }
    return Activity(_id(fill.at, fill.id), fill.at, "FILL", Decimal(0), body)


def _charged(fill: Fill) -> Activity:
    """Return the fee of a crypto trade: coins of a purchase, dollars of a sale."""
    body = {
        **_flow(fill.at, -fill.fee_dollars, "Coin Pair Transaction Fee" + (" (Non USD)" if fill.fee_qty else "")),
        "symbol": fill.asset.position_symbol,
        "qty": plain(-fill.fee_qty),
        "price": plain(fill.price),
    }
    return Activity(_id(fill.at, uuid5(fill.id, "fee")), fill.at, "CFEE", -fill.fee_dollars, body)


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
