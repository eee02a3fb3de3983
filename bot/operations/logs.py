"""The log: one event a line, with every secret struck out and every personal number cut short, wherever they appear.

Under systemd the line begins with the priority that journald reads and has no time, which journald has itself;
elsewhere it begins with the time. What is more than a line, a traceback or a text from outside, stays one event:
each newline in it is written as `\\n`, and `sed 's/\\\\n/\\n/g'` gives it back.
"""

import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

FILE_BYTES, FILES_BEFORE = 5_000_000, 5
"""When a log file is begun anew, and how many before it are kept."""

PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
JOURNAL = "%(levelname)s %(name)s: %(message)s"

# At INFO httpx writes the address of every poll, and the bot's token is part of it; APScheduler announces each job.
_QUIET = {
    "alembic": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "apscheduler": logging.ERROR,
    "vonage": logging.ERROR,
}

# The priorities of sd-daemon(3), which are syslog's.
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG_PRIORITY = 7

_BREAKS = str.maketrans({"\n": "\\n", "\r": "\\r", "\v": "\\v", "\f": "\\f", "\x85": "\\n", "\u2028": "\\n"})
_TELEGRAM_USER = re.compile(r"(?i)(?<=telegram user )\d+")


class RedactingFormatter(logging.Formatter):
    """Formats a record as one line, tracebacks included, and then strikes out what nobody else may read.

    `secrets` disappear; of `numbers`, which are people's, and of any Telegram user's the last digits stay.
    """

    def __init__(self, secrets: Iterable[str], numbers: Iterable[str] = (), *, journal: bool = False) -> None:
        super().__init__(JOURNAL if journal else PLAIN)
        # The longest first, or a secret within another would leave the rest of it readable.
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        listed = "|".join(sorted((re.escape(number) for number in numbers if number), key=len, reverse=True))
        self._numbers = re.compile(rf"(?<![\d$.,])(?:{listed})(?!\d)") if listed else None
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line without any secret and without any whole number of a person."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "***")
        if self._numbers is not None:
            text = self._numbers.sub(_last_digits, text)
        text = _TELEGRAM_USER.sub(_last_digits, text).translate(_BREAKS)
        return f"<{_priority(record.levelno)}>{text}" if self._journal else text


def configure(
    secrets: Iterable[str],
    numbers: Iterable[str] = (),
    *,
    level: int = logging.INFO,
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Send the process's log to standard error, and to a file that is begun anew when it is large.

    Raises OSError when the file cannot be written.
    """
    secrets, numbers = tuple(secrets), tuple(numbers)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(secrets, numbers, journal=_is_journal(environment)))
    handlers: list[logging.Handler] = [handler]
    if file is not None:
        handlers.append(_PrivateFile(file, maxBytes=FILE_BYTES, backupCount=FILES_BEFORE, encoding="utf-8"))
        handlers[-1].setFormatter(RedactingFormatter(secrets, numbers))
    logging.basicConfig(level=level, handlers=handlers, force=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(quiet)


def last_digits(number: str) -> str:
    """Return how a person's number is shown: its last digits, enough to tell a few people apart."""
    return f"...{number[-4:] if len(number) >= 8 else number[-2:]}"


def _last_digits(found: "re.Match[str]") -> str:
    return last_digits(found[0])


class _PrivateFile(RotatingFileHandler):
    """Writes a log file that is begun anew when it is large, and that nobody else may read, however often that is."""

    def _open(self) -> TextIOWrapper:
        # The mode counts as the file is made: whoever may read the log knows what is bought.
        return open(self.baseFilename, "a", encoding=self.encoding, errors=self.errors, opener=_privately)


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _priority(level: int) -> int:
    return next((priority for at_least, priority in _PRIORITIES if level >= at_least), _DEBUG_PRIORITY)


def _is_journal(environment: Mapping[str, str]) -> bool:
    """Tell whether standard error goes to journald, unless somebody redirected it elsewhere."""
    try:
        device, inode = environment.get("JOURNAL_STREAM", "").split(":")
        is_it = os.fstat(sys.stderr.fileno())
        return (int(device), int(inode)) == (is_it.st_dev, is_it.st_ino)
    except (ValueError, OSError):
        return False
