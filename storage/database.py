"""The database file: opened, brought up to date, and used in transactions by several threads and processes."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import local
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlmodel import Session

from storage import schema
from storage.errors import BadUrl, CannotOpen, NoDatabase, NotMigrated

BUSY_SECONDS = 10
RETRY_SECONDS = 0.01

PAGE = 500
"""How many rows an iterator reads at once: while its reader works, it holds no whole history and no transaction."""


class Database:
    """One database file at this version's schema. Threads share it; each transaction has a connection of its own."""

    def __init__(self, file: Path, *, read_only: bool = False) -> None:
        self.file = file
        self._joined = _Joined()
        self._engine = _engine(file, read_only=read_only)
        # Two transactions that both read before they write can both pass a limit: a writing one is alone from its
        # first statement on.
        self._immediate = self._engine.execution_options(begin="BEGIN IMMEDIATE")

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose work is committed at the end, all of it, or none of it when anything is raised.

        Waits up to 10 s for other writers.
        """
        if self._joined.session is not None:
            with self._joined.session.begin_nested():
                yield self._joined.session
            return
        with Session(self._immediate) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one state of the database, whatever others write meanwhile."""
        if self._joined.session is not None:
            yield self._joined.session
            return
        with Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let everything that this thread writes in the block be one transaction: all of it is committed, or none.

        For what several books must say of one deed. Nothing in the block may wait for the world outside.
        """
        with self.writing() as session:
            before, self._joined.session = self._joined.session, session
            try:
                yield
            finally:
                self._joined.session = before

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Joined(local):
    """The session that all transactions of a thread are a part of, None while each is one by itself."""

    session: Session | None = None


class AccountRecords:
    """What is kept of one account in a database."""

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._account = account


def open(url: str, *, migrations: schema.Migrations = schema.SHIPPED) -> Database:  # noqa: A001 - database.open(url)
    """Open the database to read and write, made or brought up to date as needed. Hold the service lock meanwhile.

    An earlier version's database is copied aside first, to `<name>.before-<schema>`.
    Raises BadUrl, CannotOpen, NotOurs, Damaged, or NewerDatabase; the file is then left exactly as it was.
    """
    file = file_of(url)
    try:
        found = schema.found(file, migrations)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        # SQLite gives its own files beside this one the same mode.
        file.chmod(0o600)
    except OSError as error:
        raise CannotOpen(file, error.strerror or str(error)) from error
    if found != migrations.head:
        if found is not None:
            schema.put_aside(file, file.with_name(f"{file.name}.before-{migrations.head}"))
        engine = _engine(file, foreign_keys=False)
        try:
            schema.upgrade(engine.execution_options(begin="BEGIN IMMEDIATE"), migrations)
        finally:
            engine.dispose()
    return Database(file)


def open_to_read(url: str, *, migrations: schema.Migrations = schema.SHIPPED) -> Database:
    """Open the database beside a running service, only to read: whatever is written through it is an error.

    Raises BadUrl, NoDatabase, NotOurs, Damaged, NewerDatabase, or NotMigrated.
    """
    file = file_of(url)
    found = schema.found(file, migrations)
    if found is None:
        raise NoDatabase(file)
    if found != migrations.head:
        raise NotMigrated(file, found, migrations.head)
    return Database(file, read_only=True)


def file_of(url: str) -> Path:
    """Return the absolute path of the file that a storage url names. Raises BadUrl when it names none."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        # Not shown: what cannot be read may hold a password anywhere.
        raise BadUrl("(unreadable)") from None
    database = parsed.database
    in_memory = not database or database.startswith((":memory:", "file:"))
    if parsed.get_backend_name() != "sqlite" or in_memory or parsed.query:
        raise BadUrl(parsed.render_as_string(hide_password=True))
    return Path(str(database)).absolute()


def _engine(file: Path, *, read_only: bool = False, foreign_keys: bool = True) -> Engine:
    pragmas = {
        "busy_timeout": BUSY_SECONDS * 1000,
        "journal_mode": "WAL",
        "synchronous": "FULL",
        "foreign_keys": "ON" if foreign_keys else "OFF",
        "query_only": "ON" if read_only else "OFF",
    }
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        # isolation_level None: the driver's autocommit. Its own BEGIN comes late, and never before DDL.
        connect_args={"isolation_level": None, "check_same_thread": False},
        # Kept open, because closing a file's last connection writes its log back each time. No thread waits for
        # another's connection: SQLite's busy time-out alone decides who waits.
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=-1,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        for name, value in pragmas.items():
            _patiently(connection, f"PRAGMA {name} = {value}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _patiently(connection: Any, statement: str) -> None:
    """Execute a statement; where a new file is given its log, SQLite does not wait for another who does the same."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return
