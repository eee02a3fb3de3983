"""Changing single values of a settings file as text."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.setup.settings_text import CannotEdit, Changes, edited
from core.allocation import Sector

EXAMPLE = (Path(__file__).parents[2] / "settings.example.toml").read_text(encoding="utf-8")


def test_a_value_changes_and_its_comment_and_everything_else_stay() -> None:
    text = '# mine\n[alpaca] # keys\nkey_id = "a # b"  # of May\nlive = false\n\n# the chat\n[telegram]\ntoken = ""\n'
    assert edited(text, Changes({"alpaca": {"key_id": 'new "one"'}})) == text.replace('"a # b"', '"new \\"one\\""')


def test_a_key_goes_to_the_place_where_it_stands_as_a_comment() -> None:
    changed = edited(EXAMPLE, Changes({"investing": {"max_per_day": 500}}))
    assert changed == EXAMPLE.replace("# max_per_day = 1000", "max_per_day = 500")


def test_a_list_over_several_lines_is_replaced_whole() -> None:
    text = "[telegram]\nowner_ids = [\n  1, # me\n  2,\n]\ntoken = 'x'\n"
    changed = edited(text, Changes({"telegram": {"owner_ids": [3]}}))
    assert changed == "[telegram]\nowner_ids = [3]\ntoken = 'x'\n"


def test_a_section_that_is_taken_out_leaves_no_secret_and_can_come_back() -> None:
    full = edited(EXAMPLE, Changes({"vonage": {"api_key": "k1", "api_secret": "s1"}}))
    out = edited(full, Changes({}, without=("vonage",)))
    assert "vonage" not in tomllib.loads(out)
    assert "s1" not in out
    back = edited(out, Changes({"vonage": {"api_key": "k1", "api_secret": "s1"}}))
    assert tomllib.loads(back)["vonage"] == {"api_key": "k1", "api_secret": "s1"}


def test_sectors_are_replaced_and_what_stands_around_them_stays() -> None:
    text = '[alpaca]\nlive = false\n\n# to begin with\n[[sectors]]\nname = "A"\n\n[[sectors]]\nname = "B"\n\n[logs]\n'
    changed = edited(text, Changes({}, sectors=(Sector("Stocks", "VOO", 6000), Sector("Bonds", "AGG", 4000))))
    assert [one["weight"] for one in tomllib.loads(changed)["sectors"]] == ["60%", "40%"]
    assert changed.startswith("[alpaca]\nlive = false\n\n# to begin with\n[[sectors]]\n")
    assert changed.endswith("\n\n[logs]\n")


@pytest.mark.parametrize("text", ['alpaca = { key_id = "a" }\n', 'alpaca.key_id = "a"\n', '[alpaca]\n"key_id" = "a"\n'])
def test_what_is_written_in_another_way_is_refused_and_never_spoilt(text: str) -> None:
    with pytest.raises(CannotEdit, match="put the file aside"):
        edited(text, Changes({"alpaca": {"key_id": "b"}}))


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda value: "\x7f" not in value))
def test_whatever_is_answered_is_read_back_as_it_was(value: str) -> None:
    changed = edited(EXAMPLE, Changes({"alpaca": {"key_id": value}, "new": {"key": value}}))
    read = tomllib.loads(changed)
    assert (read["alpaca"]["key_id"], read["new"]["key"]) == (value, value)
