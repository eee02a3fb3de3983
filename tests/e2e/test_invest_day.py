"""Investing days from the outside: what the broker holds, what the phone shows."""

from datetime import timedelta

from sandbox.faults.kinds import Answer, Hang
from tests.e2e.trial import Trial

SEVEN = ["VOO", "IJH", "IJR", "IXUS", "ISTB", "AGG", "BTC/USD"]


def test_the_day_of_the_original_readme_to_the_word_and_the_cent(cheap_crypto: Trial) -> None:
    trial = cheap_crypto
    trial.start()
    trial.press_start()
    trial.deposit("100")
    trial.at(9, 35)
    text = trial.texted("Orders have been executed")
    assert text == (
        "Orders have been executed. Bought $35 of VOO, $5 of IJH, $2 of IJR, $18 of IXUS, $12 of ISTB, "
        "$23 of AGG, $5 of BTCUSD."
    )
    assert trial.told("Orders have been executed") == (
        "Orders have been executed\n"
        "Sector             Symbol Bought\n"
        "Domestic Large Cap VOO     35.00\n"
        "Domestic Mid Cap   IJH      5.00\n"
        "Domestic Small Cap IJR      2.00\n"
        "International      IXUS    18.00\n"
        "Short Term Bonds   ISTB    12.00\n"
        "Aggregate Bonds    AGG     23.00\n"
        "Crypto             BTCUSD   5.00\n"
        "--------------------------------\n"
        "Total                     100.00\n"
        "Cash left                   0.00"
    )
    orders = {order["symbol"]: order for order in trial.orders()}
    assert {symbol: float(order["notional"]) for symbol, order in orders.items()} == {
        "VOO": 35, "IJH": 5, "IJR": 2, "IXUS": 18, "ISTB": 12, "AGG": 23, "BTC/USD": 5,
    }  # fmt: skip
    assert {order["time_in_force"] for symbol, order in orders.items() if symbol != "BTC/USD"} == {"day"}
    assert orders["BTC/USD"]["time_in_force"] == "gtc"
    assert all(order["status"] == "filled" for order in orders.values())


