"""/export: everything that is kept, as files."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.chat import owners
from bot.chat.grammar import Chat, Command, Group
from bot.records import Records, now
from bot.services import Services
from bot.views import alerts as views
from bot.views import csv_files
from core.messages import plurals
from storage import schema

LARGEST = 50_000_000
"""Bytes that a bot may send as a file. Telegram, Bot API, sendDocument: "up to 50 MB"."""

PERSONAL = (
    "The database, as it was at one moment. It holds personal data: the owners' Telegram ids and the phone's number, "
    "with everything that was ordered and said. No key and no password is in it. Keep it to yourself."
)

_CSV: dict[str, Callable[[Records], bytes]] = {
    "runs": lambda records: csv_files.runs(records.ledger.every_run()),
    "orders": lambda records: csv_files.orders(records.ledger.every_order()),
    "flows": lambda records: csv_files.flows(records.ledger.flows()),
    "snapshots": lambda records: csv_files.snapshots(records.ledger.every_snapshot()),
}

_ABOUT = {
    "runs": "Every run",
    "orders": "Every order",
    "flows": "Every deposit and withdrawal",
    "snapshots": "The account at every day's end",
}


async def _export(chat: Chat, services: Services, _words: Sequence[str]) -> None:
    records = services.records
    await chat.reply("Writing the files...")
    await asyncio.to_thread(records.audit.note, owners.author(chat.owner), "export", "begun", now())
    sent, too_large = 0, []
    for name, write in _CSV.items():
        content = await asyncio.to_thread(write, records)
        if len(content) > LARGEST:
            too_large.append(f"{name}.csv")
        else:
            lines = plurals.count(content.count(b"\n") - 1, "line")
            await chat.document(
                f"{name}.csv", content, f"{name.capitalize()}: {lines}. Times are UTC, days New York's."
            )
            sent += 1
        # Not all of them in memory at once: the machine is a small one.
        del content
    copy = await asyncio.to_thread(database_copy, records.database.file, LARGEST)
    if copy is None:
        too_large.append("the database")
    else:
        await chat.document(f"allocator-{now():%Y-%m-%d}.db", copy, PERSONAL)
        sent += 1
    await chat.reply(
        f"{plurals.count(sent, 'file')} sent.{views.escaped(_otherwise(too_large, records.database.file))}"
    )


def database_copy(file: Path, largest: int) -> bytes | None:
    """Return a consistent copy of a database that others may be writing; None when it has more bytes than `largest`."""
    if file.stat().st_size > largest:
        return None
    with tempfile.TemporaryDirectory(prefix="allocator-") as folder:
        copy = Path(folder) / "copy.db"
        schema.put_aside(file, copy)
        return copy.read_bytes() if copy.stat().st_size <= largest else None


def _otherwise(too_large: Sequence[str], file: Path) -> str:
    """Return how to get what is too large for the chat."""
    if not too_large:
        return ""
    return (
        f" Too large for Telegram, which takes {LARGEST // 1_000_000} MB a file: {', '.join(too_large)}. On the "
        f'machine itself, sqlite3 {file} ".backup copy.db" makes a copy of the database, which has everything.'
    )


COMMANDS = (
    Command(
        "export",
        "everything as files: CSV and the database",
        _export,
        example="/export",
        explanation=(
            "Sends the runs, the orders, deposits and withdrawals, and every day's end as CSV files, and a copy of the "
            "database to keep as a backup. The database holds personal data, but no keys. What is larger than "
            "Telegram takes is named, with the way to get it."
        ),
        group=Group.SETTINGS,
    ),
)
