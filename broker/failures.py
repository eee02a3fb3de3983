"""How a call to Alpaca fails, told in values and in words. Worker processes only, as broker.alpaca."""

import json
import logging
from decimal import InvalidOperation
from email.utils import parsedate_to_datetime

import requests
from alpaca.common.exceptions import APIError

from broker.answers import Failure
from core.orders import Rejected, Submission, Unknown

log = logging.getLogger(__name__)

LONGEST_WAIT, UNTOLD_WAIT = 60.0, 5.0
"""Seconds to wait after a 429: at most Alpaca's own minute, and when it does not say."""

# What a call can raise: the SDK's own error, the network's, and an answer that is no JSON or lacks what it must have
# (alpaca-py turns an empty 200 into a TypeError, and HTML into a ValueError).
FAILURES = (APIError, requests.RequestException, ValueError, TypeError, KeyError, AttributeError, InvalidOperation)


def failure(error: Exception) -> Failure:
    """Say in words why a call failed; no address and no key is in them."""
    match error:
        case APIError():
            status = error.status_code
            return Failure(_reason(error), refused=status in {401, 403}, wait=wait(error) if status == 429 else 0.0)
        # Before the rest of requests' errors: to requests, a body that is no JSON is one of them.
        case requests.JSONDecodeError():
            return Failure("its answer was not understood")
        case requests.Timeout():
            return Failure("no answer in time")
        case requests.exceptions.SSLError():
            return Failure("its certificate is not trusted here")
        case requests.RequestException():
            return Failure("the connection failed")
        case _:
            log.warning("an answer of Alpaca was not understood: %s", type(error).__name__)
            return Failure("its answer was not understood")


def refusal(error: APIError) -> Submission:
    """Say what a refused order means: refused for good, or nobody knows."""
    reason = _reason(error)
    # 422 "client_order_id must be unique": an order of this id exists, so this is news of success as often as not.
    exists = error.status_code == 422 and "client_order_id" in reason
    final = error.status_code is not None and 400 <= error.status_code < 500
    if exists or not final or error.status_code in {401, 408}:
        return Unknown(reason)
    return Rejected(reason)


def wait(error: APIError) -> float:
    """Return the seconds until Alpaca's rate limit starts anew, by its own clock: this machine's may be wrong."""
    headers = error.response.headers
    try:
        told = parsedate_to_datetime(headers["Date"]).timestamp()
        seconds = float(headers["X-RateLimit-Reset"]) - told
    except (KeyError, TypeError, ValueError):
        return UNTOLD_WAIT
    # The Date header has no fractions, so the true moment may be a second later.
    return min(LONGEST_WAIT, max(0.0, seconds) + 1.0)


def _reason(error: APIError) -> str:
    try:
        said = json.loads(str(error))["message"]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {error.status_code}"
    return str(said).rstrip(".")
