"""How each real service says no before it has looked at a request: 401, 429 and 500, as their callers know them."""

import json
import time
from collections.abc import Mapping
from math import ceil

from sandbox.faults.kinds import Answer
from sandbox.telegram.refusals import Refusal, too_many_requests, unauthorized

# Alpaca's and Vonage's bodies are those that their users report.
_ALPACA: dict[int, object] = {
    401: {"message": "unauthorized."},
    429: {"code": 42910000, "message": "rate limit exceeded"},
    500: {"code": 50010000, "message": "internal server error occurred"},
}
_VONAGE: dict[int, object] = {
    401: {"error-code": "401", "error-code-label": "authentication failed"},
    429: {
        "type": "https://developer.vonage.com/api-errors#throttled",
        "title": "Rate Limit Hit",
        "detail": "Please wait, then retry your request",
    },
    500: {
        "type": "https://developer.vonage.com/api-errors#internal-error",
        "title": "Internal Server Error",
        "detail": "An internal error occurred",
    },
}


def denial(service: str, status: int, wait_seconds: int) -> Answer:
    """Build the answer; raise KeyError for a status other than 401, 429 and 500."""
    match service:
        case "telegram":
            refusal = _telegram(wait_seconds)[status]
            return _answer(status, refusal.body(), refusal.headers())
        case "alpaca":
            return _answer(status, _ALPACA[status], _alpaca_headers(wait_seconds) if status == 429 else {})
        case _:
            return _answer(status, _VONAGE[status], {})


def _telegram(wait_seconds: int) -> Mapping[int, Refusal]:
    return {
        401: unauthorized(),
        429: too_many_requests(wait_seconds),
        500: Refusal(500, "Internal Server Error"),
    }


def _alpaca_headers(wait_seconds: int) -> Mapping[str, str]:
    """Write how much of the minute's requests is left: nothing, until a second of the real clock."""
    return {
        "X-RateLimit-Limit": "200",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(ceil(time.time() + wait_seconds)),
    }


def _answer(status: int, body: object, headers: Mapping[str, str]) -> Answer:
    return Answer(status, json.dumps(body), headers=tuple(headers.items()))
