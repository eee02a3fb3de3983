"""The service lock: one process on a database, however the last one ended."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from storage.errors import AlreadyRunning, CannotOpen
from storage.lock import ServiceLock

HOLD = """
import sys, time
from pathlib import Path
from storage.lock import ServiceLock

with ServiceLock(Path(sys.argv[1])):
    {child}
    print("held", flush=True)
    time.sleep(60)
"""

CHILDREN = {
    "none": "",
    "subprocess": "import subprocess; subprocess.Popen(['sleep', '60'])",
    "fork": "import os; os.fork() or time.sleep(60)",
    "forkserver": (
        "import multiprocessing; "
        "multiprocessing.get_context('forkserver').Process(target=time.sleep, args=(60,)).start()"
    ),
}


@contextmanager
def holder(database: Path, child: str = "none") -> Iterator[psutil.Process]:
    """Run a process that holds the lock and may have a child; end them both, whatever happens."""
    script = HOLD.format(child=CHILDREN[child])
    command = [sys.executable, "-c", script, str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:  # noqa: S603 - the script above
        assert started.stdout is not None
        assert started.stdout.readline() == "held\n"
        process = psutil.Process(started.pid)
        family = [process, *process.children(recursive=True)]
        try:
            yield process
        finally:
            for member in family:
                if member.is_running():
                    member.kill()


def test_a_second_service_is_refused_at_once_and_told_who_runs(tmp_path: Path) -> None:
    database = tmp_path / "allocator.db"
    with holder(database) as running, pytest.raises(AlreadyRunning, match=rf"process {running.pid} holds .*the chat"):
        ServiceLock(database).__enter__()


@pytest.mark.parametrize("child", CHILDREN)
def test_a_killed_service_keeps_nobody_out_whatever_it_leaves_behind(tmp_path: Path, child: str) -> None:
    database = tmp_path / "allocator.db"
    with holder(database, child) as running:
        left_behind = running.children(recursive=True)
        assert bool(left_behind) == (child != "none")
        running.kill()
        running.wait()
        assert all(member.is_running() for member in left_behind)
        with ServiceLock(database):
            pass


def test_the_lock_is_free_after_its_block_and_can_be_taken_again(tmp_path: Path) -> None:
    lock = ServiceLock(tmp_path / "a new folder" / "allocator.db")
    for _ in range(2):
        with lock, pytest.raises(AlreadyRunning):
            ServiceLock(tmp_path / "a new folder" / "allocator.db").__enter__()


def test_a_lock_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()
    with pytest.raises(CannotOpen, match=r"notes/allocator\.db\.lock cannot be made"):
        ServiceLock(tmp_path / "notes" / "allocator.db").__enter__()
