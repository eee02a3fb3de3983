"""References: short names for a failure, said to the owner and written beside the details in the log."""

import secrets

# Without 0, O, 1, I, L: they are read out, and typed again.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 6


def new() -> str:
    """Return a reference such as 7F3K2Q; 31^6 of them are enough never to meet one twice in a log."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
