"""The Bot API's ways of saying no."""

Json = dict[str, object]


class Refusal(Exception):
    """A request that is refused: `code` is both the HTTP status and error_code, `description` the reason.

    `retry_after` is the whole seconds after which the same request may come again, where there are any.
    """

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after

    def body(self) -> Json:
        """Write the answer."""
        written: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            written["parameters"] = {"retry_after": self.retry_after}
        return written

    def headers(self) -> dict[str, str]:
        """Write the headers that belong to it."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


def bad_request(reason: str) -> Refusal:
    """Build the 400 of a wrong parameter or an impossible wish."""
    return Refusal(400, f"Bad Request: {reason}")


def unauthorized() -> Refusal:
    """Build the 401 of a token that is not, or no longer, a bot's."""
    return Refusal(401, "Unauthorized")


def forbidden(reason: str) -> Refusal:
    """Build the 403 of a person who must not be written to."""
    return Refusal(403, f"Forbidden: {reason}")


def unknown_method() -> Refusal:
    """Build the 404 of a method that the Bot API does not have."""
    return Refusal(404, "Not Found: method not found")


def conflict() -> Refusal:
    """Build the 409 that ends the older of two pollers."""
    return Refusal(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )


def too_many_requests(retry_after: int) -> Refusal:
    """Build the 429 of a bot that writes too fast, in whole seconds."""
    return Refusal(429, f"Too Many Requests: retry after {retry_after}", retry_after)
