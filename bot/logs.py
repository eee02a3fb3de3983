"""Logging to standard error, with every secret struck out wherever it appears."""

import logging
import sys
from collections.abc import Iterable

# At INFO httpx writes the address of every poll, and the bot's token is part of it; APScheduler announces each job.
_QUIET = {
    "alembic": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "apscheduler": logging.ERROR,
    "vonage": logging.ERROR,
}


class RedactingFormatter(logging.Formatter):
    """Formats a record as usual, tracebacks included, and then strikes the secrets out."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        # The longest first, or a secret within another would leave the rest of it readable.
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's text without any secret."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def configure(secrets: Iterable[str], level: int = logging.INFO) -> None:
    """Send the process's log to standard error, redacted."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(quiet)
