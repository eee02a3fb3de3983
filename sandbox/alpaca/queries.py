"""Read query parameters; what cannot be read is a 422 with Alpaca's kind of message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from starlette.exceptions import HTTPException

from sandbox.alpaca.orders import Order

Params = Mapping[str, str]


def moment(params: Params, name: str) -> datetime | None:
    """Read RFC 3339 or YYYY-MM-DD (midnight UTC); None when absent."""
    text = params.get(name)
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid(name) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def day(params: Params, name: str) -> date | None:
    """Read YYYY-MM-DD, or the day of an RFC 3339 instant as it is written; None when absent."""
    at = moment(params, name)
    return at.date() if at else None


def whole_number(params: Params, name: str, default: int, most: int) -> int:
    """Read a number from 1 to the most that is allowed."""
    text = params.get(name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise _invalid(name)
    return int(text)


def choice(params: Params, name: str, choices: tuple[str, ...]) -> str:
    """Read one of the choices; the first is the default."""
    text = params.get(name) or choices[0]
    if text not in choices:
        raise _invalid(name)
    return text


def names(params: Params, name: str) -> list[str]:
    """Read comma-separated words; empty when absent."""
    return [word.strip() for word in params.get(name, "").split(",") if word.strip()]


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Hold which orders are wanted; after and until are exclusive and mean the submission."""

    wanted: Callable[[Order], bool]
    newest_first: bool
    limit: int

    @classmethod
    def read(cls, params: Params) -> "OrderQuery":
        """Read the parameters of GET /v2/orders: by default the newest 50 that are open."""
        status = choice(params, "status", ("open", "closed", "all"))
        side = params.get("side")
        symbols = set(names(params, "symbols"))
        classes = names(params, "asset_class")
        after, until = moment(params, "after"), moment(params, "until")

        def wanted(order: Order) -> bool:
            return bool(
                (status == "all" or order.is_open == (status == "open"))
                and (not side or order.request.side.value == side)
                and (not symbols or order.asset.names & symbols)
                and (not classes or order.asset.instrument.kind.value in classes)
                and (after is None or order.submitted_at > after)
                and (until is None or order.submitted_at < until)
            )

        return cls(
            wanted=wanted,
            newest_first=choice(params, "direction", ("desc", "asc")) == "desc",
            limit=whole_number(params, "limit", 50, 500),
        )

    def apply(self, orders: list[Order]) -> list[Order]:
        """Return the wanted ones of orders that are given oldest first."""
        ordered = reversed(orders) if self.newest_first else orders
        return [order for order in ordered if self.wanted(order)][: self.limit]


def _invalid(name: str) -> HTTPException:
    return HTTPException(422, f"invalid {name}")
