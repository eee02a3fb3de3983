"""The records that the settings name: where they go."""

from bot.setup.fields import Field, by_the_settings
from bot.setup.interview import Interview
from bot.setup.questions import Question
from storage import database
from storage.errors import BadUrl

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
