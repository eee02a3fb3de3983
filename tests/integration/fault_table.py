"""Every call of the product to a service, with every fault: the one table.

What each row must come to is in fault_expected, and how it is lived through in fault_broker_rows, fault_sale_rows,
fault_chat_rows and fault_start_rows. `make reliability` lives through all of it and writes docs/reliability.md;
tests/integration/test_faults.py holds the product against a part of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from core.allocation import Sector
from sandbox.faults.kinds import CATALOGUE

SECTORS = (Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 3000), Sector("Crypto", "BTC/USD", 1000))

TO_REBALANCE = (Sector("Stocks", "VOO", 2000), Sector("Bonds", "AGG", 2000), Sector("Gold", "GLD", 6000))
SOLD = ("VOO", "AGG")
"""What a rebalancing begins with, half each: it sells of both, and buys gold."""


class Occasion(Enum):
    """When the product makes a call, which is how a row makes it happen."""

    MORNING = "a run that is due"
    REBALANCING = "a rebalancing that the owner's rules ask for"
    ALERT = "a run that ended, said in the chat"
    TEXT = "a run that ended, said by SMS"
    QUESTION = "the owner's question"
    TAP = "the owner's tap on a button"
    NOTICE = "the notice that answers a tap"
    POLL = "waiting for what the owner writes"
    RECONNECTING = "listening again after a poll failed"
    START = "the service's start"
    MENU = "the service's start, for a convenience"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the product to a service: what it is for, and the request it is.

    `together` is how many such requests the occasion makes, None where that depends: a fault that
    happens once happens to each of them.
    """

    what: str
    method: str
    path: str
    service: str = "alpaca"
    occasion: Occasion = Occasion.MORNING
    together: int | None = 1
    first_lost: int = 0
    """How many orders' first sending is lost too, because only then this call is made."""


CLOCK = Call("read the market's time", "GET", "/v2/clock")
DAYS = Call("read the trading days", "GET", "/v2/calendar")
ACCOUNT = Call("read the account", "GET", "/v2/account")
FUND = Call("read a fund", "GET", "/v2/assets/*")
COINS = Call("list the coins", "GET", "/v2/assets")
PRICE = Call("read a coin's price", "GET", "/v1beta3/crypto/us/latest/trades")
SEND = Call("send an order", "POST", "/v2/orders", together=len(SECTORS))
LOOK_UP = Call("look an order up by its id", "GET", "/v2/orders:by_client_order_id", first_lost=len(SECTORS))

BROKER_CALLS = (
    CLOCK,
    DAYS,
    ACCOUNT,
    Call("list orders", "GET", "/v2/orders"),
    FUND,
    COINS,
    PRICE,
    SEND,
    LOOK_UP,
)

SEND_SALE = Call("send a sale", "POST", "/v2/orders", occasion=Occasion.REBALANCING, together=len(SOLD))
LOOK_UP_SALE = Call(
    "look a sale up by its id",
    "GET",
    "/v2/orders:by_client_order_id",
    occasion=Occasion.REBALANCING,
    first_lost=len(SOLD),
)
POSITIONS = Call("read the positions", "GET", "/v2/positions", occasion=Occasion.REBALANCING)

SALE_CALLS = (SEND_SALE, LOOK_UP_SALE, POSITIONS)


def _telegram(what: str, method: str, occasion: Occasion, together: int | None = 1) -> Call:
    return Call(what, "POST", f"*/{method}", "telegram", occasion, together)


CHAT_CALLS = (
    _telegram("say an alert (sendMessage)", "sendMessage", Occasion.ALERT),
    _telegram("answer the owner (sendMessage)", "sendMessage", Occasion.QUESTION),
    _telegram("show how a tap went on and ended (editMessageText)", "editMessageText", Occasion.TAP, together=None),
    _telegram("answer a tap (answerCallbackQuery)", "answerCallbackQuery", Occasion.NOTICE),
    _telegram("hear the owner (getUpdates)", "getUpdates", Occasion.POLL),
    _telegram("see that no webhook is in the way (deleteWebhook)", "deleteWebhook", Occasion.RECONNECTING),
    _telegram("connect the chat (getMe)", "getMe", Occasion.START),
    _telegram("set the menu of commands (setMyCommands)", "setMyCommands", Occasion.MENU),
)

