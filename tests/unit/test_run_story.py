"""A run in words: in a few for a list, and whole."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.views import run_story
from core.account import Limit
from core.alerts import Alert, AlertKind
from core.allocation import Allocation, Sector
from core.investing import AccountBlocked, Declined, LimitReached, NoNewCash, NotEnoughCash, Paused
from core.orders import Order, OrderIntent, OrderState
from core.runs import Run, RunKey, RunState
from core.schedule import Routine, Window
from storage.allocations import Version
from storage.chronicle import RunRecord
from storage.outbox import Recipient
from storage.outbox_tables import DeliveryState
from storage.outcomes import Missed, Outcome
from storage.said import DeliveryStatus, SaidAlert

BEGAN = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
KEY = RunKey("main", Routine.INVEST, date(2026, 11, 27))
BERLIN = ZoneInfo("Europe/Berlin")
SHORT = NotEnoughCash(120_00, 200_00, "Crypto", 200, 4_00, Limit.CASH, 120_00, 0)


def order(symbol: str, state: OrderState, bought: str = "0", reason: str | None = None) -> Order:
    price = Decimal(1) if Decimal(bought) else None
    return Order(OrderIntent(f"id-{symbol}", symbol, symbol, 50_00), state, None, Decimal(bought), price, reason)


ORDERS = (order("VOO", OrderState.FILLED, "50"), order("<B>", OrderState.REJECTED, reason="no <such> fund"))


def ended(state: RunState, outcome: Outcome | None = None, key: RunKey = KEY) -> RunRecord:
    orders = ORDERS if state is RunState.DONE and key.routine is Routine.INVEST else ()
    run = Run(key, state, 250_00, Window(BEGAN, BEGAN.replace(hour=20)) if orders else None, orders)
    return RunRecord(12, run, outcome, 3 if orders else None, BEGAN, BEGAN)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (ended(RunState.DONE), "bought $50.00 in 2 orders, 1 not filled"),
        (ended(RunState.SUBMITTING), "under way"),
        (ended(RunState.SKIPPED, SHORT), "not enough cash, $120.00 of $200.00"),
        (ended(RunState.SKIPPED, Paused(5, None)), "investing was paused"),
        (ended(RunState.SKIPPED, AccountBlocked("blocked", 5)), "Alpaca let nothing be traded: blocked"),
        (ended(RunState.SKIPPED, LimitReached(5, 5)), "the limit a day was used up"),
        (ended(RunState.SKIPPED, NoNewCash(5)), "no new cash"),
        (ended(RunState.SKIPPED, Declined(5)), "you declined"),
        (ended(RunState.MISSED, Missed("Allocator was off")), "missed: Allocator was off"),
        (ended(RunState.DONE, key=RunKey("main", Routine.VARIANCE, KEY.day)), "given"),
        (ended(RunState.FAILED, key=RunKey("main", Routine.CLOSE_REPORT, KEY.day)), "failed"),
    ],
)
def test_what_came_of_a_run_takes_a_few_words(record: RunRecord, words: str) -> None:
    assert run_story.few_words(record) == words


def test_a_run_that_a_tap_began_says_so() -> None:
    assert run_story.title(RunKey("main", Routine.INVEST, KEY.day, 2)) == "Invest, by your tap"


def test_the_whole_story_has_times_allocation_orders_reasons_and_deliveries() -> None:
    version = Version(3, Allocation((Sector("All", "VOO", 10_000),)), "telegram user 7", "", BEGAN)
    said = SaidAlert(
        1,
        Alert(AlertKind.EXECUTED, "Bought $50 of <VOO>."),
        BEGAN,
        (
            DeliveryStatus(Recipient("telegram", "7"), 0, DeliveryState.DELIVERED, 1, None, BEGAN),
            DeliveryStatus(Recipient("telegram", "8"), 0, DeliveryState.HELD, 2, "Start was not pressed", None),
            DeliveryStatus(Recipient("sms", "15551230123"), 0, DeliveryState.GIVEN_UP, 300, "no credit", BEGAN),
        ),
    )
    other = SaidAlert(2, Alert(AlertKind.TROUBLE, "Something else."), BEGAN, ())
    told = run_story.story(ended(RunState.DONE), version, (said, other), BERLIN, 7, live=True)
    for part in (
        "<b>LIVE: Run 12: Invest, Fri 27 Nov</b>",
        "Began: Fri 27 Nov 15:35 Europe/Berlin (09:35 New York)",
        "Orders may leave: from 09:35 to 15:35 New York time",
        "Allocation: version 3, set by you",
        "Cash left: $200.00",
        "&lt;B&gt;, rejected: no &lt;such&gt; fund.",
        "Bought $50 of &lt;VOO&gt;.",
        "Telegram to you: delivered at Fri 27 Nov 15:35 Europe/Berlin",
        "Telegram to user 8: held until Start is pressed, after 2 tries: Start was not pressed",
        "SMS to the number ending in 0123: given up at Fri 27 Nov 15:35 Europe/Berlin, after 300 tries: no credit",
    ):
        assert part in told
    assert "Something else" not in told
    assert "15551230" not in told


def test_the_story_of_a_day_without_orders_tells_why_with_its_figures() -> None:
    told = run_story.story(ended(RunState.SKIPPED, SHORT), None, (), None, 7, live=False)
    assert "$120 is available, and $200 is needed so that Crypto (2%) gets at least $4" in told
    assert "<pre>" not in told
