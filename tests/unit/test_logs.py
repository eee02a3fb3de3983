"""The log: no secret leaves through it, whatever was logged."""

import logging
import sys

from bot.logs import RedactingFormatter

TOKEN = "123456:AAH-the-token"


def logged(message: str, *arguments: object, secrets: tuple[str, ...] = (TOKEN,)) -> str:
    failure = sys.exc_info() if sys.exc_info()[0] else None
    record = logging.LogRecord("bot", logging.INFO, __file__, 1, message, arguments, failure)
    return RedactingFormatter(secrets).format(record)


def test_a_secret_in_a_message_is_struck_out() -> None:
    assert logged(f"GET /bot{TOKEN}/getUpdates").endswith("GET /bot***/getUpdates")


def test_a_secret_in_an_argument_is_struck_out() -> None:
    assert TOKEN not in logged("calling %s with %r", f"/bot{TOKEN}/getMe", {"token": TOKEN})


def test_a_secret_in_a_traceback_is_struck_out() -> None:
    try:
        raise RuntimeError(f"The token {TOKEN} was rejected")
    except RuntimeError:
        text = logged("polling failed")
    assert "RuntimeError: The token *** was rejected" in text
    assert TOKEN not in text


def test_a_secret_in_the_cause_of_an_error_is_struck_out() -> None:
    try:
        try:
            raise ValueError(TOKEN)
        except ValueError as cause:
            raise RuntimeError("wrapped") from cause
    except RuntimeError:
        text = logged("polling failed")
    assert "ValueError: ***" in text


def test_a_secret_within_a_longer_one_leaves_nothing_of_it_readable() -> None:
    assert logged("abc-tail", secrets=("abc", "abc-tail")).endswith(": ***")


def test_an_empty_secret_changes_nothing() -> None:
    assert logged("all is well", secrets=("",)).endswith(": all is well")


def test_a_line_keeps_its_level_its_source_and_its_words() -> None:
    assert logged("%d orders", 7).endswith(" INFO bot: 7 orders")
