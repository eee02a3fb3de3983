"""What the product reads for its reports, from the stand-in for Alpaca over HTTPS and through the real gateway."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
import trustme
from alpaca.trading.enums import ActivityType

from broker.access import Access
from broker.gateway import Gateway
from broker.translate_activities import KINDS
from core.activities import Activity, ActivityKind
from core.calendar import NEW_YORK
from core.orders import OrderIntent
from core.ports import BrokerAway
from core.schedule import Window
from sandbox.alpaca.entries import EntryKind
from sandbox.faults.kinds import Denial
from sandbox.server import Sandbox
from sandbox.sessions import latest_session, next_session, sessions_between
from sandbox.world import World

ALWAYS = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
PAST = date(2026, 11, 16)
"""The Monday of the week before the sandbox's first day."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One sandbox with one gateway, and an account that is new for each test, at 10:00 of a trading day."""

    sandbox: Sandbox
    gateway: Gateway

    def now(self) -> datetime:
        """Return the market's time in New York."""
        return self.sandbox.call(lambda world: world.clock.now()).astimezone(NEW_YORK)

    def buy(self, symbol: str, cents: int) -> None:
        """Buy and wait until it is filled."""
        intent = OrderIntent(f"test-{self.now():%Y%m%d}-{symbol}", symbol, symbol, cents)
        list(self.gateway.submit([intent], ALWAYS))
        self.wait(timedelta(seconds=1))

    def wait(self, time: timedelta) -> None:
        """Let market time pass."""
        self.sandbox.call(lambda world: world.clock.advance(time))

    def last_close(self, symbol: str) -> Decimal:
        """Return the close of the last daily bar before today's."""
        return self.sandbox.call(lambda world: world.market.last_bars(symbol, world.clock.now())[0].close)

    def close_of_today(self) -> datetime:
        """Return when the market closes today."""
        return latest_session(self.now()).closes

    def enter(self, kind: EntryKind, amount: str) -> None:
        """Book money that comes or goes without an order."""
        self.sandbox.call(lambda world: world.brokerage.enter(kind, Decimal(amount)))

    def earn(self, amounts: Sequence[Decimal]) -> None:
        """Book interest, each amount by itself."""

        def book(world: World) -> None:
            for amount in amounts:
                world.brokerage.enter(EntryKind.INTEREST, amount)

        self.sandbox.call(book)

    def asked(self, path: str) -> list[dict[str, str]]:
        """Return the queries that arrived at a path."""
        seen = self.sandbox.call(lambda world: list(world.brokerage.requests_seen))
        return [dict(parse_qsl(one.query)) for one in seen if one.path == path]


@pytest.fixture(scope="module")
def running(authority: trustme.CA) -> Iterator[Desk]:
    """Run one sandbox and one gateway for all tests."""
    start = datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK)
    with Sandbox(start=start, authority=authority) as sandbox:
        origin, keys = sandbox.origin("alpaca"), sandbox.keys
        gateway = Gateway(Access(origin, origin, keys.alpaca_key_id, keys.alpaca_secret_key, 5), max_workers=1)
        try:
            yield Desk(sandbox, gateway)
        finally:
            gateway.close()


@pytest.fixture
def desk(running: Desk) -> Desk:
    """Open a new account of $5,000 on the next trading day, so that no test meets another's."""

    def renew(world: World) -> None:
        world.clock.set(next_session(world.clock.now()).opens + timedelta(minutes=30))
        world.brokerage.reset(Decimal(5000))
        world.brokerage.position_lag = timedelta(0)
        world.brokerage.requests_seen.clear()
        world.faults.clear()

    running.sandbox.call(renew)
    return running


def test_every_type_that_the_sdk_knows_is_classified() -> None:
    assert {kind.value for kind in ActivityType} - KINDS.keys() == set()


def test_an_account_with_nothing_in_it_holds_nothing(desk: Desk) -> None:
    assert desk.gateway.positions() == ()


