"""The network breaks before any answer: a name that leads nowhere, and a certificate for another name."""

from collections.abc import Iterator
from contextlib import closing

import pytest
import trustme

from broker.access import Access
from broker.gateway import Gateway
from core.ports import BrokerAway
from sandbox.server import Sandbox

NOWHERE = "https://alpaca.invalid"


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    """Run the stand-ins."""
    with Sandbox(authority=authority) as running:
        yield running


def gateway(sandbox: Sandbox, origin: str) -> Gateway:
    """Return the way to a broker at another address, with good keys."""
    keys = sandbox.keys
    return Gateway(Access(origin, origin, keys.alpaca_key_id, keys.alpaca_secret_key, 2), max_workers=1)


def test_a_name_that_leads_nowhere_is_a_broker_that_is_away(sandbox: Sandbox) -> None:
    with closing(gateway(sandbox, NOWHERE)) as broker, pytest.raises(BrokerAway, match="the connection failed"):
        broker.account()


def test_a_certificate_for_another_name_is_not_trusted_and_no_request_is_made(sandbox: Sandbox) -> None:
    # The same address, written in a way that the certificate does not name.
    other = sandbox.origin("alpaca").replace("127.0.0.1", "127.1")
    with closing(gateway(sandbox, other)) as broker, pytest.raises(BrokerAway, match="certificate is not trusted"):
        broker.account()
    assert sandbox.call(lambda world: len(world.brokerage.requests_seen)) == 0
