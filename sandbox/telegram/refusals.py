"""The Bot API's ways of saying no."""


class Refusal(Exception):
    """A request that is refused: `code` is both the HTTP status and error_code, `description` the reason."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


def bad_request(reason: str) -> Refusal:
    """Build the 400 of a wrong parameter or an impossible wish."""
    return Refusal(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> Refusal:
    """Build the 403 of a person who must not be written to."""
    return Refusal(403, f"Forbidden: {reason}")


def conflict() -> Refusal:
    """Build the 409 that ends the older of two pollers."""
    return Refusal(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
