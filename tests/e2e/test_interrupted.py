"""Interrupted in every way: killed, cut off, locked out. Nothing is lost, and nothing is ordered twice."""

import sqlite3
from datetime import timedelta
from decimal import Decimal

from sandbox.faults.kinds import Answer, Denial, Hang
from sandbox.world import World
from tests.e2e.trial import Trial

EXECUTED = (
    "Orders have been executed. Bought $87.50 of VOO, $12.50 of IJH, $5 of IJR, $45 of IXUS, $30 of ISTB, "
    "$57.50 of AGG, $12.50 of BTCUSD."
)


def test_killed_between_submission_and_alert_it_finishes_the_same_run_when_started_again(trial: Trial) -> None:
    trial.deposit("250")
    trial.fill_after(timedelta(hours=1))
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.sandbox.wait_for(lambda world: len(world.brokerage.orders()) == 7, 25, "seven orders")
    trial.kill()
    assert trial.texts() == []
    trial.at(10, 40)
    trial.start()
    assert trial.texted("Orders have been executed") == EXECUTED
    trial.ticks()
    assert len(trial.orders()) == 7
    assert trial.texts() == [EXECUTED]


def test_killed_while_orders_are_on_their_way_each_one_exists_exactly_once(trial: Trial) -> None:
    trial.deposit("250")
    # Three orders land, and their answers never come: the process is killed while it waits for them.
    trial.sandbox.call(
        lambda world: world.faults.set("alpaca", Hang(after_acting=True), method="POST", path="/v2/orders", times=3)
    )
    trial.start()
    trial.at(9, 35)
    trial.sandbox.wait_for(lambda world: len(world.brokerage.orders()) >= 3, 25, "the first orders")
    trial.kill()
    trial.start()
    assert trial.texted("Orders have been executed") == EXECUTED
    assert len({order["client_order_id"] for order in trial.orders()}) == len(trial.orders()) == 7


def test_after_a_sigkill_of_the_main_process_no_process_is_left(trial: Trial) -> None:
    trial.deposit("250")
    trial.fill_after(timedelta(hours=1))
    trial.start()
    trial.at(9, 35)
    trial.sandbox.wait_for(lambda world: len(world.brokerage.orders()) == 7, 25, "seven orders")
    assert len(trial.processes()) > 2
    trial.kill()
    trial.sandbox.wait_for(lambda _: not trial.processes(), 5, "the end of every process")


def test_sigterm_in_a_broker_call_that_hangs_exits_with_0_within_ten_seconds(trial: Trial) -> None:
    trial.sandbox.call(lambda world: world.faults.set("alpaca", Hang(), method="GET", path="/v2/clock"))
    trial.start(execution={"timeout_seconds": 20, "tick_seconds": 0.2})
    trial.logged("the chat is connected")
    code, seconds = trial.stop()
    assert (code, seconds < 10) == (0, True)
    trial.sandbox.wait_for(lambda _: not trial.processes(), 5, "the end of every process")


def test_sigterm_while_fills_are_awaited_ends_cleanly_and_the_next_start_goes_on(trial: Trial) -> None:
    trial.deposit("250")
    trial.fill_after(timedelta(hours=1))
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.sandbox.wait_for(lambda world: len(world.brokerage.orders()) == 7, 25, "seven orders")
    code, seconds = trial.stop()
    assert (code, seconds < 10) == (0, True)
    trial.at(10, 40)
    trial.start()
    assert trial.texted("Orders have been executed") == EXECUTED
    assert len(trial.orders()) == 7


def test_an_sms_outage_that_heals_delivers_the_alert_then_and_once(trial: Trial) -> None:
    trial.deposit("250")
    trial.sandbox.stop_service("vonage")
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.told("Orders have been executed")
    trial.logged("alert not sent by SMS")
    trial.sandbox.start_service("vonage")
    assert trial.texted("Orders have been executed") == EXECUTED
    trial.ticks()
    assert trial.texts() == [EXECUTED]


def test_sms_without_credit_are_said_in_the_chat_and_come_once_there_is_credit_again(trial: Trial) -> None:
    def credit(dollars: int) -> None:
        trial.sandbox.call(lambda world: setattr(world.sms, "balance", Decimal(dollars)))

    trial.deposit("250")
    trial.start()
    trial.press_start()
    credit(0)
    trial.at(9, 35)
    told = trial.told("SMS does not deliver alerts")
    assert "(status 9). Add credit to the account in Vonage's dashboard. Nothing is lost meanwhile." in told
    trial.told("Orders have been executed")
    assert trial.texts() == []
    credit(10)
    assert trial.texted("Orders have been executed") == EXECUTED
    trial.ticks()
    assert trial.texts() == [EXECUTED]
    assert sum("SMS does not deliver alerts" in one for one in trial.chat()) == 1


def test_with_telegram_down_all_day_orders_and_sms_go_on_and_the_chat_follows_later(trial: Trial) -> None:
    trial.deposit("250")
    trial.sandbox.call(lambda world: world.telegram.press_start(trial.owner))
    trial.sandbox.stop_service("telegram")
    trial.start()
    trial.at(9, 35)
    assert trial.texted("Orders have been executed") == EXECUTED
    trial.at(16, 30)
    trial.ticks()
    trial.sandbox.start_service("telegram")
    trial.told("Orders have been executed")
    trial.say("/status", answer="Last run: Mon 23 Nov: bought $250")


