"""The records that the settings name: where they go, which allocation is in force there, and who works on them."""

from bot.records import ACCOUNT
from bot.setup.fields import Field, by_the_settings
from bot.setup.interview import Interview
from bot.setup.questions import Question
from storage import database
from storage.allocations import Allocations, Version
from storage.errors import AlreadyRunning, BadUrl, CannotOpen, NoDatabase, StorageError
from storage.lock import ServiceLock

USUAL, LIVE = "sqlite:///allocator.db", "sqlite:///allocator-live.db"


def _trouble(url: str) -> str | None:
    if (trouble := by_the_settings("storage.url", url)) is not None:
        return trouble
    try:
        database.file_of(url)
    except BadUrl:
        return "does not name a database file: write it like sqlite:////path/to/file.db"
    return None


STORAGE_URL = Field("storage.url", Question("The database", "--storage-url"), judged=_trouble)


def address(interview: Interview, *, live: bool) -> str:
    """Return where the records go: real money and paper money have books of their own, whichever came first."""
    url = interview.unasked(STORAGE_URL, USUAL)
    was_live = interview.standing("alpaca.live") == "True"
    is_given = interview.in_advance(STORAGE_URL.key) is not None
    if interview.present and not is_given and live != was_live and url in (USUAL, LIVE):
        url = LIVE if live else USUAL
        interview.prompter.say(f"  Real and paper money have records of their own: from now on these are in {url}.")
    return url


def in_force(interview: Interview, url: str) -> Version | None:
    """Return the allocation that counts, None before the first start; where it cannot be read, say so."""
    try:
        with database.open_to_read(url) as books:
            newest = Allocations(books, ACCOUNT).history(1)
            return newest[0] if newest else None
    except NoDatabase:
        return None
    except StorageError as error:
        interview.prompter.say(f"  The allocation in force cannot be read: {error}.")
        return None


def is_worked_on(url: str) -> bool:
    """Return whether a service holds the lock of this database. Nothing is made where there was none."""
    try:
        lock = ServiceLock(database.file_of(url))
        if lock.file.exists():
            with lock:
                pass
    except AlreadyRunning:
        return True
    except (BadUrl, CannotOpen):
        # Whoever may not look cannot tell.
        return False
    return False
