"""What the product must never write down, and whoever looks whether it did."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.world import Keys


def secrets_of(keys: Keys) -> tuple[str, ...]:
    """Return every key of an installation."""
    return (
        keys.alpaca_key_id,
        keys.alpaca_secret_key,
        keys.telegram_token,
        keys.vonage_api_key,
        keys.vonage_api_secret,
    )


def keep_secrets(folder: Path, keys: Keys) -> None:
    """See that no file of a folder holds a key, but for the settings."""
    for file in folder.rglob("*"):
        if file.is_file() and file.name != "settings.toml":
            content = file.read_bytes()
            held = [secret for secret in secrets_of(keys) if secret.encode() in content]
            assert not held, f"{file} holds {held}"


class _Lines(logging.Handler):
    """Keeps each line with its traceback, as it is before the product's log strikes anything out."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(self.format(record))


@contextmanager
def secrets_kept(folder: Path, keys: Keys) -> Iterator[None]:
    """See at the block's end that neither a warning, nor its traceback, nor a file of the folder holds a key."""
    heard = _Lines()
    logging.getLogger().addHandler(heard)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(heard)
    told = [line for line in heard.lines if any(secret in line for secret in secrets_of(keys))]
    assert not told, told
    keep_secrets(folder, keys)
