"""The installation as whoever looks after it meets it: its unit, backups, examinations, the log."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.alpaca.orders import OrderRequest, Side, TimeInForce
from sandbox.faults.kinds import Answer, Reset
from sandbox.world import World
from tests.e2e.trial import Trial

UNIT = Path(__file__).parents[2] / "deploy" / "allocator.service"


def test_a_day_is_backed_up_checked_reconciled_lost_and_put_back(trial: Trial) -> None:
    """One installation, one day: starting a process costs seconds, so the commands share it."""
    trial.deposit("250")
    trial.start()
    trial.press_start()
    trial.at(9, 31)
    before = trial.command("backup", "before.db")
    assert before.returncode == 0, before.stderr
    assert "before.db holds the whole database" in before.stdout
    trial.at(9, 40)
    trial.told("Orders have been executed")
    trial.texted("Orders have been executed")
    trial.ticks()

    checked = trial.command("check", "--json")
    report = json.loads(checked.stdout)
    verdicts = {one["name"]: one["verdict"] for one in report["findings"]}
    assert [one for one in report["findings"] if one["verdict"] == "fail"] == []
    assert (checked.returncode, report["ok"]) == (0, True)
    assert verdicts == {
        "settings": "pass",
        "file rights": "pass",
        "database": "pass",
        "disk space": verdicts["disk space"],
        "Alpaca": "pass",
        # The sandbox's market lives in a week of its own.
        "clock": "warn",
        "Telegram": "pass",
        "owner's chat": "pass",
        "Vonage": "pass",
        "alerts": "pass",
        "ledger": "pass",
    }

    assert trial.command("restore", "before.db").stderr == (
        "the service is running: stop it first, then the database can be replaced\n"
    )
    trial.at(16, 7)
    trial.told("Close")
    trial.logged("the database is backed up to backups/allocator-2026-11-23.db")
    trial.stop()

    back = trial.command("restore", "before.db")
    assert back.returncode == 0, back.stderr
    assert len(list(trial.folder.glob("allocator.db.before-restore-*"))) == 1
    lost = trial.command("reconcile")
    assert lost.returncode == 1
    assert "differs  Alpaca has order main-20261123-invest-0-AGG-buy ($57.50 of AGG, filled)" in lost.stdout
    assert lost.stdout.splitlines()[-1].endswith("7 differences to look after.")
    mended = trial.command("reconcile", "--fix")
    assert mended.returncode == 0, mended.stdout
    assert "Written down: 0 changed orders, 7 orders" in mended.stdout
    assert mended.stdout.splitlines()[-1].endswith("the ledger and Alpaca agree.")
    # The day is known again: nothing is bought once more, and the report of it can be given.
    trial.start()
    trial.first_tick()
    trial.ticks()
    assert len(trial.orders()) == 7


def test_a_check_names_what_is_wrong_and_the_way_out(trial: Trial) -> None:
    trial.configure(alpaca={"secret_key": "wrong"}, telegram={"token": "1:wrong"}, vonage={"api_secret": "wrong"})
    checked = trial.command("check")
    assert checked.returncode == 1
    for line in (
        "warn  database       there is none at",
        "fail  Alpaca         the keys are refused",
        "fail  Telegram       the bot's token is refused: get a new one from @BotFather",
        "fail  Vonage         Vonage refuses the API key: Check api_key and api_secret",
    ):
        assert line in checked.stdout


def test_a_check_names_the_alert_that_waits_and_the_order_that_the_ledger_lacks(trial: Trial) -> None:
    trial.deposit("250")
    trial.sandbox.call(lambda world: world.faults.set("vonage", Answer(503, "", "text/plain"), path="/sms/json"))
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.told("Orders have been executed")
    # By then the first one's failure is in the outbox.
    trial.logged("alert not sent by SMS, try 2")
    waiting = trial.command("check")
    assert re.search(r"warn  alerts +1 deliveries wait or are held \(sms: .*503.*\)", waiting.stdout), waiting.stdout
    # What waits is sent once it can be: that is nothing to look after.
    assert waiting.returncode == 0
    request = OrderRequest("VOO", Side.BUY, Decimal(50), None, TimeInForce.DAY, "main-20261123-invest-1-VOO-buy")

    def buy(world: World) -> None:
        world.brokerage.deposit(Decimal(100))
        world.brokerage.submit(request)

    trial.sandbox.call(buy)
    lacking = trial.command("check")
    assert lacking.returncode == 1
    assert re.search(r"fail  ledger +Alpaca has order main-20261123-invest-1-VOO-buy", lacking.stdout), lacking.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
def test_the_unit_is_tight_and_valid(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze") or ""
    judged = subprocess.run(  # noqa: S603
        [analyze, "security", "--offline=true", UNIT], capture_output=True, text=True, check=False
    )
    overall = next(line for line in judged.stdout.splitlines() if "Overall exposure level" in line)
    assert float(overall.split(": ")[1].split()[0]) <= 1.3, judged.stdout
    # As installed, but where this environment has the program: verify wants it to exist.
    rendered = tmp_path / UNIT.name
    script = Path(sys.executable).with_name("allocator")
    rendered.write_text(UNIT.read_text().replace("/opt/allocator/current/venv/bin/allocator", str(script)))
    verified = subprocess.run([analyze, "verify", rendered], capture_output=True, text=True, check=False)  # noqa: S603
    assert (verified.returncode, verified.stderr) == (0, "")


STRICT = """
import ctypes, mmap, sys
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
if ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0):
    sys.exit("this kernel has no such rule")
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
except PermissionError:
    print("strict")
