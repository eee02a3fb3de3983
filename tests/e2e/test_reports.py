"""The three rounds of a day, and the shell's reports beside the service and without it."""

import csv
import json

from sandbox.telegram.chat import Photo
from sandbox.world import World
from tests.e2e.trial import PATIENCE, Trial


def test_a_week_s_last_day_end_to_end_in_words_and_pictures(trial: Trial) -> None:
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.at(9, 36, day=27)
    trial.texted("Orders have been executed")
    trial.at(13, 6, day=27)
    report = trial.texted("Our position is")
    assert report.startswith("Domestic Large Cap is ")
    assert report.count("cumulatively.") == 7
    assert trial.texted("In our account, Domestic Large Cap is off by ").count("off by") == 7
    assert "since start" in trial.told("Close report, Fri 27 Nov")
    assert "Drift: " in trial.told("Variance, Fri 27 Nov")

    def pictures(world: World) -> list[Photo]:
        shown = [message.photo for message in world.telegram.messages if message.photo is not None]
        return shown if len(shown) == 3 else []

    assert {photo.width for photo in trial.sandbox.wait_for(pictures, PATIENCE, "three pictures")} == {1080}
    assert "SMS this month: " in trial.say("/status", "SMS this month")
    # The same day again, in a shell beside the service.
    shown = trial.command("report", "--day", "2026-11-27")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "Domestic Large Cap" in shown.stdout
    assert trial.command("variance").stdout.startswith("Variance, Fri 27 Nov\n")
    trial.ticks()
    assert sum("Our position is" in text for text in trial.texts()) == 1


def test_the_shell_reports_without_the_service(trial: Trial) -> None:
    trial.configure()
    trial.deposit("250")
    trial.at(9, 40)
    trial.command("invest", "--yes")
    trial.at(16, 30)
    files = trial.folder / "days.csv", trial.folder / "figures.json"
    shown = trial.command("performance", "--since", "2026-11-23", "--csv", str(files[0]))
    assert (shown.returncode, shown.stderr) == (0, f"{files[0]} is written.\n")
    assert "Money-weighted return (XIRR) since start: " in shown.stdout
    assert shown.stdout.splitlines()[-1].startswith("Since 2026-11-23: gain in dollars ")
    with files[0].open(newline="") as opened:
        (day,) = csv.DictReader(opened)
    assert (day["day"], day["deposits_less_withdrawals"], day["reconstructed"]) == ("2026-11-23", "250", "False")
    trial.command("performance", "--json", str(files[1]))
    figures = json.loads(files[1].read_text())
    assert [sector["symbol"] for sector in figures["sectors"]][:2] == ["VOO", "IJH"]
    assert set(figures["periods"]) == {"today", "this week", "this month", "year to date", "since start"}


def test_an_account_without_a_history_is_reported_as_such(trial: Trial) -> None:
    trial.configure()
    trial.at(9, 40)
    shown = [trial.command(name) for name in ("report", "variance")]
    assert [one.returncode for one in shown] == [0, 0]
    assert "Nothing is held yet, so there is nothing to report." in shown[0].stdout
    assert shown[1].stdout.endswith("The variance is not yet measurable: nothing of the allocation is held.\n")
    for arguments, why in (
        (("report", "--day", "2026-12-24"), "2026-12-24 cannot be reported: it is not over yet"),
        (("performance", "--since", "2026-12-24"), "2026-12-24 is still to come: give a day up to 2026-11-23"),
    ):
        refused = trial.command(*arguments)
        assert refused.returncode == 1
        assert why in refused.stderr


def test_a_report_that_cannot_be_made_says_why(trial: Trial) -> None:
    trial.configure()
    trial.sandbox.stop_service("alpaca")
    failed = trial.command("performance")
    assert failed.returncode == 1
    assert "Alpaca cannot be reached: the connection failed" in failed.stderr