def test_a_fund_and_a_coin_are_held_as_they_were_bought(desk: Desk) -> None:
    desk.buy("VOO", 100_00)
    desk.buy("BTC/USD", 50_00)
    fund, coin = sorted(desk.gateway.positions(), key=lambda position: position.symbol, reverse=True)
    assert (fund.symbol, coin.symbol) == ("VOO", "BTC/USD")
    for position in (fund, coin):
        assert position.cost_basis is not None
        assert position.price is not None
        assert position.market_value is not None
        # Alpaca writes 9 decimals at most.
        assert abs(position.quantity * position.price - position.market_value) < Decimal("1e-8")
    assert abs((fund.cost_basis or Decimal(0)) - 100) < Decimal("0.01")
    assert fund.change_today == round((fund.price or Decimal(0)) / desk.last_close("VOO") - 1, 9)


def test_positions_can_lag_the_fills(desk: Desk) -> None:
    desk.sandbox.call(lambda world: setattr(world.brokerage, "position_lag", timedelta(seconds=30)))
    desk.buy("VOO", 100_00)
    assert desk.gateway.positions() == ()
    assert ("FILL", ActivityKind.TRADE) in kinds(desk.gateway.activities(None))
    desk.wait(timedelta(seconds=30))
    assert [position.symbol for position in desk.gateway.positions()] == ["VOO"]


def test_a_coin_s_quote_is_its_price_against_its_last_daily_bar_to_the_last_digit(desk: Desk) -> None:
    quotes = desk.gateway.quotes(["BTC/USD", "DOGE/USD", "NONE/USD", "VOO"])
    assert quotes.keys() == {"BTC/USD", "DOGE/USD"}
    for coin, quote in quotes.items():
        assert quote.previous_close == desk.last_close(coin)
        assert abs(quote.price / desk.last_close(coin) - 1) < Decimal("0.5")


def test_without_a_coin_nothing_is_asked(desk: Desk) -> None:
    assert desk.gateway.quotes([]) == {}
    assert desk.gateway.closes(["no symbol"], PAST, PAST) == {}
    asked = desk.sandbox.call(lambda world: [one.path for one in world.brokerage.requests_seen])
    assert [path for path in asked if path != "/v2/clock"] == []


def test_daily_closes_are_the_market_s_and_a_fund_has_none_at_the_weekend(desk: Desk) -> None:
    sunday = PAST + timedelta(days=6)
    closes = desk.gateway.closes(["VOO", "BTC/USD", "ZZZZ"], PAST, sunday)
    assert closes.keys() == {"VOO", "BTC/USD"}
    assert list(closes["VOO"]) == [PAST + timedelta(days=days) for days in range(5)]
    assert list(closes["BTC/USD"]) == [PAST + timedelta(days=days) for days in range(7)]
    friday = datetime(2026, 11, 20, 16, 0, tzinfo=NEW_YORK)
    assert closes["VOO"][friday.date()] == desk.sandbox.call(lambda world: world.market.price("VOO", friday))
    midnight = datetime(2026, 11, 21, 1, 0, tzinfo=NEW_YORK)  # in Chicago
    assert closes["BTC/USD"][friday.date()] == desk.sandbox.call(
        lambda world: world.market.daily_bars("BTC/USD", midnight - timedelta(days=1), midnight, midnight)[0].close
    )


def test_a_day_that_is_not_over_has_no_close(desk: Desk) -> None:
    today = desk.now().date()
    desk.wait(desk.close_of_today() + timedelta(minutes=19) - desk.now())
    assert desk.gateway.closes(["VOO", "BTC/USD"], today, today) == {}
    desk.wait(timedelta(minutes=2))
    closes = desk.gateway.closes(["VOO", "BTC/USD"], today, today)
    at = desk.close_of_today()
    assert closes == {"VOO": {today: desk.sandbox.call(lambda world: world.market.price("VOO", at))}}
    asked = [datetime.fromisoformat(query["end"]) for query in desk.asked("/v2/stocks/bars")]
    assert [end <= desk.now() - timedelta(minutes=16) for end in asked] == [True]


def test_tomorrow_has_no_closes(desk: Desk) -> None:
    tomorrow = desk.now().date() + timedelta(days=1)
    assert desk.gateway.closes(["VOO", "BTC/USD"], tomorrow, tomorrow + timedelta(days=30)) == {}


