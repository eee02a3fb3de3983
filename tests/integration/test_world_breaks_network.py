"""The network breaks before any answer: a name that leads nowhere, and a certificate for another name."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
import trustme
from telegram.error import NetworkError

from bot import app
from bot.channels import Channel, Failed
from bot.charts import Charts
from bot.delivery import Pump
from bot.records import Records, now
from bot.settings.file import load
from bot.settings.model import Settings
from core.alerts import Alert, AlertKind
from core.allocation import Sector
from sandbox.server import Sandbox
from sandbox.world import World
from storage import database
from tests.integration.installation import installed

SECTORS = (Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 4000))
ALERT = Alert(AlertKind.EXECUTED, "Bought $87.50 of VOO.")

Address = Callable[[str], str]


def nowhere(_origin: str) -> str:
    """Return an address whose name leads nowhere."""
    return "https://service.invalid"


def other_name(origin: str) -> str:
    """Return the same address, written in a way that the certificate does not name."""
    return origin.replace("127.0.0.1", "127.1")


# What goes to the owner.


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    """Run the stand-ins, with an owner who has pressed Start."""
    with Sandbox(authority=authority) as running:
        running.call(lambda world: world.telegram.press_start(running.keys.owner_id))
        yield running


def settings(sandbox: Sandbox, folder: Path, address: Address) -> Settings:
    """Return settings by which Telegram and Vonage are looked for at other addresses."""
    telegram, vonage = (address(sandbox.origin(service)) for service in ("telegram", "vonage"))
    file = folder / "settings.toml"
    text = sandbox.settings(telegram={"api_url": telegram}, vonage={"rest_host": vonage.removeprefix("https://")})
    file.write_text(text, encoding="utf-8")
    return load(file).settings


@asynccontextmanager
async def channels(settings: Settings) -> AsyncIterator[dict[str, Channel]]:
    """Build the channels as the product does, with its own requests."""
    application, _ = app.application(settings)
    yield app.channels(settings, application, Charts())
    await application.bot.request.shutdown()


def seen(world: World) -> tuple[int, int]:
    """Return how many requests Telegram and Vonage have seen."""
    return len(world.telegram.requests_seen), len(world.sms.requests_seen)


def arrived(world: World) -> tuple[list[str], list[str]]:
    """Return what Telegram and Vonage have brought."""
    return [one.text for one in world.telegram.messages], [one.text for one in world.sms.messages]


@pytest.mark.parametrize("address", [nowhere, other_name])
async def test_a_delivery_to_a_service_that_is_not_found_or_not_itself_has_failed_unseen_and_arrives_later(
    address: Address, sandbox: Sandbox, tmp_path: Path
) -> None:
    astray, right = (settings(sandbox, tmp_path, one) for one in (address, str))
    with database.open(f"sqlite:///{tmp_path / 'books.db'}") as books:
        records = Records.over(books, app.recipients(astray))
        records.outbox.say(ALERT, now())
        async with channels(astray) as opened:
            pump = Pump(records, opened)
            tried = [await pump.try_once(ALERT, one) for one in app.recipients(astray)]
            await pump.pump_once()
        assert tried == [Failed("Telegram cannot be reached"), Failed("Vonage cannot be reached")]
        assert sandbox.call(seen) == (0, 0)
        assert records.outbox.undelivered_count() == 2
        async with channels(right) as opened:
            await Pump(records, opened).flush(10)
    assert sandbox.call(arrived) == ([ALERT.text], [ALERT.text])


@pytest.mark.parametrize("address", [nowhere, other_name])
async def test_the_chat_does_not_listen_to_what_is_not_found_or_not_itself(
    address: Address, sandbox: Sandbox, tmp_path: Path
) -> None:
    application, polling = app.application(settings(sandbox, tmp_path, address))
    with pytest.raises(NetworkError):
        await application.bot.get_updates()
    await polling.shutdown()
    assert sandbox.call(seen) == (0, 0)


# What goes to Alpaca.


@pytest.mark.parametrize(
    ("address", "why"),
    [(nowhere, "the connection failed"), (other_name, "its certificate is not trusted here")],
)
def test_at_a_broker_that_is_not_found_or_not_itself_nothing_is_ordered_and_the_owner_is_told(
    address: Address, why: str, tmp_path: Path, authority: trustme.CA
) -> None:
    with installed(tmp_path, authority, sectors=SECTORS, address=address) as installation:
        installation.set_clock(9, 40)
        said: list[Alert] = []
        over = monotonic() + 20
        while not said:
            assert monotonic() < over
            installation.tick()
            said = installation.said()
        assert [alert.text for alert in said] == [
            f"Alpaca cannot be reached: {why}. Allocator keeps trying, and orders nothing until Alpaca answers."
        ]
        assert installation.orders() == []
        assert installation.sandbox.call(lambda world: len(world.brokerage.requests_seen)) == 0
