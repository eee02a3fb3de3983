"""The Vonage stand-in, met through the real SDK over HTTPS."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

import httpx
import pytest
from vonage_http_client.auth import Auth
from vonage_http_client.errors import AuthenticationError
from vonage_http_client.http_client import HttpClient, HttpClientOptions
from vonage_sms import Sms, SmsMessage, SmsResponse
from vonage_sms.errors import PartialFailureError, SmsError

from sandbox.clock import VirtualClock
from sandbox.server import Sandbox
from sandbox.vonage import PRICE, SmsService
from sandbox.vonage.gsm import segment_count

PHONE = "447700900000"


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[HttpClient]:
    client = connect(sandbox, sandbox.keys.vonage_api_secret)
    yield client
    client._session.close()


def connect(sandbox: Sandbox, secret: str) -> HttpClient:
    return HttpClient(
        Auth(api_key=sandbox.keys.vonage_api_key, api_secret=secret),
        HttpClientOptions(
            rest_host=sandbox.origin("vonage").removeprefix("https://"),
            timeout=5,
            pool_maxsize=1,
            max_retries=0,
        ),
    )


def send(
    http: HttpClient,
    text: str,
    *,
    to: str = PHONE,
    kind: Literal["text", "unicode"] | None = None,
    client_ref: str | None = None,
) -> SmsResponse:
    return Sms(http).send(SmsMessage(to=to, from_="Allocator", text=text, type=kind, client_ref=client_ref))


def received(sandbox: Sandbox) -> list[str]:
    return [sms.text for sms in sandbox.call(lambda world: world.sms.messages)]


def test_a_message_is_accepted_priced_and_arrives(sandbox: Sandbox, http: HttpClient) -> None:
    before = sandbox.call(lambda world: world.clock.now())
    response = send(http, "Bought $35 of VOO.", client_ref="alert-7")
    (entry,) = response.messages
    assert (response.message_count, entry.status, entry.to, entry.client_ref) == ("1", "0", PHONE, "alert-7")
    assert (entry.message_price, entry.remaining_balance) == ("0.03330000", "9.96670000")
    (sms,) = sandbox.call(lambda world: world.sms.messages)
    assert (sms.to, sms.sender, sms.text) == (PHONE, "Allocator", "Bought $35 of VOO.")
    assert (sms.segments, sms.client_ref) == (1, "alert-7")
    assert sms.at >= before


def test_a_long_message_has_one_entry_and_one_price_for_each_segment(sandbox: Sandbox, http: HttpClient) -> None:
    response = send(http, "x" * 307)
    assert (response.message_count, len({entry.message_id for entry in response.messages})) == ("3", 3)
    assert sandbox.call(lambda world: world.sms.balance) == Decimal(10) - 3 * PRICE
    assert received(sandbox) == ["x" * 307]


@pytest.mark.parametrize(
    ("text", "unicode", "segments"),
    [
        ("x" * 160, False, 1),
        ("x" * 161, False, 2),
        ("x" * 306, False, 2),
        ("x" * 307, False, 3),
        ("€" * 80, False, 1),
        ("€" * 81, False, 2),
        # 153 places hold 76 euro signs: the 77th is not cut in two.
        ("€" * 153, False, 3),
        ("ж" * 70, True, 1),
        ("ж" * 71, True, 2),
        ("ж" * 135, True, 3),
        ("\N{MONEY BAG}" * 35, True, 1),
        ("\N{MONEY BAG}" * 67, True, 3),
    ],
)
def test_segments_are_counted_as_phones_count_them(text: str, unicode: bool, segments: int) -> None:
    assert segment_count(text, unicode=unicode) == segments


def test_what_the_gsm_alphabet_lacks_is_lost_unless_sent_as_unicode(sandbox: Sandbox, http: HttpClient) -> None:
    send(http, "Größe ж 5 €", kind="text")
    send(http, "Größe ж 5 €", kind="unicode")
    assert received(sandbox) == ["Größe ? 5 €", "Größe ж 5 €"]


@pytest.mark.parametrize("status", [1, 5, 9, 29])
def test_a_failure_is_answered_as_often_as_asked_for_and_sends_nothing(
    sandbox: Sandbox, http: HttpClient, status: int
) -> None:
    sandbox.call(lambda world: world.sms.fail_with(status, times=2))
    for _ in range(2):
        with pytest.raises(SmsError, match=f"error code {status}: "):
            send(http, "hello")
    send(http, "hello again")
    assert received(sandbox) == ["hello again"]


def test_a_failure_outside_the_table_is_a_mistake_of_the_test(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="status 13 is not in Vonage's table"):
        sandbox.call(lambda world: world.sms.fail_with(13, times=1))


def test_without_credit_nothing_is_sent(sandbox: Sandbox, http: HttpClient) -> None:
    sandbox.call(lambda world: setattr(world.sms, "balance", PRICE))
    with pytest.raises(SmsError, match="error code 9: Partner Quota Violation"):
        send(http, "x" * 161)
    send(http, "x" * 160)
    assert received(sandbox) == ["x" * 160]


@pytest.mark.parametrize("number", ["12345", "+447700900000", "someone"])
def test_a_bad_number_is_refused(http: HttpClient, number: str) -> None:
    with pytest.raises(SmsError, match="error code 3: Invalid to param"):
        send(http, "hello", to=number)


@pytest.mark.parametrize("sender", ["Allocator bot", "+12015550100", "1201555010012345"])
def test_a_sender_that_is_no_number_and_no_short_name_is_refused(http: HttpClient, sender: str) -> None:
    with pytest.raises(SmsError, match="error code 15: Invalid Sender Address"):
        Sms(http).send(SmsMessage(to=PHONE, from_=sender, text="hello"))


def test_an_account_in_demo_mode_writes_to_its_own_numbers_only(sandbox: Sandbox, http: HttpClient) -> None:
    sandbox.call(lambda world: setattr(world.sms, "whitelist", frozenset({"12015550123"})))
    with pytest.raises(SmsError, match="error code 29: Non-Whitelisted Destination"):
        send(http, "hello")
    send(http, "hello", to="12015550123")
    assert received(sandbox) == ["hello"]


def test_credit_goes_down_with_every_segment_until_it_is_used_up(sandbox: Sandbox, http: HttpClient) -> None:
    sandbox.call(lambda world: setattr(world.sms, "balance", 3 * PRICE))
    entries = send(http, "x" * 161).messages
    assert [entry.remaining_balance for entry in entries] == ["0.06660000", "0.03330000"]
    send(http, "the last one")
    with pytest.raises(SmsError, match="error code 9: Partner Quota Violation"):
        send(http, "one too many")
    assert received(sandbox) == ["x" * 161, "the last one"]


def test_a_long_message_of_which_a_part_failed_is_paid_in_part_and_not_shown(
    sandbox: Sandbox, http: HttpClient
) -> None:
    sandbox.call(lambda world: world.sms.fail_parts(1, {2}))
    send(http, "short, so it has no second part")
    with pytest.raises(PartialFailureError) as failure:
        send(http, "x" * 307)
    assert [entry["status"] for entry in failure.value.response["messages"]] == ["0", "1", "0"]
    assert sandbox.call(lambda world: world.sms.balance) == Decimal(10) - 3 * PRICE
    send(http, "x" * 307)
    assert received(sandbox) == ["short, so it has no second part", "x" * 307]


def test_more_than_thirty_requests_a_second_are_throttled() -> None:
    seconds = 0.0
    service = SmsService(
        VirtualClock(datetime(2026, 11, 23, tzinfo=UTC)), api_key="key", api_secret="secret", seconds=lambda: seconds
    )

    def statuses(count: int) -> list[str]:
        form = {"to": PHONE, "from": "1", "text": "hi"}
        return [service.submit(form, ("key", "secret"))[0]["status"] for _ in range(count)]

    assert statuses(31) == [*["0"] * 30, "1"]
    seconds = 0.9
    assert statuses(1) == ["1"]
    seconds = 1.0
    assert statuses(31) == [*["0"] * 30, "1"]
    service.throughput = None
    assert statuses(40) == ["0"] * 40


def test_too_long_a_message_is_refused(http: HttpClient) -> None:
    with pytest.raises(SmsError, match="error code 12: Message Too Long"):
        send(http, "x" * 3201)


def test_a_wrong_secret_is_an_answer_with_status_4(sandbox: Sandbox) -> None:
    stranger = connect(sandbox, "wrongSecret00001")
    with pytest.raises(SmsError, match="error code 4: Invalid Credentials"):
        send(stranger, "hello")
    stranger._session.close()


def test_credentials_may_stand_in_the_form_and_are_not_remembered(sandbox: Sandbox) -> None:
    keys = sandbox.keys
    form = {
        "api_key": keys.vonage_api_key,
        "api_secret": keys.vonage_api_secret,
        "to": PHONE,
        "from": "1",
        "text": "hi",
    }
    answer = httpx.post(f"{sandbox.origin('vonage')}/sms/json", data=form)
    assert (answer.status_code, answer.json()["message-count"], answer.json()["messages"][0]["status"]) == (
        200,
        "1",
        "0",
    )
    assert keys.vonage_api_secret not in str(sandbox.call(lambda world: world.sms.requests_seen))


@pytest.mark.parametrize("missing", ["to", "from", "text"])
def test_a_missing_parameter_is_named(sandbox: Sandbox, missing: str) -> None:
    form = {"to": PHONE, "from": "1", "text": "hi"}
    del form[missing]
    answer = httpx.post(
        f"{sandbox.origin('vonage')}/sms/json",
        data=form,
        auth=(sandbox.keys.vonage_api_key, sandbox.keys.vonage_api_secret),
    )
    assert answer.json() == {
        "message-count": "1",
        "messages": [{"status": "2", "error-text": f"Missing {missing} param"}],
    }


def test_the_balance_can_be_asked_for(sandbox: Sandbox, http: HttpClient) -> None:
    assert http.get(http.rest_host, "/account/get-balance", auth_type="basic") == {
        "value": 10.0,
        "autoReload": False,
    }
    stranger = connect(sandbox, "wrongSecret00001")
    with pytest.raises(AuthenticationError):
        stranger.get(stranger.rest_host, "/account/get-balance", auth_type="basic")
    stranger._session.close()
