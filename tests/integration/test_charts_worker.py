"""The process that draws: apart from all else, expendable, and never left behind."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any, cast

import psutil
import pytest

from bot.charts import Charts, NotDrawn
from bot.charts.studio import STOPPED, TOO_LONG
from core.reporting.pictures import AccountValue, Picture, Returns

RETURNS = Returns(date(2026, 11, 27), (("Stocks", Decimal("4.15")), ("Bonds", Decimal("-2.13"))))
PNG = b"\x89PNG"
OTHERS = ("alpaca", "pandas", "telegram", "sqlalchemy", "pydantic", "matplotlib")

# What the console script is, with pictures in place of a command; how the broker's processes start is set before.
SCRIPT = """
import json, sys
from bot.cli import main

if __name__ == "__main__":
    from bot.charts import Charts
    from broker import pool
    from tests.integration.test_charts_worker import OTHERS, RETURNS, Evaluated
    pool.context()
    before = [name for name in OTHERS if name in sys.modules]
    charts = Charts()
    drawn = len(charts.draw(RETURNS))
    inside = charts.draw(Evaluated(f"[n for n in {OTHERS} if n in __import__('sys').modules]")).reason
    pid = charts.draw(Evaluated("__import__('os').getpid()")).reason.split()[-1]
    print(json.dumps({"drawn": drawn, "before": before, "inside": inside, "pid": int(pid)}), flush=True)
    charts.draw(Evaluated("__import__('time').sleep(60)"))
"""


class Evaluated:
    """What is, in the worker that receives it, the value of an expression: no picture, so the answer names it."""

    def __init__(self, expression: str) -> None:
        self.expression = expression

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        return eval, (self.expression,)


def asked(charts: Charts, expression: str) -> str:
    """Return what an expression is in the worker."""
    answer = charts.draw(no_picture(expression))
    assert isinstance(answer, NotDrawn)
    return answer.reason.rpartition("but got: ")[2]


def no_picture(expression: str) -> Picture:
    return cast(Picture, Evaluated(expression))


def worker_of(charts: Charts) -> psutil.Process:
    return psutil.Process(int(asked(charts, "__import__('os').getpid()")))


def gone(process: psutil.Process) -> bool:
    """Wait until a process has ended; it may still wait to be buried by its parent."""
    return comes(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)


def comes(what: Callable[[], bool]) -> bool:
    """Wait until something is so; return False when it does not come."""
    end = monotonic() + 10
    while not what():
        if monotonic() > end:
            return False
        sleep(0.01)
    return True


def endless(begun: Path) -> Picture:
    """Return what keeps a worker busy for a minute; the file tells that it has begun."""
    return no_picture(f"(open({str(begun)!r}, 'w').close(), __import__('time').sleep(60))")


@pytest.fixture(scope="module")
def warm() -> Iterator[Charts]:
    """Return charts that have drawn before; each test leaves them able to draw again."""
    charts = Charts()
    charts.draw(RETURNS)
    yield charts
    charts.close()


@pytest.fixture
def charts() -> Iterator[Charts]:
    """Return charts of one's own, without a worker yet."""
    own = Charts()
    yield own
    own.close()


