"""The Vonage stand-in, Vonage's SDK and the API's own description agree."""

from collections.abc import Iterator

import pytest
from vonage_http_client.auth import Auth
from vonage_http_client.http_client import HttpClient, HttpClientOptions
from vonage_sms import Sms, SmsMessage
from vonage_sms.errors import PartialFailureError, SmsError

from sandbox.server import Sandbox
from sandbox.vonage.refusals import ERROR_TEXTS
from tests.integration.vonage_contract import SmsApi, load


@pytest.fixture(scope="module")
def contract() -> SmsApi:
    return load()


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def sms(sandbox: Sandbox) -> Iterator[Sms]:
    auth = Auth(api_key=sandbox.keys.vonage_api_key, api_secret=sandbox.keys.vonage_api_secret)
    host = sandbox.origin("vonage").removeprefix("https://")
    client = HttpClient(auth, HttpClientOptions(rest_host=host, timeout=5, pool_maxsize=1, max_retries=0))
    yield Sms(client)
    client._session.close()


def test_every_request_and_answer_is_as_the_description_has_it(sandbox: Sandbox, sms: Sms, contract: SmsApi) -> None:
    keys = sandbox.keys
    for text, kind in (("short", "text"), ("ж" * 71, "unicode")):
        sms.send(SmsMessage(to=keys.sms_recipient, from_=keys.sms_sender, text=text, type=kind, client_ref="alert-7"))
    sandbox.call(lambda world: world.sms.fail_parts(1, {2}))
    with pytest.raises(PartialFailureError):
        sms.send(SmsMessage(to=keys.sms_recipient, from_=keys.sms_sender, text="x" * 161))
    sandbox.call(lambda world: world.sms.fail_with(29, times=1))
    with pytest.raises(SmsError):
        sms.send(SmsMessage(to=keys.sms_recipient, from_=keys.sms_sender, text="not to this number"))
    requests, answers = sandbox.call(lambda world: (list(world.sms.requests_seen), list(world.sms.answers_seen)))
    assert (len(requests), [len(entries) for entries in answers]) == (4, [1, 2, 2, 1])
    assert [complaint for form in requests for complaint in contract.request(form, keys.vonage_api_key)] == []
    assert [complaint for entries in answers for complaint in contract.answer(entries)] == []


def test_the_statuses_are_the_description_s_in_its_words(contract: SmsApi) -> None:
    assert contract.statuses() == ERROR_TEXTS


def test_what_differs_from_the_description_is_noticed(contract: SmsApi) -> None:
    good = {"from": "1", "to": "12015550123", "text": "hi"}
    assert contract.request(good, "abcd1234") == []
    assert "does not match" in contract.request(good | {"to": "+someone"}, "abcd1234")[0]
    assert "too short" in contract.request(good, "abc")[0]
    assert "unexpected" in contract.request(good | {"colour": "red"}, "abcd1234")[0]
    assert "'balance' was unexpected" in contract.answer([{"status": "0", "balance": "1"}])[0]
    assert "'to' was unexpected" in contract.answer([{"status": "9", "to": "12015550123"}])[0]
