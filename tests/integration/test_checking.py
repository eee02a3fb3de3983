"""What the examination says of a machine and of a world in which something is wrong."""

import re
import shutil
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trustme

from bot import app
from bot.operations import check_machine, check_world
from bot.operations.findings import Finding, Verdict
from bot.settings.file import load
from bot.settings.model import Settings
from broker.gateway import Gateway
from broker.pages import OrderPage
from core.alerts import Alert, AlertKind
from core.calendar import NEW_YORK
from core.orders import BrokerOrder, OrderState
from core.ports import BrokerAway
from sandbox.alpaca.orders import OrderRequest, Side, TimeInForce
from sandbox.alpaca.restrictions import Restrictions
from sandbox.faults.kinds import Answer
from sandbox.server import Sandbox
from sandbox.world import World
from storage import database

Usage = namedtuple("Usage", ["total", "used", "free"])


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    with Sandbox(authority=authority, cash=Decimal(250)) as running:
        yield running


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    file = tmp_path / "settings.toml"
    file.write_text(sandbox.settings(storage={"url": f"sqlite:///{tmp_path / 'allocator.db'}"}), encoding="utf-8")
    file.chmod(0o600)
    return load(file).settings


def of(name: str, found: list[Finding]) -> tuple[Verdict, str]:
    (one,) = (finding for finding in found if finding.name == name)
    return one.verdict, one.text


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(10**12, Verdict.PASS), (400_000_000, Verdict.WARN), (40_000_000, Verdict.FAIL)],
)
def test_a_disk_that_fills_is_said_in_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    assert of("disk space", list(check_machine.disk(settings)))[0] is verdict


def test_a_database_that_is_torn_or_foreign_fails_with_the_way_out(settings: Settings) -> None:
    file = database.file_of(settings.storage.url)
    assert of("database", list(check_machine.books(settings)))[0] is Verdict.WARN
    with database.open(settings.storage.url):
        assert of("database", list(check_machine.books(settings)))[0] is Verdict.PASS
    content = file.read_bytes()
    file.write_bytes(content[: len(content) - 8192] + b"\xff" * 8192)
    verdict, text = of("database", list(check_machine.books(settings)))
    assert verdict is Verdict.FAIL
    assert "is damaged" in text
    assert "put the newest backup back with `allocator restore`" in text
    file.write_bytes(b"some other file" * 100)
    assert "is not a database of Allocator" in of("database", list(check_machine.books(settings)))[1]


def test_files_that_others_may_read_are_named(settings: Settings, tmp_path: Path) -> None:
    with database.open(settings.storage.url):
        file = database.file_of(settings.storage.url)
        file.chmod(0o644)
        found = list(check_machine.settings(load(tmp_path / "settings.toml")))
    assert of("file rights", found) == (Verdict.WARN, f"{file} is open to other users: chmod 600 {file}")


def test_a_clock_that_agrees_passes_and_one_that_does_not_is_a_warning(
    authority: trustme.CA, tmp_path: Path, settings: Settings
) -> None:
    file = tmp_path / "settings.toml"
    # The sandbox's own week is not this machine's.
    with closing(app.gateway(settings)) as gateway:
        verdict, text = of("clock", list(check_world.alpaca(gateway)))
        assert verdict is Verdict.WARN
        # A day and more apart, in words of two units.
        assert re.match(r"this machine's clock is \d+ d \d+ h (ahead of|behind) the market's: set it", text), text
    with Sandbox(authority=authority, start=datetime.now(NEW_YORK)) as running:
        file.write_text(running.settings(), encoding="utf-8")
        with closing(app.gateway(load(file).settings)) as gateway:
            assert of("clock", list(check_world.alpaca(gateway)))[0] is Verdict.PASS


def test_a_broker_that_is_away_and_an_account_that_is_blocked(sandbox: Sandbox, settings: Settings) -> None:
    def block(world: World) -> None:
        world.faults.clear()
        world.brokerage.restrictions = Restrictions(trading_blocked=True)

    away = Answer(500, "", "text/plain")
    with closing(app.gateway(settings)) as gateway:
        sandbox.call(lambda world: world.faults.set("alpaca", away, path="/v2/account"))
        verdict, text = of("Alpaca", list(check_world.alpaca(gateway)))
        assert (verdict, text.startswith("it cannot be used (HTTP 500)")) == (Verdict.FAIL, True)
        sandbox.call(block)
        verdict, text = of("Alpaca", list(check_world.alpaca(gateway)))
        assert (verdict, "trading is blocked" in text) == (Verdict.FAIL, True)


