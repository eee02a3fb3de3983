"""A whole service, watched while the fault table's rows of the chat and the SMS are lived through in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import monotonic

from bot.records import Records
from core.allocation import percent
from core.calendar import NEW_YORK
from core.runs import Run
from core.schedule import Routine
from sandbox.faults.kinds import CATALOGUE, Hang, Refuse
from sandbox.server import Sandbox
from sandbox.telegram import Message
from sandbox.world import World
from storage import database
from storage.database import Database
from tests.e2e.trial import Trial
from tests.integration.fault_expected import DONE, MENU
from tests.integration.fault_table import SECTORS, Occasion, Row, Seen, chat, sms

LONGEST = 40.0
"""Seconds after which whatever has not happened is wrong."""

DAY = date(2026, 11, 23)
"""The Monday on which everything happens."""

SILENT = "an answer could not be given"
DEAF = "the chat is not connected"
"""What the log says when an answer in the chat, or a poll, has failed."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """What there was when a row began."""

    runs: int
    orders: int
    messages: int
    notices: int
    texts: int


class Service:
    """A running service, and what is new in its world since the newest row began."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.sandbox = trial.sandbox
        self._books: Database | None = None
        self._records: Records | None = None
        self._rule = 0
        self._mark = self._now()

    def start(self) -> None:
        """Start the service."""
        sectors = [{"name": one.name, "symbol": one.symbol, "weight": percent(one.weight)} for one in SECTORS]
        self.trial.start(sectors=sectors)

    def open_books(self) -> None:
        """Open the service's books, to be read beside it, once it has made them and ticked."""
        self.trial.first_tick()
        self._books = database.open_to_read(f"sqlite:///{self.trial.folder / 'allocator.db'}")
        self._records = Records.over(self._books, ())

    def close(self) -> None:
        """Leave nothing behind."""
        if self._books is not None:
            self._books.close()
        self.trial.close()

    def begin(self) -> None:
        """Begin a row: what there is by now is not its own."""
        self._mark = self._now()

    # The fault.

    def fail(self, row: Row) -> None:
        """Let the row's fault meet the next of its requests."""
        fault, call = CATALOGUE[row.fault], row.call
        # A port never learns what a refused connection was for: the request that it is about is let in, and cut off.
        kind, times = (Hang(), 1) if isinstance(fault, Refuse) else (fault, call.together)
        self._rule = self.sandbox.call(
            lambda world: world.faults.set(call.service, kind, method=call.method, path=call.path, times=times)
        )

    def has_struck(self, world: World) -> bool:
        """Return whether every request that the fault was for has met it; True when their number is not known."""
        return world.faults.left(self._rule) in {0, None}

    def refuse(self, row: Row) -> None:
        """Let the port of the row's service refuse from now on, and cut what there is."""
        self.sandbox.call(lambda world: world.faults.set(row.call.service, Refuse()))

    def mend(self) -> None:
        """Let nothing fail any more."""
        self.sandbox.call(lambda world: world.faults.clear())

    # What is new.

    def until(self, reached: Callable[[World], object], what: str) -> None:
        """Wait until this is so. Raises TimeoutError."""
        self.sandbox.wait_for(reached, LONGEST, what)

    def messages(self, world: World) -> list[Message]:
        """Return the row's messages in the chat."""
        return world.telegram.messages[self._mark.messages :]

    def shows(self, world: World, line: str) -> int:
        """Return how many of the row's messages are told by this line."""
        return sum(_told(message) == line for message in self.messages(world))

    def texts(self, world: World) -> list[str]:
        """Return the row's SMS."""
        return [text.text for text in world.sms.messages[self._mark.texts :]]

    def logged(self, words: str) -> int:
        """Return how often the log says this, since the very start."""
        return self.trial.output().count(words)

    def has_ended(self) -> bool:
        """Return whether the row's run has ended, and everything that was said has been delivered."""
        runs = self._runs()
        ended = len(runs) > self._mark.runs and all(run.state.is_final for run in runs)
        return ended and self._records is not None and self._records.outbox.undelivered_count() == 0

    def seen(self, row: Row, began: float) -> Seen:
        """Return what has come of the row that began at this second of the monotonic clock."""
        states = "".join(run.state for run in self._runs()[self._mark.runs :])

        def said(world: World) -> tuple[str, ...]:
            notices = world.telegram.notices[self._mark.notices :] if row.call.occasion is Occasion.NOTICE else []
            menu = [MENU] if world.telegram.commands and row.call.occasion in {Occasion.START, Occasion.MENU} else []
            return (
                *(chat(f"{notice.text} (over the chat)") for notice in notices),
                *(chat(_told(message)) for message in self.messages(world)),
                *map(chat, menu),
                *map(sms, self.texts(world)),
            )

        orders = len(self.trial.orders()) - self._mark.orders
        return Seen(states, orders, self.sandbox.call(said), monotonic() - began)

    def _runs(self) -> tuple[Run, ...]:
        return self._records.ledger.runs_on(Routine.INVEST, DAY) if self._records is not None else ()

    def _now(self) -> _Mark:
        counts = self.sandbox.call(
            lambda world: (len(world.telegram.messages), len(world.telegram.notices), len(world.sms.messages))
        )
        return _Mark(len(self._runs()), len(self.trial.orders()), *counts)


@contextmanager
def installed(folder: Path) -> Iterator[Service]:
    """Set a service up in `folder`, not started yet; its owner has pressed Start, and that was answered long ago."""
    with Sandbox(start=datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK)) as sandbox:
        service = Service(Trial(sandbox, folder))

        def press_start(world: World) -> None:
            world.telegram.press_start(sandbox.keys.owner_id)
            world.telegram.updates.clear()

        sandbox.call(press_start)
        try:
            yield service
        finally:
            service.close()


def _told(message: Message) -> str:
    """Return the line by which the table tells a message: how a tap ended, or else what the first is about."""
    lines = message.text.split("\n")
    return DONE if DONE in lines else lines[0].partition(": ")[0]
