"""Told to end, it ends with 0 within ten seconds, whatever hangs at that moment, and leaves no process behind."""

from datetime import timedelta

import pytest

from sandbox.faults.kinds import Answer, Hang, Slow
from sandbox.world import World
from tests.e2e.trial import Trial

BAD_GATEWAY = Answer(502, "<html></html>", "text/html")

IMPATIENT = {"timeout_seconds": 20, "tick_seconds": 0.2}
"""Calls may take longer than the end may."""


def ends_well(trial: Trial) -> None:
    """Ask the service to end, and check that it does."""
    code, seconds = trial.stop()
    assert (code, seconds < 10) == (0, True)
    trial.sandbox.wait_for(lambda _: not trial.processes(), 5, "the end of every process")


def test_while_it_is_still_being_loaded(cold_trial: Trial) -> None:
    trial = cold_trial
    trial.start()
    # The fork server is the first thing that it starts; its own imports take much longer.
    trial.sandbox.wait_for(lambda _: len(trial.processes()) > 1, 10, "the fork server")
    assert not (trial.folder / "allocator.db").exists()
    ends_well(trial)


def test_while_the_database_is_being_made(trial: Trial) -> None:
    trial.start()
    trial.sandbox.wait_for(lambda _: (trial.folder / "allocator.db").exists(), 25, "the database")
    ends_well(trial)
    trial.start()
    trial.say("/status", answer="Status")


def test_while_telegram_does_not_answer_at_all(trial: Trial) -> None:
    trial.sandbox.call(lambda world: world.faults.set("telegram", Hang()))
    trial.start()
    trial.first_tick()
    ends_well(trial)


def test_while_polls_fail_and_then_hang(trial: Trial) -> None:
    trial.start()
    trial.press_start()

    def polls_hang(world: World) -> None:
        world.faults.clear()
        world.faults.set("telegram", Hang())

    trial.sandbox.call(lambda world: world.faults.set("telegram", BAD_GATEWAY, path="*/getUpdates"))
    trial.sandbox.call(lambda world: world.telegram.updates.wake())
    trial.logged("the chat is not connected (NetworkError)")
    trial.sandbox.call(polls_hang)
    ends_well(trial)


@pytest.mark.parametrize("questions", [1, 12])
def test_while_answers_in_the_chat_wait_for_a_broker_that_hangs(trial: Trial, questions: int) -> None:
    trial.start(execution=IMPATIENT)
    trial.press_start()

    def ask(world: World) -> int:
        first = world.faults.set("alpaca", Hang(), path="/v2/account", times=1)
        world.faults.set("alpaca", Hang(), path="/v2/account")
        for _ in range(questions):
            world.telegram.say(trial.owner, "/status")
        return first

    first = trial.sandbox.call(ask)
    trial.sandbox.wait_for(lambda world: world.faults.left(first) == 0, 10, "a call that hangs")
    # Whoever needs no broker is answered all the same.
    trial.say("/allocation", answer="Allocation")
    ends_well(trial)


def test_while_workers_open_connections_that_hang(trial: Trial) -> None:
    trial.deposit("250")
    trial.start(execution=IMPATIENT)
    trial.press_start()
    # What follows the assets is the senders' asking the time.
    slow = Slow(timedelta(seconds=2))
    number = trial.sandbox.call(lambda world: world.faults.set("alpaca", slow, path="/v2/assets/AGG", times=1))
    few = len(trial.processes())
    trial.at(9, 35)
    trial.sandbox.wait_for(lambda world: world.faults.left(number) == 0, 10, "the run's look at the assets")
    trial.sandbox.call(lambda world: world.faults.set("alpaca", Hang(), path="/v2/clock"))
    trial.sandbox.wait_for(lambda _: len(trial.processes()) > few, 25, "senders")
    ends_well(trial)


def test_while_an_sms_is_on_its_way(trial: Trial) -> None:
    trial.deposit("250")
    trial.sandbox.call(lambda world: world.faults.set("vonage", Hang()))
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.told("Orders have been executed")
    ends_well(trial)


def test_asked_twice_it_still_ends_with_0(trial: Trial) -> None:
    trial.sandbox.call(lambda world: world.faults.set("alpaca", Hang(), path="/v2/clock"))
    trial.start(execution=IMPATIENT)
    trial.logged("the chat is connected")
    main = trial.main_process()
    main.terminate()
    trial.logged("stopping")
    ends_well(trial)


def test_while_the_process_that_workers_come_from_is_stuck(trial: Trial) -> None:
    trial.start()
    trial.press_start()
    server = trial.fork_server()
    # The interpreter joins its pools at its very end, and only this process knows that a worker is gone.
    server.suspend()
    try:
        code, seconds = trial.stop()
    finally:
        server.resume()
    assert (code, seconds < 10) == (0, True)
    assert "so it ends as it is; the main thread was in" in trial.output()
    trial.sandbox.wait_for(lambda _: not trial.processes(), 5, "the end of every process")
