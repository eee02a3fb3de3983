"""The service lock: one process works on a database, and the kernel frees it however that process ends."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.errors import AlreadyRunning, CannotOpen


class ServiceLock:
    """The lock on a database file, held within the `with` block, in `<file>.lock` beside it.

    Entering never waits: it raises AlreadyRunning when another process holds the lock, CannotOpen when its file cannot
    be made. Child processes do not inherit it, so one that outlives a killed service keeps nobody out.
    """

    def __init__(self, database: Path) -> None:
        self.file = database.with_name(f"{database.name}.lock")
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Python opens it close-on-exec: spawned children and a fork server do not get it.
            descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CannotOpen(self.file, error.strerror or str(error)) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise AlreadyRunning(self.file, holder or "unknown") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        os.register_at_fork(after_in_child=self._let_go)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The file stays: were it removed, two processes could hold a lock on two files of this name.
        self._let_go()

    def _let_go(self) -> None:
        # In a forked child this only gives up the child's share: the kernel unlocks with the last descriptor.
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
