"""Asked to end, a process ends in time with its code, whatever its main thread hangs in, and not before it must."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SECONDS = 0.6
PIPE_BYTES = 4096

PROGRAM = """
import logging, signal, sqlite3, sys, threading, time
from bot.operations.ending import Ending

def end(*_):
    raise SystemExit(0)

logging.basicConfig()
signal.signal(signal.SIGTERM, end)
ending = Ending({seconds})
ending.listen({{signal.SIGTERM}}, 0)
{rest}
"""

IN_A_SYSTEM_CALL = """
signal.signal(signal.SIGTERM, lambda *_: None)
print("ready", flush=True)
sqlite3.connect(":memory:").execute(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
).fetchone()
"""
"""SQLite hears of no signal; Python's handlers wait for it."""

DEAF = """
while True:
    try:
        print("ready", flush=True)
        time.sleep(60)
    except SystemExit:
        pass
"""
"""As in a weak reference's callback, where Python drops every exception."""

AT_THE_INTERPRETERS_END = """
threading.Thread(target=time.sleep, args=(60,)).start()
print("ready", flush=True)
time.sleep(60)
"""
"""Python joins its threads."""

IN_THE_LOG = """
lock = logging.root.handlers[0].lock
threading.Thread(target=logging.warning, args=("full" * PIPE_BYTES,), daemon=True).start()
while lock.acquire(blocking=False):
    lock.release()
    time.sleep(0.001)
print("ready", flush=True)
time.sleep(60)
"""
"""Nobody reads it, as on a terminal that was stopped."""


@contextmanager
def program(rest: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a program until it is ready, and as long as the block lasts."""
    running = subprocess.Popen(  # noqa: S603  this interpreter, and a program of our own
        [sys.executable, "-c", PROGRAM.format(seconds=SECONDS, rest=rest.replace("PIPE_BYTES", str(PIPE_BYTES)))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pipesize=PIPE_BYTES,
    )
    with running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "ready\n"
            yield running
        finally:
            running.kill()


@pytest.mark.parametrize("rest", [IN_A_SYSTEM_CALL, DEAF, AT_THE_INTERPRETERS_END, IN_THE_LOG])
def test_what_hangs_is_left_when_the_time_is_over(rest: str) -> None:
    with program(rest) as running:
        asked = time.monotonic()
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        assert time.monotonic() - asked >= SECONDS


def test_the_log_says_where_it_was() -> None:
    with program(IN_A_SYSTEM_CALL) as running:
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=10)
    assert "not over in 0.6 s, so it ends as it is; the main thread was in:" in said
    assert 'File "<string>"' in said


def test_what_ends_by_itself_in_time_ends_with_its_own_code() -> None:
    with program("ending.begin(5); print('ready', flush=True); sys.exit(3)") as running:
        assert running.wait(10) == 3


def test_a_failure_that_does_not_come_to_its_end_is_ended_with_the_failures_code() -> None:
    with program("ending.begin(1); ending.begin(0); print('ready', flush=True); time.sleep(60)") as running:
        assert running.wait(10) == 1


def test_another_signal_does_not_end_it() -> None:
    with program(
        "signal.signal(signal.SIGUSR1, lambda *_: None); print('ready', flush=True); time.sleep(60)"
    ) as running:
        running.send_signal(signal.SIGUSR1)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(2 * SECONDS)
