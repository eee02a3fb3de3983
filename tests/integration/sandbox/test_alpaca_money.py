"""The stand-in for Alpaca where money is awkward: unsettled, pending, paid, owed, and gone with the account."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import OrderStatus

from sandbox.alpaca import EntryKind
from tests.integration.alpaca_desk import Desk, Exchange

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as running:
        yield running


@pytest.fixture
def desk(exchange: Exchange) -> Desk:
    """Open an account with $1,000 on a Monday at noon."""
    return exchange.open(cash=Decimal(1000))


def refused(error: pytest.ExceptionInfo[APIError]) -> tuple[int | None, int, str]:
    return error.value.status_code, error.value.code, error.value.message


# Sales and their proceeds.


def test_proceeds_of_a_sale_are_cash_at_once_and_settle_on_the_next_trading_day(desk: Desk) -> None:
    desk.bought("VOO", "900")
    desk.at(12, 0, day=25)
    desk.sell("VOO", notional="400")
    desk.clock.advance(SECOND)
    account = desk.account()
    assert (account.cash, account.buying_power, account.non_marginable_buying_power) == ("500", "500", "100")
    with pytest.raises(APIError) as caught:
        desk.buy("BTC/USD", "150")
    assert refused(caught) == (403, 40310000, "insufficient balance for USD (requested: 150, available: 100)")
    assert desk.bought("AGG", "150").status == OrderStatus.FILLED
    # Thanksgiving is no trading day: a sale on Wednesday settles on Friday.
    desk.at(23, 59, day=26)
    assert desk.account().non_marginable_buying_power == "0"
    desk.at(0, 0, day=27)
    assert desk.account().non_marginable_buying_power == "350"
    assert desk.bought("BTC/USD", "150").status == OrderStatus.FILLED


def test_a_coin_sold_is_settled_at_once_and_pays_its_fee_in_dollars(desk: Desk) -> None:
    desk.bought("BTC/USD", "500")
    desk.sell("BTC/USD", notional="200")
    desk.clock.advance(SECOND)
    account = desk.account()
    assert account.cash == account.non_marginable_buying_power == "699.5"
    fee, fill = desk.get("/account/activities")[:2]
    assert (fee["activity_type"], fee["net_amount"], fee["qty"]) == ("CFEE", "-0.5", "0")
    assert (fill["activity_type"], fill["side"], fill["symbol"]) == ("FILL", "sell", "BTCUSD")


def test_more_coins_than_there_are_cannot_be_sold(desk: Desk) -> None:
    desk.bought("BTC/USD", "100")
    held = desk.position("BTCUSD").qty
    with pytest.raises(APIError) as caught:
        desk.sell("BTC/USD", qty="1")
    assert refused(caught) == (403, 40310000, f"insufficient balance for BTC (requested: 1, available: {held})")


def test_a_notional_sale_of_everything_never_sells_more_than_there_is(desk: Desk) -> None:
    desk.bought("BTC/USD", "500")
    market, now = desk.brokerage.market, desk.clock.now()
    worth = Decimal(desk.position("BTCUSD").qty) * market.price("BTC/USD", now)
    ahead = [now + timedelta(hours=hours) for hours in range(1, 2000, 5)]
    falls_at = min(ahead, key=lambda at: market.price("BTC/USD", at))
    assert market.price("BTC/USD", falls_at) < market.price("BTC/USD", now)
    desk.brokerage.fill_delay = falls_at - now
    sold = desk.sell("BTC/USD", notional=f"{worth - Decimal('0.05'):.2f}")
    desk.clock.set(falls_at + timedelta(minutes=1))
    assert desk.order(sold).status == OrderStatus.FILLED
    assert desk.trading.get_all_positions() == []


# Cash that comes and goes.


def test_a_pending_deposit_is_no_cash_until_it_clears(desk: Desk) -> None:
    desk.brokerage.deposit(Decimal(250), clears_in=timedelta(days=2))
    pending = desk.account()
    assert (pending.cash, pending.equity, pending.pending_transfer_in) == ("1000", "1000", "250")
    assert len(desk.get("/account/activities/CSD")) == 1
    desk.clock.advance(timedelta(days=2))
    cleared = desk.account()
    assert (cleared.cash, cleared.pending_transfer_in) == ("1250", "0")
    assert desk.get("/account/activities/CSD")[0]["date"] == "2026-11-25"


def test_a_dividend_is_cash_on_what_is_held(desk: Desk) -> None:
    desk.bought("VOO", "500")
    held = desk.position("VOO").qty
    paid = desk.brokerage.pay_dividend("VOO", Decimal("1.8"))
    assert paid == (Decimal(held) * Decimal("1.8")).quantize(Decimal("0.01"))
    assert desk.account().cash == str(500 + paid)
    (dividend,) = desk.get("/account/activities/DIV")
    assert (dividend["symbol"], dividend["qty"], dividend["per_share_amount"]) == ("VOO", held, "1.8")
    assert dividend["net_amount"] == str(paid)
    with pytest.raises(ValueError, match="the account holds no AGG"):
        desk.brokerage.pay_dividend("AGG", Decimal(1))


def test_entries_are_filtered_by_type_group_and_day_and_paged_across_news(desk: Desk) -> None:
    broker = desk.brokerage
    broker.enter(EntryKind.INTEREST, Decimal("-0.55"))
    broker.enter(EntryKind.FEE, Decimal("-0.03"))
    desk.at(13, 0, day=24)
    broker.enter(EntryKind.CRYPTO_FEE, Decimal("-0.10"))
    broker.enter(EntryKind.JOURNAL, Decimal(-20))
    broker.withdraw(Decimal(30))
    assert desk.account().cash == "949.32"

    def types(**parameters: str) -> list[str]:
        return [activity["activity_type"] for activity in desk.get("/account/activities", **parameters)]

    assert types() == ["CSW", "JNLC", "CFEE", "FEE", "INT", "CSD"]
    assert types(activity_types="TRANS") == ["CSW", "CSD"]
    assert types(activity_types="MISC") == ["JNLC", "CFEE", "FEE", "INT"]
    assert types(date="2026-11-23", direction="asc") == ["CSD", "INT", "FEE"]
    assert types(after="2026-11-24", until="2026-11-25") == ["CSW", "JNLC", "CFEE"]
    first = desk.get("/account/activities", page_size="2")
    broker.deposit(Decimal(1))
    assert types(page_size="2", page_token=first[-1]["id"]) == ["CFEE", "FEE"]
    mixed = {"category": "trade_activity", "activity_types": "FILL"}
    for wrong in ({"page_token": "1"}, {"activity_types": "GIFT"}, mixed):
        with pytest.raises(APIError) as caught:
            desk.get("/account/activities", **wrong)
        assert caught.value.status_code == 422


def test_an_entry_of_the_wrong_sign_is_refused(desk: Desk) -> None:
    with pytest.raises(ValueError, match=r"the amount of FEE is \$5, must be less than \$0"):
        desk.brokerage.enter(EntryKind.FEE, Decimal(5))
    with pytest.raises(ValueError, match=r"the amount of DIV is \$-5, must be more than \$0"):
        desk.brokerage.enter(EntryKind.DIVIDEND, Decimal(-5))


def test_a_fee_can_leave_less_than_nothing(desk: Desk) -> None:
    desk.brokerage.enter(EntryKind.FEE, Decimal(-1010))
    account = desk.account()
    assert (account.cash, account.buying_power, account.non_marginable_buying_power) == ("-10", "0", "0")


def test_with_credit_cash_is_negative_while_there_is_something_to_spend(desk: Desk) -> None:
    desk.brokerage.multiplier = 2
    assert desk.account().buying_power == "2000"
    desk.bought("VOO", "1200")
    account = desk.account()
    assert (account.multiplier, account.cash) == ("2", "-200")
    assert Decimal(str(account.non_marginable_buying_power)) == pytest.approx(Decimal(400), abs=1)
    assert Decimal(str(account.buying_power)) == pytest.approx(Decimal(800), abs=2)
    assert desk.bought("BTC/USD", "100").status == OrderStatus.FILLED


def test_a_day_trader_may_spend_four_times_the_cash(desk: Desk) -> None:
    desk.brokerage.multiplier = 4
    account = desk.account()
    assert (account.multiplier, account.cash) == ("4", "1000")
    assert (account.buying_power, account.regt_buying_power) == ("4000", "2000")
    assert desk.bought("VOO", "3500").status == OrderStatus.FILLED
    assert desk.account().cash == "-2500"


def test_a_reset_opens_another_account(desk: Desk) -> None:
    desk.bought("VOO", "300")
    desk.buy("AGG", "20", client_order_id="mine")
    before = desk.account()
    desk.brokerage.reset()
    after = desk.account()
    assert after.id != before.id
    assert after.account_number != before.account_number
    assert (after.cash, after.equity, after.last_equity) == ("1000", "1000", "0")
    assert desk.trading.get_all_positions() == desk.get("/orders", status="all") == []
    assert [activity["activity_type"] for activity in desk.get("/account/activities")] == ["CSD"]
    assert desk.buy("AGG", "20", client_order_id="mine").id
    desk.brokerage.reset(Decimal(5))
    assert desk.account().cash == "5"
    assert len({before.id, after.id, desk.account().id}) == 3
