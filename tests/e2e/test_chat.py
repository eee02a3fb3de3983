"""The chat as its owner, and as anybody else, meets it."""

import sqlite3
from importlib.metadata import version

import pytest

from sandbox.world import World
from tests.e2e.trial import Trial

STRANGER = 6666


def test_a_stranger_is_not_answered_not_obeyed_and_written_to_the_audit(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.at(10, 0)
    trial.told("Orders have been executed")
    before = len(trial.chat())

    def intrude(world: World) -> None:
        first = world.telegram.say(STRANGER, "/pause")
        world.telegram.edit(STRANGER, first.id, "/resume")
        world.telegram.say(STRANGER, "/status")
        world.telegram.say(trial.owner, "/status", chat_id=-77, chat_type="group")

    trial.sandbox.call(intrude)
    answer = trial.say("/status", answer="Alpaca: answers")
    assert "paused" not in answer
    trial.told("/audit in the chat lists every attempt")
    # The answer to the owner, and the alert that somebody was refused.
    assert len(trial.chat()) == before + 2
    trial.stop()
    with sqlite3.connect(trial.folder / "allocator.db") as books:
        audit = books.execute("SELECT who, what, outcome FROM audit ORDER BY id").fetchall()
    books.close()
    refused = "refused: not an owner in a private chat"
    assert sorted(audit) == [
        (f"telegram user {trial.owner}", "message: /status", refused),
        ("telegram user 6666", "edit: /resume", refused),
        ("telegram user 6666", "message: /pause", refused),
        ("telegram user 6666", "message: /status", refused),
    ]


def test_a_strangers_tap_on_the_owners_button_does_nothing(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.at(9, 32)
    trial.say("/invest", answer="The plan of today's run")

    def tap(world: World) -> None:
        message = world.telegram.newest_with_buttons()
        assert message is not None
        world.telegram.tap(STRANGER, message.id, 1)

    trial.sandbox.call(tap)
    trial.say("/status", answer="Last run: none yet")
    assert trial.orders() == []


def test_help_lists_every_command_of_telegrams_menu(trial: Trial) -> None:
    trial.start()
    trial.press_start()
    menu = [name for name, _ in trial.sandbox.call(lambda world: world.telegram.commands)]
    assert {"start", "help", "status", "allocation", "pause", "resume", "invest"} <= set(menu)
    text = trial.say("/help", answer="/resume")
    listed = text.partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == [f"/{name}" for name in menu]


def test_allocation_shows_the_sectors_in_their_order(trial: Trial) -> None:
    trial.start()
    trial.press_start()
    text = trial.say("/allocation", answer="Allocation")
    assert text.splitlines()[2:4] == ["Domestic Large Cap VOO       35%", "Domestic Mid Cap   IJH        5%"]
    assert ["Total", "100%"] in [line.split() for line in text.splitlines()]


def test_status_says_how_things_stand_without_sms(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")  # the service's: nobody has chosen quiet hours, so the machine's clock counts
    trial.deposit("250")
    trial.start(vonage=None)
    trial.press_start()
    lines = trial.say("/status", answer="Value: $250.00").splitlines()
    del lines[-3:-2]  # when the greeting was delivered, or that it is on its way
    assert lines == [
        "Status: paper money",
        "Investing: running",
        "Alpaca: answers",
        "Market: closed until Mon 23 Nov 14:30 UTC (09:30 New York)",
        "Next run: Mon 23 Nov 14:35 UTC (09:35 New York)",
        "Next close report: Mon 23 Nov 21:06 UTC (16:06 New York)",
        "Next variance: Fri 27 Nov 18:06 UTC (13:06 New York)",
        "Cash to invest: $250.00 ($200.00 is needed to invest)",
        "Value: $250.00",
        "Today: $0.00",
        "Last run: none yet",
        "SMS: not set up, so alerts come only here",
        f"Version: {version('allocator')}",
    ]


def test_invest_before_the_scheduled_run_is_that_run(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.at(9, 31)
    trial.say("/invest", answer="The plan of today's run")
    trial.tap("Invest $250")
    trial.texted("Orders have been executed")
    trial.told("Done. The alert says what was bought.")
    trial.at(9, 40)
    trial.ticks()
    assert len(trial.orders()) == 7
    assert len(trial.texts()) == 1


def test_a_second_tap_changes_nothing(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.at(9, 31)
    trial.say("/invest", answer="The plan of today's run")

    def tap_twice(world: World) -> None:
        message = world.telegram.newest_with_buttons()
        assert message is not None
        world.telegram.tap(trial.owner, message.id, 1)
        world.telegram.tap(trial.owner, message.id, 1)

    trial.sandbox.call(tap_twice)
    trial.told("Done.")
    trial.told("This was answered already; a second tap changes nothing.")
    assert len(trial.orders()) == 7


def test_invest_later_the_same_day_needs_new_cash(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.texted("Orders have been executed")
    trial.say("/invest", answer="no new cash has come since today's last run ($0 is left)")
    trial.deposit("300")
    trial.say("/invest", answer="The plan for the cash")
    trial.tap("Invest $300")
    trial.texted("Bought $105 of VOO")
    assert len(trial.orders()) == 14


def test_resumed_on_the_same_day_invest_still_can(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.say("/pause", answer="Investing is paused")
    trial.at(9, 35)
    trial.texted("Investing is paused, so nothing was bought today. $250 is waiting.")
    trial.say("/invest", answer="so nothing can be bought now. Say /resume first")
    trial.say("/resume", answer="Investing goes on")
    trial.say("/invest", answer="The plan for")
    trial.tap("Invest $250")
    trial.texted("Orders have been executed")


def test_a_daily_limit_that_is_used_up_is_named(trial: Trial) -> None:
    trial.deposit("650")
    trial.start(investing={"max_per_day": "250"})
    trial.press_start()
    trial.at(9, 35)
    trial.texted("Bought $87.50 of VOO")
    trial.deposit("100")
    trial.say("/invest", answer="The account holds $500, but max_per_day allows no more today.")


def test_invest_is_refused_while_the_market_is_closed(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.say("/invest", answer="The market is closed. It opens on Mon 23 Nov at 09:30 New York time.")
    trial.at(15, 50)
    trial.say("/invest", answer="It is too close to the market's close")
    assert trial.orders() == []


def test_only_the_plan_that_was_shown_is_carried_out(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.at(9, 31)
    trial.say("/invest", answer="The plan of today's run")
    trial.deposit("50")
    trial.tap("Invest $250")
    trial.told("The account has changed meanwhile, so nothing was done.")
    assert trial.orders() == []
    trial.tap("Invest $300")
    trial.texted("Bought $105 of VOO")


def test_canceled_nothing_is_bought(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.at(9, 31)
    trial.say("/invest", answer="The plan of today's run")
    trial.tap("Cancel")
    trial.told("Canceled. Nothing was bought.")
    assert trial.orders() == []


def test_an_offer_outlives_a_restart_and_one_tap_takes_it(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.at(9, 31)
    trial.say("/invest", answer="The plan of today's run")
    trial.stop()
    trial.start()
    trial.first_tick()
    trial.tap("Invest $250")
    trial.told("Done. The alert says what was bought.")
    assert len(trial.orders()) == 7


def test_a_pause_survives_a_restart_and_resume_ends_it(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.say("/pause", answer="Investing is paused until you say /resume.")
    trial.stop()
    trial.start()
    trial.first_tick()
    trial.say("/status", answer="Investing: paused until you say /resume")
    trial.say("/resume", answer="Investing goes on")
    trial.at(9, 35)
    trial.texted("Orders have been executed")


def test_a_pause_with_a_date_that_makes_no_sense_explains_itself(trial: Trial) -> None:
    trial.start()
    trial.press_start()
    trial.say("/pause until tomorrow", answer="'until tomorrow' is not a date that I understand. Write /pause")
    trial.say("/pause until <b", answer="'until <b' is not a date that I understand.")
    trial.say("/pause until 2026-11-23", answer="2026-11-23 is not in the future (it is 2026-11-23).")
    trial.say("/status", answer="Next run: Mon 23 Nov")


def test_an_owner_who_never_pressed_start_is_told_by_sms_and_gets_everything_at_start(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.at(9, 35)
    trial.texted("Telegram does not deliver alerts: the owner has not pressed Start")
    assert trial.chat() == []
    trial.press_start()
    trial.told("Orders have been executed")


def test_an_edited_command_is_answered_but_not_acted_on(trial: Trial) -> None:
    trial.start()
    trial.press_start()

    def edit(world: World) -> None:
        message = world.telegram.say(trial.owner, "/help")
        world.telegram.edit(trial.owner, message.id, "/pause")

    trial.sandbox.call(edit)
    trial.told("Edited messages are not acted on.")
    assert "paused" not in trial.say("/status", answer="Next run")


def test_words_that_are_no_command_are_answered(trial: Trial) -> None:
    trial.start()
    trial.press_start()
    trial.say("buy me a yacht", answer="That is no command of mine. /help lists what I can do.")
    trial.say("/yacht", answer="That is no command of mine.")
    trial.say("/statu", answer="That is no command of mine. Did you mean /status? /help lists what I can do.")


def test_a_stranger_is_not_obeyed_though_the_audit_cannot_be_written(trial: Trial) -> None:
    trial.start()
    trial.press_start()
    before = len(trial.chat())
    with sqlite3.connect(trial.folder / "allocator.db") as books:
        books.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
    books.close()

    def intrude(world: World) -> None:
        for text in ("/pause", "/allocation", "/invest"):
            world.telegram.say(STRANGER, text)

    trial.sandbox.call(intrude)
    assert "paused" not in trial.say("/status", answer="Alpaca: answers")
    trial.logged("the update is stopped")
    assert len(trial.chat()) == before + 1


def test_whatever_an_owner_sends_brings_what_was_held_for_them(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.at(9, 35)
    trial.texted("Telegram does not deliver alerts: the owner has not pressed Start")
    trial.say("/status", answer="Last run: Mon 23 Nov")
    trial.told("Orders have been executed")
