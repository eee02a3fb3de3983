"""Alpaca's account activities as core's: what each means, and what a broken one may not spoil."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.translate_activities import KINDS, activity
from core.activities import Activity, ActivityKind
from tests.contracts import FOLDER

TODAY = date(2026, 11, 30)
FILL: dict[str, Any] = {
    "id": "20261123100000000::1",
    "activity_type": "FILL",
    "transaction_time": "2026-11-23T15:00:00.123456789Z",
    "type": "partial_fill",
    "price": "628.31",
    "qty": "0.015915711",
    "side": "buy",
    "symbol": "VOO",
    "order_id": "b-1",
}
DEPOSIT: dict[str, Any] = {
    "id": "20261123000000000::2",
    "activity_type": "CSD",
    "date": "2026-11-23",
    "created_at": "2026-11-24T01:00:00Z",
    "net_amount": "500.01",
    "currency": "USD",
    "status": "executed",
}


def read(answer: object) -> Activity:
    return activity(answer, TODAY)


def test_every_type_of_alpaca_s_description_is_classified() -> None:
    contract = FOLDER / "alpaca-trading.json"
    if not contract.exists():
        pytest.skip("alpaca-trading.json is not beside this checkout, in ../shared/contracts")
    described = json.loads(contract.read_text(encoding="utf-8"))["components"]["schemas"]["ActivityType"]["enum"]
    assert set(described) - KINDS.keys() == set()


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        (ActivityKind.FLOW, ["CSD", "CSW", "JNLC", "ACATC", "TRANS", "JNL"]),
        (ActivityKind.INCOME, ["DIV", "DIVNRA", "DIVCGL", "DIVROC", "INT", "INTNRA", "CGD"]),
        (ActivityKind.FEE, ["FEE", "CFEE", "PTC"]),
        (ActivityKind.CORPORATE, ["SPLIT", "SPIN", "MA", "NC", "JNLS", "ACATS", "REORG", "CIL"]),
        (ActivityKind.UNKNOWN, ["OPTRD", "MISC", "a type of next year"]),
    ],
)
def test_money_is_what_its_type_says(kind: ActivityKind, types: list[str]) -> None:
    for name in types:
        found = read(DEPOSIT | {"activity_type": name})
        assert (found.type, found.kind, found.amount) == (name, kind, Decimal("500.01"))


@pytest.mark.parametrize(("side", "sign"), [("buy", 1), ("sell", -1), ("sell_short", -1)])
def test_a_fill_moves_shares_one_way_and_cash_the_other(side: str, sign: int) -> None:
    found = read(FILL | {"side": side})
    assert (found.kind, found.quantity) == (ActivityKind.TRADE, sign * Decimal("0.015915711"))
    assert found.amount == -sign * Decimal("0.015915711") * Decimal("628.31")
    assert (found.symbol, found.price, found.order_id) == ("VOO", Decimal("628.31"), "b-1")


@pytest.mark.parametrize(
    ("time", "day"),
    [("2026-11-24T04:59:59Z", 23), ("2026-11-24T05:00:00Z", 24), ("2026-11-23T23:30:00-05:00", 23)],
)
def test_a_fill_s_day_is_new_york_s(time: str, day: int) -> None:
    assert read(FILL | {"transaction_time": time}).day == date(2026, 11, day)


@pytest.mark.parametrize("written", ["2026-11-23", "2026-11-23T00:00:00Z"])
def test_any_other_s_day_is_its_date_as_written_not_when_it_was_created(written: str) -> None:
    assert read(DEPOSIT | {"date": written}).day == date(2026, 11, 23)


def test_without_a_date_the_creation_s_day_in_new_york_counts() -> None:
    found = read(DEPOSIT | {"date": None})
    assert (found.day, found.kind) == (date(2026, 11, 23), ActivityKind.FLOW)


@pytest.mark.parametrize(
    ("told", "quantity", "amount"),
    [
        ({"qty": "-0.000000131", "net_amount": "0"}, "-0.000000131", "0"),
        ({"qty": "0.000000131", "net_amount": None}, "-0.000000131", "0"),
        ({"qty": "0", "net_amount": "-0.05"}, "0", "-0.05"),
    ],
)
def test_a_coin_s_fee_takes_coins_or_dollars(told: dict[str, Any], quantity: str, amount: str) -> None:
    found = read(DEPOSIT | {"activity_type": "CFEE", "symbol": "BTCUSD"} | told)
    assert (found.kind, found.symbol) == (ActivityKind.FEE, "BTC/USD")
    assert (found.quantity, found.amount) == (Decimal(quantity), Decimal(amount))


def test_a_dividend_s_shares_are_what_it_was_paid_on_and_none_that_came() -> None:
    found = read(DEPOSIT | {"activity_type": "DIV", "symbol": "VOO", "qty": "2", "activity_sub_type": "CDIV"})
    assert (found.kind, found.quantity, found.symbol) == (ActivityKind.INCOME, Decimal(0), "VOO")


def test_a_dividend_paid_in_shares_brings_them_and_no_money() -> None:
    paid = {"activity_type": "DIV", "activity_sub_type": "SDIV", "symbol": "VOO", "qty": "0.5", "net_amount": "0"}
    found = read(DEPOSIT | paid)
    assert (found.kind, found.quantity, found.amount) == (ActivityKind.CORPORATE, Decimal("0.5"), Decimal(0))


def test_a_split_takes_the_old_shares_without_any_money() -> None:
    found = read({"id": "s", "activity_type": "SPLIT", "date": "2026-11-23", "symbol": "VOO", "qty": "-10"})
    assert (found.kind, found.quantity, found.amount) == (ActivityKind.CORPORATE, Decimal(-10), Decimal(0))


@pytest.mark.parametrize(
    "change",
    [
        {"price": None},
        {"price": "?"},
        {"qty": None},
        {"qty": "1e999999"},
        {"side": None},
        {"side": "undecided"},
        {"type": "trade_bust"},
        {"transaction_time": None},
        {"symbol": None},
        {"symbol": "ETH/BTC"},
        {"symbol": "AAPL240119C00100000"},
    ],
)
def test_a_fill_that_is_not_understood_is_unknown_and_moves_no_money(change: dict[str, Any]) -> None:
    found = read(FILL | change)
    assert (found.id, found.type, found.kind) == (FILL["id"], "FILL", ActivityKind.UNKNOWN)
    assert (found.amount, found.order_id) == (Decimal(0), "b-1")


@pytest.mark.parametrize(
    ("change", "amount"),
    [
        ({"net_amount": None}, "0"),
        ({"net_amount": "five"}, "0"),
        ({"currency": "EUR"}, "0"),
        ({"qty": "five"}, "500.01"),
        ({"status": "a status of next year"}, "500.01"),
        ({"date": None, "created_at": None}, "500.01"),
    ],
)
def test_money_that_is_not_understood_is_unknown_with_what_is_known(change: dict[str, Any], amount: str) -> None:
    found = read(DEPOSIT | change)
    assert (found.type, found.kind, found.amount) == ("CSD", ActivityKind.UNKNOWN, Decimal(amount))


def test_an_activity_without_any_date_counts_on_the_day_it_was_read() -> None:
    assert read(DEPOSIT | {"date": "soon", "created_at": None}).day == TODAY


def test_a_canceled_activity_is_kept_and_moved_nothing() -> None:
    found = read(DEPOSIT | {"status": "canceled"})
    assert (found.kind, found.amount) == (ActivityKind.FLOW, Decimal(0))


def test_an_activity_without_an_id_has_the_same_one_each_time_it_is_read() -> None:
    bare = {name: value for name, value in DEPOSIT.items() if name != "id"}
    assert read(bare).id == read(dict(reversed(bare.items()))).id != read(bare | {"net_amount": "1"}).id


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


@given(st.sampled_from([FILL, DEPOSIT]), st.dictionaries(st.sampled_from([*FILL, *DEPOSIT]), ANYTHING, max_size=4))
def test_nothing_in_an_activity_can_lose_the_others(whole: dict[str, Any], spoiled: dict[str, Any]) -> None:
    found = read(whole | spoiled)
    assert found.amount.is_finite()
    assert found.id


@given(ANYTHING)
def test_not_even_one_that_is_no_object(answer: object) -> None:
    assert read(answer).kind in ActivityKind
