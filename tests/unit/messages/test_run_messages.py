"""The wording of alerts, to the character: it is all that an SMS shows."""

from datetime import date
from decimal import Decimal

import pytest

from core.account import Limit
from core.alerts import AlertKind
from core.investing import AccountBlocked, Declined, LimitReached, NoNewCash, NotEnoughCash, Paused, Plan, Skip
from core.messages import run_messages, skip_messages, trouble_messages
from core.money import Cents, in_dollars
from core.orders import Order, OrderIntent, OrderState
from core.runs import Run, RunKey, RunState
from core.schedule import Routine

ORIGINAL = {"VOO": 35_00, "IJH": 5_00, "IJR": 2_00, "IXUS": 18_00, "ISTB": 12_00, "AGG": 23_00, "BTC/USD": 5_00}
SHORT = NotEnoughCash(
    available=49_99,
    needed=50_00,
    sector="Domestic Small Cap",
    weight=200,
    minimum=1_00,
    limited_by=Limit.CASH,
    free_cash=49_99,
    reserve=0,
)


def order(
    symbol: str,
    notional: Cents,
    state: OrderState = OrderState.FILLED,
    *,
    bought: Cents | None = None,
    reason: str | None = None,
) -> Order:
    filled = (notional if state is OrderState.FILLED else 0) if bought is None else bought
    intent = OrderIntent(symbol, f"{symbol} & Co", symbol, notional)
    return Order(intent, state, filled_quantity=in_dollars(filled), filled_price=Decimal(1), reason=reason)


def text(*orders: Order, cash: Cents = 100_00) -> str:
    key = RunKey("main", Routine.INVEST, date(2026, 11, 27))
    return run_messages.executed(Run(key, RunState.SETTLING, cash, None, orders)).text


def test_the_day_of_the_original() -> None:
    assert text(*(order(symbol, cents) for symbol, cents in ORIGINAL.items())) == (
        "Orders have been executed. Bought $35 of VOO, $5 of IJH, $2 of IJR, $18 of IXUS, $12 of ISTB, $23 of AGG, "
        "$5 of BTCUSD."
    )


def test_amounts_are_what_was_filled_to_the_cent() -> None:
    assert text(order("VOO", 35_00, bought=34_99)) == "Orders have been executed. Bought $34.99 of VOO."


def test_what_was_rejected_follows_with_the_broker_s_reason() -> None:
    refused = order("BTC/USD", 5_00, OrderState.REJECTED, reason="cost basis must be >= minimal amount of order 10.")
    assert text(order("VOO", 35_00), refused) == (
        "Orders have been executed. Bought $35 of VOO. "
        "The order for $5 of BTCUSD was rejected: cost basis must be >= minimal amount of order 10."
    )


def test_what_is_still_open_follows_in_a_sentence_of_its_own() -> None:
    partly = order("AGG", 23_00, OrderState.PARTIALLY_FILLED, bought=10_00)
    assert text(order("VOO", 35_00), order("IJH", 5_00, OrderState.ACCEPTED), partly) == (
        "Orders have been executed. Bought $35 of VOO, $10 of AGG. The order for $5 of IJH is still open. "
        "The order for $23 of AGG is still open after $10."
    )


def test_orders_that_failed_alike_share_a_sentence() -> None:
    late = [order(symbol, 5_00, OrderState.NOT_SENT, reason="it was too late") for symbol in ("VOO", "IJH", "AGG")]
    assert text(*late) == (
        "No order has been executed. The orders for $5 of VOO, $5 of IJH and $5 of AGG were not sent: it was too late."
    )


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            OrderState.REJECTED,
            "The order for $5 of VOO was rejected. "
            "The cash stays in the account, and the next try is the next trading day's.",
        ),
        (OrderState.CANCELED, "The order for $5 of VOO was canceled."),
        (OrderState.EXPIRED, "The order for $5 of VOO expired."),
        (OrderState.NOT_SENT, "The order for $5 of VOO was not sent."),
        (OrderState.ACCEPTED, "The order for $5 of VOO is still open."),
        (OrderState.UNKNOWN, "It is not known yet whether the order for $5 of VOO was taken."),
    ],
)
def test_every_end_but_a_fill_is_said(state: OrderState, sentence: str) -> None:
    assert text(order("VOO", 5_00, state)).endswith(f". {sentence}")


def test_nothing_bought_is_said_and_nothing_yet_while_an_order_is_open() -> None:
    assert text(order("VOO", 5_00, OrderState.EXPIRED)).startswith("No order has been executed. ")
    assert text(order("VOO", 5_00, OrderState.ACCEPTED)).startswith("No order has been executed yet. ")


def test_what_was_bought_before_a_cancel_is_said() -> None:
    canceled = order("VOO", 5_00, OrderState.CANCELED, bought=1_50, reason="by request")
    assert text(canceled).endswith("The order for $5 of VOO was canceled after $1.50: by request.")


def test_the_table_has_every_sector_with_the_total_and_the_cash_left() -> None:
    orders = (order("VOO", 1_035_00), order("BTC/USD", 5_00, OrderState.REJECTED, reason="no"))
    key = RunKey("main", Routine.INVEST, date(2026, 11, 27))
    said = run_messages.executed(Run(key, RunState.SETTLING, 1_040_02, None, orders))
    assert said.table is not None
    assert said.table.rows == (("VOO & Co", "VOO", "1,035.00"), ("BTC/USD & Co", "BTCUSD", "0.00"))
    assert said.table.totals == (("Total", "", "1,035.00"), ("Cash left", "", "5.02"))
    assert said.notes == ("The order for $5 of BTCUSD was rejected: no.",)


