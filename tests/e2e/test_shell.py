"""The commands of the shell, as a person and a script meet them."""

import json

import pytest

from tests.e2e.trial import Trial


def test_dry_run_shows_the_plan_beside_the_service_and_sends_nothing(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.ticks()
    trial.at(9, 31)
    shown = trial.command("invest", "--dry-run")
    assert shown.returncode == 0
    assert [line.split()[-2:] for line in shown.stdout.splitlines()] == [
        ["VOO", "87.50"],
        ["IJH", "12.50"],
        ["IJR", "5.00"],
        ["IXUS", "45.00"],
        ["ISTB", "30.00"],
        ["AGG", "57.50"],
        ["BTCUSD", "12.50"],
        ["Total", "250.00"],
    ]
    assert trial.orders() == []


def test_investing_from_a_shell_beside_the_service_is_refused(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.ticks()
    refused = trial.command("invest")
    assert (refused.returncode, refused.stderr) == (1, "the service is running: use the chat\n")


def test_invest_buys_once_says_it_in_both_channels_and_the_service_does_not_buy_again(trial: Trial) -> None:
    trial.configure()
    trial.deposit("250")
    trial.at(9, 40)
    trial.sandbox.call(lambda world: world.telegram.press_start(trial.owner))
    done = trial.command("invest")
    assert (done.returncode, done.stdout) == (0, trial.texts()[0] + "\n")
    assert done.stdout.startswith("Orders have been executed. Bought $87.50 of VOO")
    assert trial.chat()[0].startswith("Orders have been executed")
    again = trial.command("invest")
    assert again.returncode == 1
    assert "no new cash has come" in again.stdout
    trial.start()
    trial.ticks()
    assert len(trial.orders()) == 7


def test_json_is_whole_and_nothing_else_is_on_standard_output(trial: Trial) -> None:
    trial.configure()
    trial.deposit("250")
    trial.at(9, 40)
    done = trial.command("invest", "--json")
    outcome = json.loads(done.stdout)
    assert (outcome["day"], outcome["number"], outcome["state"]) == ("2026-11-23", 0, "done")
    assert sum(order["filled_cents"] for order in outcome["orders"]) == 25000
    refused = json.loads(trial.command("invest", "--json").stdout)
    assert refused["plan"] is None
    assert "no new cash" in refused["reason"]


def test_all_problems_of_the_settings_are_said_at_once_with_exit_2(trial: Trial) -> None:
    trial.configure(alpaca={"secret_key": "", "live": True}, telegram={"owner_ids": []}, investing={"reserve": "-1"})
    failed = trial.command("run")
    assert failed.returncode == 2
    assert failed.stderr.splitlines()[0].endswith("settings.toml: 4 problems")
    for key in ("alpaca.secret_key", "alpaca.live", "telegram.owner_ids", "investing.reserve"):
        assert key in failed.stderr


def test_settings_that_others_can_read_draw_a_warning(trial: Trial) -> None:
    trial.configure().chmod(0o644)
    trial.at(9, 40)
    shown = trial.command("invest")
    assert "settings.toml can be read by other users and holds your keys: chmod 600" in shown.stderr


def test_a_fund_that_does_not_exist_is_refused_before_the_allocation_is_accepted(trial: Trial) -> None:
    misspelt = [
        {"name": "Stocks", "symbol": "VOOO", "weight": "60%"},
        {"name": "Bonds", "symbol": "AGG", "weight": "40%"},
    ]
    trial.deposit("250")
    trial.at(9, 40)
    trial.start(sectors=misspelt)
    assert trial.exit_code() == 2
    assert "the allocation cannot be used: Alpaca does not know VOOO. Correct the symbols" in trial.output()
    trial.start()
    trial.texted("Orders have been executed")


def test_without_the_network_a_command_says_so_and_exits_1(trial: Trial) -> None:
    trial.configure()
    trial.sandbox.stop_service("alpaca")
    failed = trial.command("invest")
    assert failed.returncode == 1
    assert "Alpaca cannot be reached: the connection failed. Nothing was ordered" in failed.stderr


@pytest.mark.parametrize(
    "command", [(), ("run",), ("invest",), ("report",), ("variance",), ("performance",), ("demo",), ("sandbox",)]
)
def test_every_command_explains_itself(trial: Trial, command: tuple[str, ...]) -> None:
    helped = trial.command(*command, "--help")
    assert helped.returncode == 0
    assert helped.stdout.startswith("usage: allocator")


@pytest.mark.parametrize(
    "arguments",
    [("demo", "--days", "0"), ("demo", "--deposit", "1.005"), ("report", "--day", "27.11.2026"), ("fly",), ()],
)
def test_words_that_make_no_command_are_refused_with_exit_2(trial: Trial, arguments: tuple[str, ...]) -> None:
    refused = trial.command(*arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith("usage: allocator")
