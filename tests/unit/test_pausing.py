"""Until when investing is paused, as somebody writes it."""

from datetime import date

import pytest

from bot.chat.grammar import WrongWords
from bot.commands.pausing import resumes

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize("text", ["5", "5 days", "2026-12-02", "until 2026-12-02", "Until 2026-12-02"])
def test_a_date_or_a_number_of_days_is_the_day_on_which_it_resumes(text: str) -> None:
    assert resumes(text, TODAY) == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("0", "0 days is not from 1 to 3660."),
        ("3661 days", "3661 days is not from 1 to 3660."),
        ("2026-11-27", "2026-11-27 is not in the future (it is 2026-11-27)."),
        ("2026-02-30", "'2026-02-30' is not a date that I understand."),
        ("20261202", "'20261202' is not a date that I understand."),
        ("-5", "'-5' is not a date that I understand."),
        ("until Friday", "'until Friday' is not a date that I understand."),
    ],
)
def test_anything_else_is_explained_with_what_would_work(text: str, wrong: str) -> None:
    with pytest.raises(WrongWords) as caught:
        resumes(text, TODAY)
    assert str(caught.value).startswith(wrong)
    assert "/pause 5" in str(caught.value)
