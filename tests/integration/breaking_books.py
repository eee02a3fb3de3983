"""Ways to break the books under whoever has them open, until a block ends."""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from sqlalchemy import Pool, event

Break = Callable[[Path], AbstractContextManager[object]]


@contextmanager
def full_disk(file: Path) -> Iterator[None]:
    """Let no file of this process grow any more: to SQLite that is a disk without room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = file.with_name(f"{file.name}-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let somebody else write, and never end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def read_only(_: Path) -> Iterator[None]:
    """Let every connection read only, as on a file system that was mounted anew: SQLite says SQLITE_READONLY."""

    def only_read(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    def write_again(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA query_only = OFF")

    event.listen(Pool, "checkout", only_read)
    event.listen(Pool, "checkin", write_again)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", only_read)
        event.remove(Pool, "checkin", write_again)
