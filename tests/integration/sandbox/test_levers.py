"""The control address's levers: how strict, how slow and how full the stand-ins are, set from another process."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
import trustme

from sandbox.alpaca import AccountStatus, Execution, Restrictions, Status
from sandbox.server import Sandbox

OWNER = 1001


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    with Sandbox(cash=Decimal(1000), authority=authority) as running:
        running.call(lambda world: world.telegram.press_start(OWNER))
        yield running


def pull(sandbox: Sandbox, path: str, **body: object) -> httpx.Response:
    return httpx.post(sandbox.origin("control") + path, json=body)


def read_clock(sandbox: Sandbox) -> httpx.Response:
    keys = {"APCA-API-KEY-ID": sandbox.keys.alpaca_key_id, "APCA-API-SECRET-KEY": sandbox.keys.alpaca_secret_key}
    return httpx.get(sandbox.origin("alpaca") + "/v2/clock", headers=keys)


def write(sandbox: Sandbox) -> httpx.Response:
    url = f"{sandbox.origin('telegram')}/bot{sandbox.keys.telegram_token}/sendMessage"
    return httpx.post(url, json={"chat_id": OWNER, "text": "news"})


def text(sandbox: Sandbox) -> str:
    keys = sandbox.keys
    form = {"api_key": keys.vonage_api_key, "api_secret": keys.vonage_api_secret, "from": keys.sms_sender}
    answer = httpx.post(f"{sandbox.origin('vonage')}/sms/json", data={**form, "to": keys.sms_recipient, "text": "news"})
    return str(answer.json()["messages"][0]["status"])


def test_alpaca_answers_as_often_a_minute_as_it_is_told(sandbox: Sandbox) -> None:
    pull(sandbox, "/rate_limit", per_minute=1)
    assert [read_clock(sandbox).status_code for _ in range(2)] == [200, 429]
    pull(sandbox, "/rate_limit", per_minute=None)
    assert "X-RateLimit-Limit" not in read_clock(sandbox).headers


def test_telegram_minds_how_fast_the_bot_writes_once_it_is_told_to(sandbox: Sandbox) -> None:
    pull(sandbox, "/flood", on=True)
    assert 429 in [write(sandbox).status_code for _ in range(5)]
    pull(sandbox, "/flood", on=False)
    assert write(sandbox).status_code == 200


def test_the_owner_blocks_the_bot_and_its_token_ends(sandbox: Sandbox) -> None:
    pull(sandbox, "/block")
    assert write(sandbox).status_code == 403
    pull(sandbox, "/revoke")
    assert write(sandbox).status_code == 401


def test_vonage_throttles_has_no_credit_and_answers_with_a_status_of_its_table(sandbox: Sandbox) -> None:
    pull(sandbox, "/sms_status", status=5)
    assert text(sandbox) == "5"
    pull(sandbox, "/credit", euros="0.01")
    assert text(sandbox) == "9"
    pull(sandbox, "/throughput", per_second=0)
    assert text(sandbox) == "1"


def test_orders_fill_as_they_are_told_of_one_symbol_or_of_all(sandbox: Sandbox) -> None:
    pull(sandbox, "/executions", symbol="VOO", parts=3, every=2, fraction="0.5", ends="canceled")
    pull(sandbox, "/fill_delay", seconds=4)
    short = Execution(3, timedelta(seconds=2), Decimal("0.5"), Status.CANCELED)
    assert sandbox.call(lambda world: dict(world.brokerage.executions)) == {"VOO": short}
    assert sandbox.call(lambda world: world.brokerage.fill_delay) == timedelta(seconds=4)
    pull(sandbox, "/executions", parts=2)
    assert sandbox.call(lambda world: (dict(world.brokerage.executions), world.brokerage.execution.parts)) == ({}, 2)


def test_positions_lag_and_bars_are_late(sandbox: Sandbox) -> None:
    pull(sandbox, "/position_lag", seconds=7)
    pull(sandbox, "/data_delay", seconds=None)
    assert sandbox.call(lambda world: (world.brokerage.position_lag, world.brokerage.data_delay)) == (
        timedelta(seconds=7),
        None,
    )


def test_of_the_restrictions_what_is_named_changes_and_the_rest_stays(sandbox: Sandbox) -> None:
    pull(sandbox, "/restrictions", trading_blocked=True)
    pull(sandbox, "/restrictions", crypto_status="INACTIVE")
    wanted = Restrictions(trading_blocked=True, crypto_status=AccountStatus.INACTIVE)
    assert sandbox.call(lambda world: world.brokerage.restrictions) == wanted


def test_the_account_is_another_one_after_a_reset(sandbox: Sandbox) -> None:
    before = sandbox.call(lambda world: world.brokerage.account_id)
    pull(sandbox, "/reset", cash="70")
    account = sandbox.call(lambda world: world.brokerage.account())
    assert (account.id != before, account.cash) == (True, Decimal(70))


WRONG: tuple[tuple[str, dict[str, object], str], ...] = (
    ("/rate_limit", {}, "'per_minute' is missing"),
    ("/rate_limit", {"per_minute": 0}, "the limit is 0 requests a minute, must be at least 1"),
    ("/flood", {"on": "yes"}, "on is 'yes', must be true or false"),
    ("/executions", {"parts": 0}, "parts is 0, must be at least 1"),
    ("/executions", {"fraction": "2"}, "fraction is 2, must be from 0 to 1"),
    ("/executions", {"fraction": "half"}, "fraction is 'half', must be a number"),
    ("/position_lag", {"seconds": -1}, "seconds is -1, must not be negative"),
    ("/restrictions", {"blocked": True}, "blocked is no restriction: there are trading_blocked, "),
    ("/restrictions", {"status": "ASLEEP"}, "'ASLEEP' is not a valid AccountStatus"),
    ("/dividend", {"symbol": "VOO", "per_share": "1"}, "the account holds no VOO"),
    ("/dividend", {"symbol": "NONE", "per_share": "1"}, "the sandbox has no asset 'NONE'"),
    ("/halt", {"symbol": "NONE"}, "NONE"),
    ("/sms_status", {"status": 99}, "status 99 is not in Vonage's table"),
)


def test_a_lever_says_what_is_wrong(sandbox: Sandbox) -> None:
    for path, body, reason in WRONG:
        answer = pull(sandbox, path, **body)
        assert (answer.status_code, reason in answer.text) == (400, True), (path, body, answer.text)
