"""The schema's versions: which one a file has, and the way from there to the newest."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from storage.errors import Damaged, NewerDatabase, NotOurs


@dataclass(frozen=True, slots=True)
class Migrations:
    """A folder of Alembic migrations, whose files are named by their revisions: `versions/0001_first.py`."""

    folder: Path

    @property
    def revisions(self) -> tuple[str, ...]:
        """Every known revision, oldest first. Read from the names: Alembic is only loaded to migrate."""
        return tuple(sorted(file.name.partition("_")[0] for file in self.folder.glob("versions/[0-9]*_*.py")))

    @property
    def head(self) -> str:
        """The newest revision."""
        return self.revisions[-1]


SHIPPED = Migrations(Path(__file__).parent / "migrations")


def found(file: Path, migrations: Migrations) -> str | None:
    """Return the revision of a database file, None when it is absent or empty. Nothing is written, not even beside it.

    Raises NotOurs for a file of something else, Damaged, or NewerDatabase for a revision that is not known.
    """
    if not file.exists() or file.stat().st_size == 0:
        return None
    try:
        revision = _revision(file)
    except sqlite3.DatabaseError as error:
        # What SQLite itself finds has a name; what this module finds has none.
        name = getattr(error, "sqlite_errorname", None)
        raise (Damaged if name == "SQLITE_CORRUPT" else NotOurs)(file, str(error)) from error
    if revision is not None and revision not in migrations.revisions:
        raise NewerDatabase(file, revision, migrations.head)
    return revision


def put_aside(file: Path, copy: Path) -> None:
    """Copy a database, with what its log still holds, to a file that replaces an earlier copy of that name."""
    unfinished = copy.with_name(f"{copy.name}.part")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    unfinished.replace(copy)


def upgrade(engine: Engine, migrations: Migrations) -> None:
    """Bring a database to the newest revision in one transaction, all or nothing.

    Foreign keys must be off in `engine`'s connections, as rebuilding a table needs; they are checked at the end.
    Raises sqlite3.IntegrityError when one is broken.
    """
    # Loaded here, because reading commands and a service that is up to date never need it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations.folder).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
            raise sqlite3.IntegrityError(f"the upgrade would break {len(broken)} references: {broken[:3]}")


def _revision(file: Path) -> str | None:
    # Even a read-only connection leaves files beside a database in WAL mode. `immutable` does not, and is right
    # while there is no log, for then nobody is writing.
    mode = "mode=ro" if file.with_name(f"{file.name}-wal").exists() else "immutable=1"
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{mode}", uri=True)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise sqlite3.DatabaseError("it holds other tables")
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise sqlite3.DatabaseError("it names no schema")
    return str(row[0])
