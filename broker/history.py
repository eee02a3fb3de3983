"""The calls to Alpaca's lists of account activities and of past orders, page by page. Worker processes only."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from alpaca.common.rest import RESTClient

from broker import translate
from broker.fields import text
from broker.pages import ACTIVITIES_A_PAGE, ORDERS_A_PAGE, ActivityPage, OrderPage
from broker.translate import Json
from broker.translate_activities import activity
from core.calendar import NEW_YORK

# Alpaca chooses by when an activity was created and dates it by when it took effect, in New York or in UTC as it comes.
_MARGIN = timedelta(days=1)


def activities(client: RESTClient, since: date | None, token: str | None, today: date) -> ActivityPage:
    """Read the page after `token` (None: the first) of what was created from a New York day on, oldest first.

    What was created a day earlier comes with it. An activity without a date counts on `today`. alpaca-py has no method
    for it.
    """
    asked = {"direction": "asc", "page_size": str(ACTIVITIES_A_PAGE)}
    if since is not None:
        after = datetime.combine(since, time(), NEW_YORK).astimezone(UTC) - _MARGIN
        asked["after"] = f"{after:%Y-%m-%dT%H:%M:%SZ}"
    if token is not None:
        asked["page_token"] = token
    listed = cast(list[Any], client.get("/account/activities", asked))
    if not isinstance(listed, list):
        raise TypeError("the activities are no list")
    following = _last_id(listed) if len(listed) >= ACTIVITIES_A_PAGE else None
    return ActivityPage(tuple(activity(one, today) for one in listed), following)


def orders(client: RESTClient, prefix: str, after: datetime) -> OrderPage:
    """Read the page of the orders submitted after an instant, oldest first, of whatever state.

    Those whose client order id begins otherwise are left out: they may be of kinds that Allocator cannot read.
    """
    asked = {"status": "all", "direction": "asc", "limit": str(ORDERS_A_PAGE)}
    asked["after"] = after.astimezone(UTC).isoformat().replace("+00:00", "Z")
    listed = cast(list[Json], client.get("/orders", asked))
    ours = tuple(translate.order(one) for one in listed if str(one["client_order_id"]).startswith(prefix))
    full = len(listed) >= ORDERS_A_PAGE
    return OrderPage(ours, datetime.fromisoformat(listed[-1]["submitted_at"]) if full else None)


def _last_id(listed: Sequence[Any]) -> str:
    """Return the last id of a full page: what comes after one without an id is read once more, and known again."""
    ids = [identity for one in listed if isinstance(one, dict) and (identity := text(one, "id"))]
    if not ids:
        raise ValueError("a page of activities has no id to go on from")
    return ids[-1]