import alpaca.trading.client, bot.service, bot.channels.sms, multiprocessing, pyxirr, ssl
from matplotlib.figure import Figure
Figure().subplots().plot([1, 2])
Figure().savefig("picture.png")
multiprocessing.get_context("forkserver").Barrier(2)
print("alive")
"""


def test_everything_that_is_loaded_lives_without_memory_that_is_writable_and_executable(tmp_path: Path) -> None:
    """MemoryDenyWriteExecute= of the unit, by the kernel's own rule."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", STRICT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if "no such rule" in done.stderr:
        pytest.skip("this kernel cannot forbid it: Linux 6.3 or later can")
    assert (done.stdout.split(), done.returncode) == (["strict", "alive"], 0), done.stderr


def test_the_first_look_at_the_market_comes_at_once_however_rarely_it_looks(trial: Trial) -> None:
    trial.start(execution={"tick_seconds": 3600})
    trial.first_tick()


def test_the_log_is_one_event_a_line_in_its_file_too(trial: Trial) -> None:
    trial.deposit("250")
    trial.start(logs={"file": "allocator.log"})
    trial.sandbox.call(lambda world: world.telegram.press_start(trial.owner))
    trial.at(9, 40)
    trial.told("Orders have been executed")
    lines = (trial.folder / "allocator.log").read_text().splitlines()
    assert all(" INFO " in line or " WARNING " in line for line in lines), lines
    assert any("run main-20261123-invest-0 is due" in line for line in lines)
    assert any("order main-20261123-invest-0-VOO-buy: " in line for line in lines)
    with closing(sqlite3.connect(trial.folder / "allocator.db")) as books:
        assert books.execute("SELECT count(*) FROM 'order'").fetchone() == (7,)


def test_whoever_reads_warnings_alone_sees_each_failure_with_its_order_and_its_run(trial: Trial) -> None:
    run, symbols = "main-20261123-invest-0", ("VOO", "IJH", "IJR", "IXUS", "ISTB", "AGG", "BTC/USD")

    def refuse_one_and_lose_another(world: World) -> None:
        world.brokerage.halt("IJH")
        world.faults.set("alpaca", Reset(after_acting=True), method="POST", path="/v2/orders", times=1)

    def refuse_all(world: World) -> None:
        for symbol in symbols:
            world.brokerage.halt(symbol)

    trial.deposit("250")
    trial.sandbox.call(refuse_one_and_lose_another)
    trial.start(logs={"file": "allocator.log"})
    trial.press_start()
    trial.at(9, 35)
    trial.told("The order for $12.50 of IJH was rejected")
    warned = "\n".join(warnings(trial))
    assert re.search(rf"order {run}-IJH-buy: rejected \(.*halted", warned), warned
    assert re.search(rf"order {run}-\w+-buy: without an answer that can be trusted", warned), warned
    # And nothing of what went well is among them: who reads warnings reads few.
    assert not re.search(rf"order {run}-\w+-buy: (?!rejected|without)", warned), warned
    trial.sandbox.call(refuse_all)
    trial.deposit("300")
    trial.at(9, 35, day=24)
    failed = "run main-20261124-invest-0 is failed now"
    trial.sandbox.wait_for(lambda _: any(failed in line for line in warnings(trial)), 25, f"a warning that {failed}")


def warnings(trial: Trial) -> list[str]:
    """Return the lines of the log's file that are a warning or worse."""
    lines = (trial.folder / "allocator.log").read_text().splitlines()
    return [line for line in lines if re.match(r"\S+ \S+ (WARNING|ERROR|CRITICAL) ", line)]