def test_nothing_is_ordered_before_five_minutes_after_the_open(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.at(9, 34)
    trial.ticks()
    assert trial.orders() == []
    trial.at(9, 35)
    trial.texted("Orders have been executed")
    assert sorted(order["symbol"] for order in trial.orders()) == sorted(SEVEN)


def test_too_little_cash_is_said_with_what_is_there_and_what_is_needed(trial: Trial) -> None:
    trial.deposit("49.99")
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    expected = (
        "Not enough cash to invest today: $49.99 is available, and $200 is needed so that Crypto (5%) "
        "gets at least $10."
    )
    assert trial.texted("Not enough cash") == expected
    assert expected in trial.told("Not enough cash")
    assert trial.orders() == []


def test_on_a_holiday_nothing_is_done_and_nothing_is_said(trial: Trial) -> None:
    trial.deposit("250")
    trial.at(9, 0, day=26)
    trial.start()
    trial.at(11, 0, day=26)
    trial.ticks(5)
    assert (trial.orders(), trial.texts()) == ([], [])
    trial.at(9, 35, day=27)
    trial.texted("Orders have been executed")


def test_on_a_half_day_the_window_ends_fifteen_minutes_before_its_own_close(trial: Trial) -> None:
    trial.deposit("250")
    trial.at(9, 0, day=27)
    trial.start()
    trial.ticks()
    trial.at(12, 46, day=27)
    assert trial.texted("missed").startswith("Investing was missed on 2026-11-27")
    assert trial.orders() == []


def test_paused_until_a_day_says_so_and_resumes_on_that_day(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.say("/pause until 2026-11-24", answer="Investing is paused until Tue 24 Nov")
    trial.at(9, 35)
    assert trial.texted("paused") == (
        "Investing is paused until 2026-11-24, so nothing was bought today. $250 is waiting."
    )
    assert trial.orders() == []
    trial.at(9, 35, day=24)
    trial.texted("Orders have been executed")


def test_a_halted_fund_fails_alone_and_is_named(trial: Trial) -> None:
    trial.deposit("250")
    trial.sandbox.call(lambda world: world.brokerage.halt("IJH"))
    trial.start()
    trial.at(9, 35)
    text = trial.texted("Orders have been executed")
    assert "of IJH," not in text
    assert text.endswith('The order for $12.50 of IJH was rejected: trading in asset "IJH" is halted.')
    assert len(trial.orders()) == 6


def test_a_fund_that_vanished_is_not_even_ordered_and_is_named(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.first_tick()
    trial.sandbox.call(lambda world: world.brokerage.vanish("IJH"))
    trial.at(9, 35)
    text = trial.texted("Orders have been executed")
    assert text.endswith("The order for $12.50 of IJH was rejected: Alpaca does not know IJH.")
    assert len(trial.orders()) == 6


def test_an_order_whose_answer_was_lost_is_found_and_not_sent_again(trial: Trial) -> None:
    trial.deposit("250")
    trial.sandbox.call(
        lambda world: world.faults.set("alpaca", Hang(after_acting=True), method="POST", path="/v2/orders", times=2)
    )
    trial.start(execution={"timeout_seconds": 1, "tick_seconds": 0.2})
    trial.at(9, 35)
    trial.texted(
        "Bought $87.50 of VOO, $12.50 of IJH, $5 of IJR, $45 of IXUS, $30 of ISTB, $57.50 of AGG, $12.50 of BTCUSD."
    )
    assert len(trial.orders()) == 7


def test_an_order_that_never_arrived_is_sent_again_under_the_same_id(trial: Trial) -> None:
    trial.deposit("250")
    lost = Answer(502, "<html><body>Bad Gateway</body></html>", "text/html")
    trial.sandbox.call(lambda world: world.faults.set("alpaca", lost, method="POST", path="/v2/orders", times=3))
    trial.start()
    trial.at(9, 35)
    trial.texted(
        "Bought $87.50 of VOO, $12.50 of IJH, $5 of IJR, $45 of IXUS, $30 of ISTB, $57.50 of AGG, $12.50 of BTCUSD."
    )
    assert sorted(order["client_order_id"] for order in trial.orders()) == sorted(
        f"main-20261123-invest-0-{symbol.replace('/', '')}-buy" for symbol in SEVEN
    )


def test_what_is_still_open_when_the_alert_goes_is_said_once_when_it_ends(trial: Trial) -> None:
    trial.deposit("250")
    trial.fill_after(timedelta(hours=2))
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    text = trial.texted("still open")
    assert text.startswith("No order has been executed yet. The orders for $87.50 of VOO, $12.50 of IJH")
    assert text.endswith("are still open.")
    trial.at(11, 40)
    assert trial.texted("filled now").startswith("Orders that were still open are filled now: $87.50 of VOO, $12.50")
    trial.ticks(5)
    assert len(trial.texts()) == 2


def test_the_market_closing_while_a_run_waits_sends_nothing_more_and_says_so(trial: Trial) -> None:
    trial.deposit("250")
    away = Answer(503, "", "text/plain")
    trial.sandbox.call(lambda world: world.faults.set("alpaca", away, method="POST", path="/v2/orders"))
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.logged("run main-20261123-invest-0 is due")
    trial.ticks(3)
    trial.at(15, 50)
    trial.ticks(10)
    trial.sandbox.call(lambda world: world.faults.clear())
    text = trial.texted("missed")
    assert text == (
        "Investing was missed on 2026-11-23: the time for the day's orders was over before Alpaca could be reached. "
        "Nothing was bought; the cash waits for the next trading day."
    )
    assert trial.orders() == []
    trial.at(9, 35, day=24)
    trial.texted("Orders have been executed")
    assert len(trial.orders()) == 7
