"""The log: no secret leaves through it, whatever was logged."""

import logging
import os
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from bot.operations import logs
from bot.operations.logs import FILES_BEFORE, RedactingFormatter, configure

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


def told(message: str, *, level: int = logging.INFO, numbers: tuple[str, ...] = (), journal: bool = False) -> str:
    record = logging.LogRecord("bot", level, __file__, 1, message, (), None)
    return RedactingFormatter((TOKEN,), numbers, journal=journal).format(record)


def test_whatever_is_logged_is_one_line() -> None:
    try:
        raise RuntimeError("two\nlines")
    except RuntimeError:
        text = logged("polling\r\nfailed \u2028 badly")
    assert len(text.splitlines()) == 1
    assert "polling\\r\\nfailed \\n badly\\nTraceback (most recent call last):\\n" in text
    assert text.endswith("RuntimeError: two\\nlines")


def test_a_secret_that_holds_a_line_break_is_struck_out_before_it_is_folded() -> None:
    assert (
        RedactingFormatter(("ab\ncd",))
        .format(logging.LogRecord("bot", logging.INFO, __file__, 1, "key ab\ncd", (), None))
        .endswith("key ***")
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("sent to +12015550123", "sent to +...0123"),
        ("chat 987654321: gone", "chat ...4321: gone"),
        ("owner 1001", "owner ...01"),
        ("$1001.00 and 91001 are no owners", None),
        ("refused: telegram user 5550001112", "refused: telegram user ...1112"),
        ("Telegram user 42", "Telegram user ...42"),
    ],
)
def test_of_a_person_s_number_the_last_digits_are_shown(message: str, shown: str | None) -> None:
    text = told(message, numbers=("12015550123", "987654321", "1001"))
    assert text.endswith(shown or message)


@pytest.mark.parametrize(
    ("level", "priority"),
    [(logging.DEBUG, 7), (logging.INFO, 6), (logging.WARNING, 4), (logging.ERROR, 3), (logging.CRITICAL, 2)],
)
def test_the_journal_gets_a_priority_and_no_time(level: int, priority: int) -> None:
    assert (
        told("all is well", level=level, journal=True) == f"<{priority}>{logging.getLevelName(level)} bot: all is well"
    )


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """Lend the process's log, and put it back as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield root
    for handler in set(root.handlers) - set(before):
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def usual_umask() -> Iterator[None]:
    """Let new files be readable for everybody, as most systems do."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_only_a_log_that_goes_to_the_journal_is_written_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: logging.Logger
) -> None:
    for is_journal in (True, False):
        with (tmp_path / "journal").open("w", encoding="utf-8") as opened:
            monkeypatch.setattr(sys, "stderr", opened)
            named = os.fstat(opened.fileno())
            stream = f"{named.st_dev}:{named.st_ino + (not is_journal)}"
            configure((TOKEN,), file=tmp_path / "log", environment={"JOURNAL_STREAM": stream})
            logging.getLogger("bot").warning("with %s", TOKEN)
            for handler in root.handlers:
                handler.close()
        assert (tmp_path / "journal").read_text(encoding="utf-8").startswith("<4>") is is_journal
    assert [line.split(" ", 2)[2] for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()] == [
        "WARNING bot: with ***",
        "WARNING bot: with ***",
    ]
    assert (tmp_path / "log").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("usual_umask")
def test_a_log_file_is_begun_anew_when_it_is_large_and_nobody_else_can_read_any_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: logging.Logger
) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 1000)
    monkeypatch.setattr(sys, "stderr", StringIO())
    configure((TOKEN,), file=tmp_path / "log", environment={})
    for number in range(8 * FILES_BEFORE):
        root.info("line %d %s", number, "x" * 400)
    files = {file.name: file for file in tmp_path.iterdir()}
    assert sorted(files) == ["log", *(f"log.{number}" for number in range(1, FILES_BEFORE + 1))]
    assert {oct(file.stat().st_mode & 0o777) for file in files.values()} == {"0o600"}
    assert all(file.stat().st_size <= 1000 for file in files.values())
    assert f"line {8 * FILES_BEFORE - 1} " in files["log"].read_text(encoding="utf-8")
