"""What goes by SMS: how much a text is billed as, and what takes the place of one that is too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import segments
from bot.channels.sms import words_of
from core.alerts import Alert, AlertKind
from sandbox.vonage.gsm import segment_count
from tests.unit.properties import steady


@pytest.mark.parametrize(
    ("text", "billed"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("д" * 70, 1),
        ("д" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
    ],
)
def test_a_text_is_billed_by_its_length_and_its_alphabet(text: str, billed: int) -> None:
    assert segments.count(text) == billed


@steady
@given(st.text(alphabet=st.sampled_from("aZ £é\n%.,-дя😀"), max_size=400))
def test_the_stand_in_for_vonage_bills_the_same(text: str) -> None:
    assert segments.count(text) == segment_count(text, unicode=not segments.is_gsm(text))


def test_six_segments_go_whole_and_seven_become_the_summary() -> None:
    six = Alert(AlertKind.CLOSE_REPORT, "a" * 6 * 153, summary="The close report: sectors up: 1, down: 2.")
    assert words_of(six) == six.text
    seven = Alert(AlertKind.CLOSE_REPORT, "a" * (6 * 153 + 1), summary=six.summary)
    assert words_of(seven) == "The close report: sectors up: 1, down: 2. The full report is in Telegram."


def test_without_a_summary_the_title_takes_the_place_of_what_is_too_long() -> None:
    alert = Alert(AlertKind.EXECUTED, "д" * 600, title="Orders have been executed")
    assert words_of(alert) == "Orders have been executed. The full report is in Telegram."
