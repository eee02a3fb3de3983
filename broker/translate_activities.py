"""Alpaca's account activities to core's: every type is classified explicitly, and none is ever dropped."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType

from broker import fields
from broker.translate import Json
from core.activities import Activity, ActivityKind
from core.calendar import NEW_YORK

_BY_KIND = {
    ActivityKind.TRADE: "FILL",
    # TRANS is Alpaca's word for CSD and CSW together; ACATC is a transfer of cash from or to another broker.
    ActivityKind.FLOW: "CSD CSW TRANS ACATC JNL JNLC",
    # What is withheld of income and what is charged for it are part of it. CGD is a fund's capital gain.
    ActivityKind.INCOME: "CGD DIV DIVCGL DIVCGS DIVFEE DIVFT DIVNRA DIVROC DIVTW DIVTXEX DIVWH INT INTNRA INTPNL INTTW",
    # PTC and PTR: what a depositary charges for its receipts, and what it gives back.
    ActivityKind.FEE: "CFEE FEE PTC PTR",
    # Shares that come, go or change their name without a trade; ACATS, FOPT and JNLS bring them from elsewhere.
    # Some bring cash too, such as a merger or CIL, cash in place of a fraction of a share.
    ActivityKind.CORPORATE: "ACATS CIL FOPT JNLS MA NC OPCA REORG SPIN SPLIT VOF",
    # Options, foreign money, what is swept or withheld, which Allocator cannot reckon with; MISC is all the rest.
    ActivityKind.UNKNOWN: "EXTRD FXTRD MEM MISC OCT OPASN OPCSH OPEXC OPEXP OPTRD SWP WH",
}

KINDS: Mapping[str, ActivityKind] = MappingProxyType(
    {word: kind for kind, words in _BY_KIND.items() for word in words.split()}
)
"""What each activity type means, of Alpaca's trading API and of alpaca-py (ActivityType); any other is UNKNOWN."""

_NUMBERS = ("net_amount", "qty", "price")
_DIRECTIONS: Mapping[str, int] = MappingProxyType({"buy": 1, "sell": -1, "sell_short": -1})
_STOCK_DIVIDEND = "SDIV"


def activity(answer: object, today: date) -> Activity:
    """Translate one activity of GET /v2/account/activities, whatever is in it.

    What cannot be understood becomes UNKNOWN with what is known of it: raising would lose all others with it, and a
    guess would put a wrong figure into the returns without a word. Without an id, one is made of its content, the same
    each time it is read; without a date it is UNKNOWN and counts on `today`.
    """
    told: Json = answer if isinstance(answer, Mapping) else {}
    kind = KINDS.get(fields.text(told, "activity_type") or "", ActivityKind.UNKNOWN)
    name, day, dollars = fields.text(told, "symbol"), _day(told), _dollars(told)
    known = Activity(
        id=fields.text(told, "id") or _content_id(answer),
        type=fields.text(told, "activity_type") or "unnamed",
        kind=ActivityKind.UNKNOWN,
        day=day or today,
        amount=dollars or Decimal(0),
        symbol=None if name is None else fields.symbol(name),
        price=fields.number(told.get("price")),
        order_id=fields.text(told, "order_id"),
    )
    if day is None or not _is_readable(told):
        return known
    if told.get("status") == "canceled":
        return replace(known, kind=kind, amount=Decimal(0))
    match kind:
        case ActivityKind.TRADE:
            return _trade(known, told)
        case ActivityKind.CORPORATE:
            return _corporate(known, told)
        case ActivityKind.INCOME if told.get("activity_sub_type") == _STOCK_DIVIDEND and not dollars:
            return _corporate(known, told)
        case ActivityKind.FEE if known.type == "CFEE":
            return _crypto_fee(known, told)
        case ActivityKind.FLOW | ActivityKind.INCOME | ActivityKind.FEE if dollars is not None:
            # Their `qty` changes no holding: a dividend's is the number of shares that it was paid on.
            return replace(known, kind=kind)
        case _:
            return known


def _trade(known: Activity, told: Json) -> Activity:
    quantity, price = fields.positive(told.get("qty")), fields.positive(told.get("price"))
    direction = _DIRECTIONS.get(str(told.get("side")))
    if quantity is None or direction is None:
        return known
    signed = replace(known, quantity=direction * quantity)
    # An option's price is for one of its hundred shares, a foreign pair's is in another coin: not in dollars for one.
    is_ours = known.symbol is not None and fields.is_ours(known.symbol)
    if price is None or not is_ours or (fields.text(told, "type") or "fill") not in {"fill", "partial_fill"}:
        return signed
    return replace(signed, kind=ActivityKind.TRADE, amount=-direction * quantity * price)


def _corporate(known: Activity, told: Json) -> Activity:
    return replace(known, kind=ActivityKind.CORPORATE, quantity=fields.number(told.get("qty")) or Decimal(0))


def _crypto_fee(known: Activity, told: Json) -> Activity:
    """Alpaca takes the fee of a purchase in coins (`qty`), and that of a sale in dollars (`net_amount`)."""
    coins = fields.number(told.get("qty"))
    if coins is None and fields.number(told.get("net_amount")) is None:
        return known
    return replace(known, kind=ActivityKind.FEE, quantity=-abs(coins or Decimal(0)))


def _is_readable(told: Json) -> bool:
    """Tell whether the activity's numbers are numbers, its money dollars and its status one that is known."""
    garbled = any(fields.text(told, name) and fields.number(told[name]) is None for name in _NUMBERS)
    status = fields.text(told, "status") or "executed"
    return status in {"executed", "correct", "canceled"} and _is_in_dollars(told) and not garbled


def _dollars(told: Json) -> Decimal | None:
    return fields.number(told.get("net_amount")) if _is_in_dollars(told) else None


def _is_in_dollars(told: Json) -> bool:
    return (fields.text(told, "currency") or "USD") == "USD"


def _day(told: Json) -> date | None:
    """Return New York's date of a fill's time, or `date` as it is written, or New York's date of the creation."""
    # The description calls `date` a date-time, the examples are days: its first ten characters are the day either way.
    readers: tuple[tuple[str, Callable[[str], date]], ...] = (
        ("transaction_time", _in_new_york),
        ("date", lambda written: date.fromisoformat(written[:10])),
        ("created_at", _in_new_york),
    )
    for name, read in readers:
        if (written := fields.text(told, name)) is not None:
            # The next one may do: a day is needed, and each of them is near enough.
            with suppress(ValueError, OverflowError):
                return read(written)
    return None


def _in_new_york(stamp: str) -> date:
    at = datetime.fromisoformat(stamp)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(NEW_YORK).date()


def _content_id(answer: object) -> str:
    content = json.dumps(answer, sort_keys=True, default=str)
    return f"unnamed::{sha256(content.encode()).hexdigest()[:32]}"