SKIPS: list[tuple[Skip, str]] = [
    (
        SHORT,
        "Not enough cash to invest today: $49.99 is available, and $50 is needed so that Domestic Small Cap (2%) gets "
        "at least $1.",
    ),
    (
        Paused(250_00, date(2026, 12, 1)),
        "Investing is paused until 2026-12-01, so nothing was bought today. $250 is waiting.",
    ),
    (Paused(250_00, None), "Investing is paused, so nothing was bought today. $250 is waiting."),
    (
        AccountBlocked("trading is blocked for the account", 250_00),
        "Nothing was bought today, because Alpaca does not let this account trade: trading is blocked for the "
        "account. $250 is waiting. Please look at the account at Alpaca.",
    ),
    (Declined(250_00), "You declined, so nothing was bought today. $250 is waiting."),
    (
        LimitReached(used=90_00, limit=100_00),
        "Nothing was bought: $90 of the $100 that max_per_day allows is spent already today.",
    ),
    (NoNewCash(2_50), "Nothing was bought: no new cash has come since today's last run ($2.50 is left)."),
]


@pytest.mark.parametrize(("skip", "said"), SKIPS, ids=[type(skip).__name__ for skip, _ in SKIPS])
def test_a_skip_says_why_with_its_figures(skip: Skip, said: str) -> None:
    assert skip_messages.skipped(skip).text == said


@pytest.mark.parametrize(
    ("limit", "reserve", "added"),
    [
        (Limit.CASH, 0, ""),
        (Limit.CASH, 25_00, " $25 is kept back as the reserve."),
        (Limit.SETTLED_CASH, 0, " The account holds $300, but not all of it has settled."),
        (Limit.BUYING_POWER, 0, " The account holds $300, but its buying power is lower."),
        (Limit.MAX_PER_DAY, 0, " The account holds $300, but max_per_day allows no more today."),
    ],
)
def test_too_little_cash_says_what_limits_it(limit: Limit, reserve: Cents, added: str) -> None:
    short = NotEnoughCash(49_99, 50_00, "Bonds", 1250, 1_00, limit, free_cash=300_00, reserve=reserve)
    said = skip_messages.skipped(short).text
    assert said.removesuffix(added).endswith("so that Bonds (12.5%) gets at least $1.")


def test_a_debt_is_what_keeps_cash_from_being_invested_whatever_the_reserve() -> None:
    short = NotEnoughCash(0, 50_00, "Bonds", 1250, 1_00, Limit.CASH, free_cash=0, reserve=25_00, owed=40_50)
    said = skip_messages.skipped(short).text
    assert said.endswith("gets at least $1. The account owes Alpaca $40.50, which new cash pays first.")


def test_missed_days_are_said_in_one_alert() -> None:
    days = [date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27)]
    owed = [(Routine.INVEST, day) for day in days]
    assert run_messages.missed(owed, "Allocator was not running").text == (
        "Investing was missed on 2026-11-24, 2026-11-25 and 2026-11-27: Allocator was not running. "
        "Nothing was bought; the cash waits for the next trading day."
    )


def test_missed_reports_are_told_by_their_days_many_as_a_span() -> None:
    days = [date(2026, 11, number) for number in (23, 24, 25, 27)]
    owed = [*((Routine.CLOSE_REPORT, day) for day in days), (Routine.VARIANCE, days[-1])]
    said = run_messages.missed(owed, "Allocator was not running")
    assert said.title == "A report was missed"
    assert said.text == (
        "The close reports of 4 trading days from 2026-11-23 to 2026-11-27 were not given: Allocator was not running. "
        "The variance of the week's end on 2026-11-27 was not given. /performance and /variance show how things stand."
    )


def test_later_news_names_fills_first_and_every_other_end() -> None:
    expired = order("AGG", 23_00, OrderState.EXPIRED)
    said = run_messages.followed_up([expired, order("VOO", 35_00), order("BTC/USD", 5_00)])
    assert said.text == (
        "Orders that were still open are filled now: $35 of VOO, $5 of BTCUSD. The order for $23 of AGG expired."
    )
    assert said.kind is AlertKind.FOLLOW_UP


def test_broker_trouble_says_what_happens_next() -> None:
    assert trouble_messages.broker_away("no answer in time").text == (
        "Alpaca cannot be reached: no answer in time. Allocator keeps trying, and orders nothing until Alpaca answers."
    )
    assert "check key_id and secret_key" in trouble_messages.broker_refuses("unauthorized").text


def test_the_first_live_investment_shows_its_plan_and_carries_its_confirmation() -> None:
    plan = Plan((OrderIntent("1", "Stocks", "VOO", 95_00), OrderIntent("2", "Crypto", "BTC/USD", 5_00)), 100_00, 100_00)
    said = run_messages.first_investment(plan, "token")
    assert "$95 of VOO, $5 of BTCUSD" in said.text
    assert said.confirmation == "token"
    assert said.table == run_messages.plan_table(plan)
    assert said.table.totals == (("Total", "", "100.00"),)


def test_every_alert_is_plain_text_that_a_short_message_carries() -> None:
    said = [skip_messages.skipped(skip).text for skip, _ in SKIPS] + [
        trouble_messages.broker_back().text,
        trouble_messages.stopped("x").text,
    ]
    assert all(one.isascii() for one in said)