def test_a_token_that_is_revoked_is_said_by_sms_and_orders_go_on(trial: Trial) -> None:
    trial.deposit("250")
    trial.sandbox.call(lambda world: world.telegram.revoke())
    trial.start()
    trial.texted("Telegram does not deliver alerts: it refuses the bot's token.")
    trial.at(9, 35)
    trial.texted("Orders have been executed")


def test_a_token_that_is_revoked_in_mid_life_is_said_once_by_sms_and_orders_go_on(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.sandbox.call(lambda world: world.telegram.revoke())
    said = trial.texted("refuses the bot's token")
    trial.at(9, 35)
    trial.texted("Orders have been executed")
    trial.ticks()
    assert len(trial.orders()) == 7
    assert trial.texts() == [said, EXECUTED]


def test_a_token_that_is_refused_once_does_not_make_the_chat_deaf(trial: Trial) -> None:
    trial.start()
    trial.press_start()
    number = trial.sandbox.call(
        lambda world: world.faults.set("telegram", Denial(401), path="*/getUpdates", times=1),
    )
    trial.say("/help", answer="/resume")
    trial.sandbox.wait_for(lambda world: world.faults.left(number) == 0, 10, "a poll that is refused")
    trial.say("/status", answer="Next run")
    assert trial.texts() == []


def test_another_program_at_the_same_token_is_said_once_by_sms_and_the_chat_comes_back(trial: Trial) -> None:
    trial.start()
    trial.press_start()
    taken = '{"ok": false, "error_code": 409, "description": "Conflict: terminated by other getUpdates request"}'
    trial.sandbox.call(lambda world: world.faults.set("telegram", Answer(409, taken), path="*/getUpdates"))
    trial.sandbox.call(lambda world: world.telegram.updates.wake())
    trial.texted("another program polls with the same token. Stop the other program")
    trial.sandbox.call(lambda world: world.faults.clear())
    trial.say("/status", answer="Next run")
    assert len(trial.texts()) == 1


def test_a_menu_that_cannot_be_set_does_not_keep_the_chat_closed(trial: Trial) -> None:
    trial.sandbox.call(lambda world: world.faults.set("telegram", Denial(500), path="*/setMyCommands"))
    trial.start()
    trial.press_start()
    trial.logged("the menu of commands is not set")
    trial.say("/status", answer="Next run")


def test_the_broker_away_at_the_start_is_waited_for_and_said_once(trial: Trial) -> None:
    trial.deposit("250")
    trial.sandbox.stop_service("alpaca")
    trial.start()
    trial.press_start()
    trial.texted("Alpaca cannot be reached: the connection failed.")
    trial.at(9, 40)
    trial.sandbox.start_service("alpaca")
    trial.texted("Orders have been executed")
    trial.texted("Alpaca answers again.")
    assert trial.texts() == [
        "Alpaca cannot be reached: the connection failed. "
        "Allocator keeps trying, and orders nothing until Alpaca answers.",
        EXECUTED,
        "Alpaca answers again.",
    ]


def test_keys_that_alpaca_refuses_are_said_at_once(trial: Trial) -> None:
    trial.start(alpaca={"secret_key": "wrong-secret-of-somebody"})
    trial.texted("Alpaca refuses the keys")
    assert "wrong-secret-of-somebody" not in trial.output()


def test_a_day_on_which_the_service_was_off_is_said_to_be_missed(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.ticks()
    trial.stop()
    trial.at(16, 30)
    trial.start()
    assert trial.texted("missed") == (
        "Investing was missed on 2026-11-23: Allocator was off, or could not reach Alpaca, while orders could be sent. "
        "Nothing was bought; the cash waits for the next trading day."
    )
    assert trial.orders() == []


def test_a_second_service_on_the_same_records_is_refused_at_once(trial: Trial) -> None:
    trial.start()
    trial.ticks(1)
    second = trial.command("run", "--settings", "settings.toml")
    assert (second.returncode, second.stderr) == (1, "the service is running: use the chat\n")


def test_another_brokerage_account_on_the_same_records_stops_with_exit_2_and_the_way_out(trial: Trial) -> None:
    trial.start()
    trial.ticks()
    trial.stop()
    with sqlite3.connect(trial.folder / "allocator.db") as books:
        books.execute("UPDATE broker_account SET broker_account_id = 'another-account'")
    books.close()
    trial.deposit("250")
    trial.at(9, 35)
    trial.start()
    assert trial.exit_code() == 2
    assert "name a new database file in the storage url" in trial.output()
    trial.texted("Allocator has stopped: these records belong to another brokerage account")
    assert trial.orders() == []


def test_no_secret_is_in_the_log_whatever_fails(trial: Trial) -> None:
    def break_everything(world: World) -> None:
        for service in ("alpaca", "telegram", "vonage"):
            world.faults.set(service, Answer(500, "boom", "text/plain"))

    trial.sandbox.call(break_everything)
    trial.start()
    trial.logged("the broker cannot be used")
    trial.logged("the chat is not connected")
    trial.sandbox.call(lambda world: world.telegram.revoke())
    trial.sandbox.call(lambda world: world.faults.clear())
    trial.logged("Telegram refuses the bot's token")
    trial.stop()
    keys = trial.sandbox.keys
    secrets = [
        keys.alpaca_key_id,
        keys.alpaca_secret_key,
        keys.telegram_token,
        keys.vonage_api_key,
        keys.vonage_api_secret,
    ]
    written = [file for file in trial.folder.rglob("*") if file.is_file() and file.name != "settings.toml"]
    assert len(written) > 2
    found = [(file.name, secret) for file in written for secret in secrets if secret.encode() in file.read_bytes()]
    assert found == []