@pytest.mark.parametrize(("euros", "verdict"), [("10", Verdict.PASS), ("0.5", Verdict.WARN), ("0", Verdict.FAIL)])
def test_the_credit_for_sms(sandbox: Sandbox, settings: Settings, euros: str, verdict: Verdict) -> None:
    assert settings.vonage is not None
    sandbox.call(lambda world: setattr(world.sms, "balance", Decimal(euros)))
    assert of("Vonage", list(check_world.vonage(settings.vonage)))[0] is verdict


def test_a_vonage_that_answers_nonsense_fails(sandbox: Sandbox, settings: Settings) -> None:
    assert settings.vonage is not None
    sandbox.call(lambda world: world.faults.set("vonage", Answer(200, "{}", "application/json")))
    verdict, text = of("Vonage", list(check_world.vonage(settings.vonage)))
    assert (verdict, text.startswith("Vonage's answer was not understood")) == (Verdict.FAIL, True)


def test_an_owner_who_never_pressed_start_is_told_to(sandbox: Sandbox, settings: Settings) -> None:
    verdict, text = of("owner's chat", list(check_world.telegram(settings)))
    assert verdict is Verdict.FAIL
    assert text.endswith(f"open the chat with the bot as Telegram user {sandbox.keys.owner_id} and press Start")
    sandbox.call(lambda world: world.telegram.press_start(sandbox.keys.owner_id))
    assert of("owner's chat", list(check_world.telegram(settings)))[0] is Verdict.PASS


@pytest.fixture
def core(settings: Settings) -> Iterator[app.Core]:
    with app.opened(settings) as books, app.core_over(settings, books) as wired:
        yield wired


def test_an_alert_that_has_not_arrived_is_a_warning_with_the_channels_own_reason(core: app.Core) -> None:
    outbox, at = core.records.outbox, datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert of("alerts", list(check_world.alerts(core)))[0] is Verdict.PASS
    outbox.say(Alert(AlertKind.MISSED, "Investing was missed"), at)
    by_channel = {delivery.channel: delivery.id for delivery in outbox.due(at)}
    outbox.failed(by_channel["sms"], "HTTP 503", at, timedelta(minutes=1))
    outbox.hold(by_channel["telegram"], "the owner has not pressed Start")
    said = "(sms: HTTP 503; telegram: the owner has not pressed Start): the running service sends them"
    assert of("alerts", list(check_world.alerts(core))) == (Verdict.WARN, f"2 deliveries wait or are held {said}")
    for delivery in by_channel.values():
        outbox.delivered(delivery, None, at)
    assert of("alerts", list(check_world.alerts(core)))[0] is Verdict.PASS


def test_an_order_of_ours_that_the_ledger_lacks_fails_with_what_to_do(sandbox: Sandbox, core: app.Core) -> None:
    ours = "main-20261123-invest-0-VOO-buy"
    assert of("ledger", list(check_world.ledger(core)))[0] is Verdict.PASS
    request = OrderRequest("VOO", Side.BUY, Decimal(50), None, TimeInForce.DAY, ours)
    sandbox.call(lambda world: world.brokerage.submit(request))
    verdict, text = of("ledger", list(check_world.ledger(core)))
    assert (verdict, text.startswith(f"Alpaca has order {ours} ($50 of VOO, ")) == (Verdict.FAIL, True)
    assert text.endswith("--fix writes it down. `allocator reconcile` shows everything.")


class Paged(Gateway):
    """A gateway whose worker answers with these pages."""

    def __init__(self, *pages: OrderPage) -> None:
        self._pages = iter(pages)
        self.asked: list[datetime] = []

    def _read(self, name: str, *arguments: Any, calls: int = 1) -> OrderPage:
        self.asked.append(arguments[1])
        return next(self._pages)


def test_our_orders_are_read_over_all_pages_each_once() -> None:
    def order(number: int) -> BrokerOrder:
        return BrokerOrder(f"b{number}", f"main-{number}", "VOO", "buy", 1, OrderState.FILLED, Decimal(1), Decimal(1))

    first, last = datetime(2026, 11, 1, tzinfo=NEW_YORK), datetime(2026, 11, 2, tzinfo=NEW_YORK)
    # The second page begins with what was submitted at the instant at which the first one ended.
    gateway = Paged(OrderPage((order(1), order(2)), last), OrderPage((order(2), order(3)), None))
    assert gateway.orders("main-", first) == (order(1), order(2), order(3))
    assert gateway.asked == [first - timedelta(microseconds=1), last - timedelta(microseconds=1)]
    with pytest.raises(BrokerAway, match="does not go on"):
        Paged(OrderPage((), last), OrderPage((), last)).orders("main-", first)