@pytest.fixture
def program(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start a program that draws, without a home to write to; at last it is busy with a picture."""
    script = tmp_path / "console_script"
    script.write_text(SCRIPT, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MPL", "XDG"))}
    # Nobody can make a folder in a file, not even root.
    environment |= {"HOME": str(script), "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(  # noqa: S603  the script above
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as started:
        yield started
        started.kill()


def test_the_worker_has_nothing_of_the_others_says_nothing_and_ends_with_its_parent(
    program: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    assert program.stdout is not None
    facts = json.loads(program.stdout.readline())
    worker = psutil.Process(facts["pid"])
    assert facts["drawn"] > 1000
    assert "matplotlib" not in facts["before"]
    assert facts["inside"].endswith("['matplotlib']")
    # What matplotlib makes where it has no home, and leaves behind when it is killed.
    assert list(tmp_path.glob("matplotlib-*")) == []
    program.kill()
    assert gone(worker)
    _, noise = program.communicate(timeout=10)
    # Only what this test asked for: the answers to what is no picture.
    assert [line for line in noise.splitlines() if "of kind Evaluated" not in line] == []


def test_one_worker_draws_for_all_and_ctrl_c_is_not_meant_for_it(warm: Charts) -> None:
    worker = worker_of(warm)
    worker.send_signal(signal.SIGINT)
    with ThreadPoolExecutor(3) as threads:
        drawn = [*threads.map(warm.draw, [RETURNS] * 3)]
    assert all(isinstance(file, bytes) and file.startswith(PNG) for file in drawn)
    assert worker_of(warm) == worker


def test_what_cannot_be_drawn_is_told_to_who_asked_and_costs_no_worker(
    warm: Charts, caplog: pytest.LogCaptureFixture
) -> None:
    worker = worker_of(warm)
    broken = warm.draw(Returns(date(2026, 11, 27), (("Stocks", Decimal("NaN")),)))
    assert isinstance(broken, NotDrawn)
    assert broken.reason.startswith("InvalidOperation at returns.py, line ")
    # What asked for it logs it, or the outbox does: here as well, it would be told twice.
    assert broken.reason not in caplog.text
    assert worker_of(warm) == worker


def test_killed_in_the_middle_the_picture_is_not_drawn_and_the_next_one_is(warm: Charts, tmp_path: Path) -> None:
    worker, begun = worker_of(warm), tmp_path / "begun"
    with ThreadPoolExecutor(1) as thread:
        drawing = thread.submit(warm.draw, endless(begun))
        assert comes(begun.exists)
        worker.kill()
        assert drawing.result(timeout=10) == NotDrawn("the worker process ended in the middle of it", may_pass=True)
    assert isinstance(warm.draw(RETURNS), bytes)


def test_killed_while_it_waits_the_next_picture_has_a_new_worker(warm: Charts) -> None:
    worker = worker_of(warm)
    worker.kill()
    assert comes(lambda: worker.pid not in {child.pid for child in multiprocessing.active_children()})
    assert isinstance(warm.draw(RETURNS), bytes)


def test_a_worker_that_hangs_is_killed_in_time_even_before_it_has_taken_the_picture(warm: Charts) -> None:
    worker = worker_of(warm)
    worker.suspend()
    # More than a pipe holds: handing it over waits for the worker.
    years = tuple((date(2000, 1, 1) + timedelta(day), Decimal(day), Decimal(day)) for day in range(9_000))
    assert warm.draw(AccountValue(years, ()), seconds=0.2) == NotDrawn(TOO_LONG, may_pass=True)
    assert gone(worker)


def test_left_alone_the_worker_ends() -> None:
    charts = Charts(idle_seconds=0.05)
    pid = int(asked(charts, "__import__('os').getpid()"))
    assert comes(lambda: not psutil.pid_exists(pid))
    charts.close()


def test_closed_in_the_middle_it_ends_at_once_and_for_good(
    charts: Charts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    worker, begun = worker_of(charts), tmp_path / "begun"
    with ThreadPoolExecutor(1) as thread:
        drawing = thread.submit(charts.draw, endless(begun))
        assert comes(begun.exists)
        assert len(list(tmp_path.glob("allocator-fonts-*"))) == 1
        charts.close()
        assert drawing.result(timeout=5) == NotDrawn(STOPPED, may_pass=True)
    assert gone(worker)
    assert list(tmp_path.glob("allocator-fonts-*")) == []
    assert charts.draw(RETURNS) == NotDrawn(STOPPED, may_pass=True)


def test_where_no_worker_can_be_started_the_words_go_alone(charts: Charts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    answer = charts.draw(RETURNS)
    assert isinstance(answer, NotDrawn)
    assert answer.reason.startswith("no worker could be started: ")
