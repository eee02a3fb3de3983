"""What each row of the fault table must come to."""

from collections.abc import Iterator, Mapping

from sandbox.faults.kinds import CATALOGUE
from tests.integration.fault_table import (
    COINS,
    FUND,
    LOOK_UP,
    LOOK_UP_SALE,
    PRICE,
    SEND,
    SEND_SALE,
    Occasion,
    Row,
    Seen,
    chat,
    sms,
)

EXECUTED = "Orders have been executed. Bought $150 of VOO, $75 of AGG, $25 of BTCUSD."
BACK = "Alpaca answers again."
MISSED = (
    "Investing was missed on 2026-11-23: the time for the day's orders was over before Alpaca could be reached. "
    "Nothing was bought; the cash waits for the next trading day."
)
REBALANCED = "The account was rebalanced. Sold $... of VOO, $... of AGG. Bought $... of GLD."
NOT_REBALANCED = (
    "Rebalancing was missed on 2026-11-24: the time for the day's orders was over before Alpaca could be reached. "
    "Nothing was sold. /rebalance can do it now."
)
DONE = "Done. The alert says what was bought."
PLAN = "The plan for the cash that is there"
STATUS = "Status"
WENT_WRONG = "Something went wrong, and the log says what. Reference"
TITLE = "Orders have been executed"
NO_CHAT = (
    "Telegram does not deliver alerts: Telegram refuses the bot's token. Put a new one into the settings and restart "
    "the service. Nothing is lost meanwhile."
)
NO_SMS = "SMS does not deliver alerts"
NOTICED = "One moment... (over the chat)"
MENU = "(the menu of commands)"

REASONS: Mapping[str, str] = {
    "hang_before_acting": "no answer in time",
    "hang_after_acting": "no answer in time",
    "reset_before_acting": "the connection failed",
    "reset_after_acting": "the connection failed",
    "reset_within_answer": "the connection failed",
    "refuse": "the connection failed",
    "500": "internal server error occurred",
    "502_html": "HTTP 502",
    "504_after_acting": "HTTP 504",
    "429": "rate limit exceeded",
    "401": "unauthorized",
    "empty_200": "its answer was not understood",
    "truncated_body": "the connection failed",
    "truncated_json": "its answer was not understood",
    "slow_body": "no answer in time",
    "wrong_types": "its answer was not understood",
}
"""The words a person reads for each fault in a call to Alpaca; a slow answer is none."""

BEFORE_ACTING = {"hang_before_acting", "reset_before_acting", "refuse", "500", "502_html", "429", "401"}
"""Faults of which nothing came: what was to be sent was not."""

UNNOTICED = CATALOGUE.keys() - BEFORE_ACTING - {"slow", "unknown_enum"}
"""Faults after acting: it was sent, and nothing says so."""

_NOT_TRADED = "The order for {order} was rejected: {symbol} cannot be traded at the moment."
UNKNOWN_STATUS = {
    FUND: "Orders have been executed. Bought $75 of AGG, $25 of BTCUSD. "
    + _NOT_TRADED.format(order="$150 of VOO", symbol="VOO"),
    COINS: "Orders have been executed. Bought $150 of VOO, $75 of AGG. "
    + _NOT_TRADED.format(order="$25 of BTCUSD", symbol="BTC/USD"),
}
"""What comes of an asset whose status nobody knows: what is not surely traded is not bought, and its cash waits."""


def expected(row: Row) -> Seen:
    """Return what a row must come to.

    A fault that happens once costs time and nothing else, whatever the call: every order exists once, and one alert
    says so. Only keys that are refused are said at once, because nobody but the owner can mend them. An alert whose
    answer was lost comes twice, because twice is better than never; an answer in the chat is not repeated, because
    the owner, who has none, asks again.
    """
    if row.call.occasion is Occasion.REBALANCING:
        return _sale_expected(row)
    if row.call.service == "alpaca":
        return _broker_expected(row)
    return Seen("done", 3, (*map(chat, _shown(row)), *map(sms, _texted(row))))


def _shown(row: Row) -> Iterator[str]:
    """Return what the chat shows at the end, message by message."""
    occasion, came = row.call.occasion, row.fault not in BEFORE_ACTING
    if occasion is Occasion.NOTICE and came:
        yield NOTICED
    if occasion not in {Occasion.START, Occasion.MENU}:
        # Where the port refuses, the answer to the tap is not all that cannot be shown.
        kept = occasion is Occasion.TAP or (occasion is Occasion.NOTICE and row.lasting)
        stumbled = occasion is Occasion.TAP and row.fault == "wrong_types"
        yield WENT_WRONG if stumbled else PLAN if kept and not came else DONE
    if occasion is Occasion.QUESTION:
        yield STATUS
        if row.fault == "wrong_types":
            # The library's own surprise at what it reads: that the answer was shown all the same, nobody can know.
            yield WENT_WRONG
        if came:
            yield STATUS
    yield from [TITLE] * (2 if occasion is Occasion.ALERT and row.fault in UNNOTICED else 1)
    if occasion is Occasion.TEXT and row.fault == "401":
        yield NO_SMS
    if occasion in {Occasion.START, Occasion.MENU}:
        yield STATUS
        if occasion is Occasion.START or came:
            yield MENU


def _texted(row: Row) -> Iterator[str]:
    # A status of Vonage's is not what a person reads, but whether the message was taken.
    repeated = row.fault in UNNOTICED or row.fault == "unknown_enum"
    yield from [EXECUTED] * (2 if row.call.occasion is Occasion.TEXT and repeated else 1)
    if row.call.occasion is Occasion.ALERT and row.fault == "401":
        yield NO_CHAT


def _broker_expected(row: Row) -> Seen:
    reads = row.call.method == "GET" and row.call not in {LOOK_UP, PRICE}
    if row.fault == "unknown_enum" and row.call in UNKNOWN_STATUS:
        return Seen("done", 2, (UNKNOWN_STATUS[row.call],))
    if row.lasting and row.call == SEND:
        # An empty 200 comes after Alpaca has acted: the orders are there, and are found.
        return Seen("done", 3, (EXECUTED,)) if row.fault == "empty_200" else Seen("missed", 0, (MISSED,))
    if reads and row.fault == "401":
        return Seen("done", 3, (_refused(row.fault), EXECUTED, BACK))
    if row.lasting:
        return Seen("done", 3, (_away(row.fault), EXECUTED, BACK))
    return Seen("done", 3, (EXECUTED,))


def _sale_expected(row: Row) -> Seen:
    """Return what a rebalancing must come to: two sales and the purchase that they pay for, once each, or nothing."""
    reads = row.call not in {SEND_SALE, LOOK_UP_SALE}
    if row.lasting and not reads:
        # As for a morning's orders: after an empty 200 they are there, and are found.
        return Seen("done", 3, (REBALANCED,)) if row.fault == "empty_200" else Seen("missed", 0, (NOT_REBALANCED,))
    if reads and row.fault == "401":
        return Seen("done", 3, (_refused(row.fault), REBALANCED, BACK))
    if row.lasting:
        return Seen("done", 3, (_away(row.fault), REBALANCED, BACK))
    return Seen("done", 3, (REBALANCED,))


def _away(fault: str) -> str:
    return (
        f"Alpaca cannot be reached: {REASONS[fault]}. Allocator keeps trying, and orders nothing until Alpaca answers."
    )


def _refused(fault: str) -> str:
    return (
        f"Alpaca refuses the keys: {REASONS[fault]}. Nothing is ordered until that is mended: check key_id and "
        "secret_key in the settings, then restart the service."
    )
