"""What the account's data plan lets it see of stocks: on the free one, no SIP data of the last fifteen minutes."""

from datetime import datetime, timedelta

from starlette.exceptions import HTTPException

from sandbox.alpaca import queries
from sandbox.alpaca.queries import Params

# Alpaca has more feeds (otc, boats, overnight), which are other markets: the sandbox simulates one.
_BAR_FEEDS = ("sip", "iex")
_LATEST_FEEDS = ("", "sip", "iex", "delayed_sip")
# What delayed_sip means on any plan.
_DELAYED = timedelta(minutes=15)


def bars_at(params: Params, now: datetime, delay: timedelta | None) -> datetime:
    """Return the instant up to which bars are known; raise HTTPException (403) when an explicit end asks for more.

    Alpaca: no `feed` means sip, and no `end` means as far as the plan allows.
    """
    if queries.choice(params, "feed", _BAR_FEEDS) != "sip" or delay is None:
        return now
    end, allowed = queries.moment(params, "end"), now - delay
    if end is not None and end > allowed:
        raise _not_permitted()
    return allowed


def latest_at(params: Params, now: datetime, delay: timedelta | None) -> datetime:
    """Return the instant whose trades and quotes are the latest; raise HTTPException (403) for sip on the free plan.

    Alpaca: no `feed` means the best that the plan has in real time.
    """
    feed = queries.choice(params, "feed", _LATEST_FEEDS)
    if feed == "sip" and delay is not None:
        raise _not_permitted()
    return now - _DELAYED if feed == "delayed_sip" else now


def _not_permitted() -> HTTPException:
    return HTTPException(403, "subscription does not permit querying recent SIP data")