SMS_CALL = Call("say an alert (POST /sms/json)", "POST", "/sms/json", "vonage", Occasion.TEXT)

CALLS = (*BROKER_CALLS, *SALE_CALLS, *CHAT_CALLS, SMS_CALL)


@dataclass(frozen=True, slots=True)
class Row:
    """A call and its fault; `lasting`: until the owner has been told or the day's window is over, not just once."""

    call: Call
    fault: str
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of it: the run's state, the orders at the broker, what was said and where, and how long it took.

    What is said in the chat is a line of each message as it shows at the end, how it ended or what it begins with; an
    SMS is whole. The rows of Alpaca name no place: their alerts are read from the outbox, which keeps each for every
    channel.
    """

    state: str
    orders: int
    said: tuple[str, ...]
    seconds: float = 0.0


def chat(line: str) -> str:
    """Return how the table tells a line of the chat."""
    return f"chat: {line}"


def sms(text: str) -> str:
    """Return how the table tells an SMS."""
    return f"SMS: {text}"


LASTING = ("hang_before_acting", "refuse", "500", "429", "401", "empty_200")


def rows() -> Iterator[Row]:
    """Return the table's rows: every fault once in every call, and some that last in the calls that matter most.

    A port that refuses does so for a while, and whatever is asked: such a row lasts until the rest has ended.
    """
    for call in CALLS:
        for fault in CATALOGUE:
            if fault != "refuse":
                yield Row(call, fault)
            elif call.service != "alpaca":
                yield Row(call, fault, lasting=True)
    for fault in LASTING:
        # Refused, no time can be read either, which is the row of what is read. A lasting 429 is waited for three
        # minutes: `make bench` sends 500 orders under it.
        for reads, sends in ((ACCOUNT, SEND), (POSITIONS, SEND_SALE)):
            yield Row(reads, fault, lasting=True)
            if fault not in {"refuse", "429"}:
                yield Row(sends, fault, lasting=True)


IN_THE_SUITE = {
    Occasion.ALERT: {"401"},
    Occasion.TEXT: {"401"},
    Occasion.QUESTION: {"502_html"},
    Occasion.TAP: {"500", "wrong_types"},
    Occasion.NOTICE: {"truncated_json"},
    Occasion.POLL: {"refuse"},
    Occasion.START: {"401"},
}
"""What the tests live through of the chat and the SMS: test_channels has every fault in both channels' sending."""

SALES_IN_THE_SUITE = {
    Row(SEND_SALE, "reset_after_acting"),
    Row(SEND_SALE, "500", lasting=True),
    Row(LOOK_UP_SALE, "empty_200"),
    Row(POSITIONS, "truncated_json"),
    Row(POSITIONS, "401"),
}
"""What the tests live through of a rebalancing: the calls are those of an investing morning, in other hands."""


def in_the_suite(row: Row) -> bool:
    """Return whether the tests live through a row; `make reliability` lives through all of them.

    Sending an order and looking one up meet every fault; the reads fail alike, and meet one of each sort. A body that
    drips is ended by the time that a worker's whole call may take, a quarter of a minute: sending alone waits for it.
    """
    if row.call.occasion is Occasion.REBALANCING:
        return row in SALES_IN_THE_SUITE
    if row.call.service != "alpaca":
        return row.fault in IN_THE_SUITE.get(row.call.occasion, set())
    if row.fault == "slow_body":
        return row.call == SEND
    if row.fault == "wrong_types":
        return row.call in {ACCOUNT, SEND, LOOK_UP}
    if row.fault == "unknown_enum":
        return row.call in {FUND, SEND}
    return (
        row.call in {SEND, LOOK_UP}
        or row.lasting
        or row.fault in {"hang_before_acting", "502_html", "empty_200", "401"}
    )