def test_bars_of_more_than_a_page_are_all_read(desk: Desk) -> None:
    funds = ["VOO", "IJH", "IJR", "IXUS", "ISTB", "AGG", "VTI", "SPY", "IVV", "QQQ", "SCHD"]
    first, last = date(2023, 1, 1), date(2026, 10, 31)
    closes = desk.gateway.closes(funds, first, last)
    assert len(desk.asked("/v2/stocks/bars")) == 2
    sessions = [session.day for session in sessions_between(first, last)]
    assert len(sessions) * len(funds) > 10_000
    assert {symbol: list(days) for symbol, days in closes.items()} == dict.fromkeys(funds, sessions)


def test_each_activity_comes_with_what_it_means(desk: Desk) -> None:
    desk.buy("VOO", 100_00)
    desk.buy("BTC/USD", 50_00)
    paid = desk.sandbox.call(lambda world: world.brokerage.pay_dividend("VOO", Decimal("1.75")))
    desk.enter(EntryKind.INTEREST, "0.31")
    desk.enter(EntryKind.FEE, "-0.02")
    desk.enter(EntryKind.JOURNAL, "25")
    desk.enter(EntryKind.WITHDRAWAL, "-40")
    found = desk.gateway.activities(None)
    assert sorted(kinds(found)) == [
        ("CFEE", ActivityKind.FEE),
        ("CSD", ActivityKind.FLOW),
        ("CSW", ActivityKind.FLOW),
        ("DIV", ActivityKind.INCOME),
        ("FEE", ActivityKind.FEE),
        ("FILL", ActivityKind.TRADE),
        ("FILL", ActivityKind.TRADE),
        ("INT", ActivityKind.INCOME),
        ("JNLC", ActivityKind.FLOW),
    ]
    assert {one.day for one in found} == {desk.now().date()}
    assert [one.amount for one in found if one.type == "DIV"] == [paid]
    # Together they are the account: its cash to a cent for each trade, and its holdings exactly.
    assert abs(sum(one.amount for one in found) - desk.gateway.account().cash) <= Decimal("0.02")
    for position in desk.gateway.positions():
        assert sum(one.quantity for one in found if one.symbol == position.symbol) == position.quantity


def test_more_activities_than_a_page_come_all_of_them_once_and_oldest_first(desk: Desk) -> None:
    desk.earn([Decimal(cents) / 100 for cents in range(1, 250)])
    found = desk.gateway.activities(None)
    assert [query.get("page_token") is None for query in desk.asked("/v2/account/activities")] == [True, False, False]
    assert sorted(one.amount for one in found if one.type == "INT") == [Decimal(cents) / 100 for cents in range(1, 250)]
    assert len({one.id for one in found}) == len(found) == 250
    assert list(found) == sorted(found, key=lambda one: (one.day, one.id))


def test_a_last_page_that_is_full_is_followed_by_an_empty_one(desk: Desk) -> None:
    desk.earn([Decimal(1)] * 99)
    assert len(desk.gateway.activities(None)) == 100
    assert len(desk.asked("/v2/account/activities")) == 2


def test_from_a_day_on_nothing_of_that_day_is_missed_and_old_news_is_not_read_again(desk: Desk) -> None:
    opened = desk.now().date()
    desk.wait(timedelta(days=5))
    today = desk.now().date()
    desk.enter(EntryKind.INTEREST, "1")
    assert [one.type for one in desk.gateway.activities(today)] == ["INT"]
    assert [one.type for one in desk.gateway.activities(opened)] == ["CSD", "INT"]


def test_a_page_that_fails_fails_the_whole_reading_in_words(desk: Desk) -> None:
    desk.earn([Decimal(1)] * 150)
    desk.sandbox.call(lambda world: world.faults.set("alpaca", Denial(500), path="/v2/account/activities"))
    with pytest.raises(BrokerAway):
        desk.gateway.activities(None)


def kinds(found: tuple[Activity, ...]) -> list[tuple[str, ActivityKind]]:
    """Return the types with what they mean."""
    return [(one.type, one.kind) for one in found]
