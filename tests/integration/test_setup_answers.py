"""Answers to `allocator init` that will not do: judged at once, and nothing that is kept is lost."""

import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.cli import main as cli
from bot.operations import logs
from bot.settings.file import load
from bot.setup import flow
from bot.setup.interview import Given
from bot.setup.questions import Nobody, Question, Terminal
from sandbox.server import Sandbox
from tests.integration.wizard import Script, addresses, everything, without


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    with Sandbox(authority=authority, cash=Decimal(250)) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def written(sandbox: Sandbox, file: Path) -> Path:
    """Return the settings as a script has written them."""
    assert flow.set_up(file, Nobody(), replace(everything(sandbox), test=False)) == 0
    return file


def test_a_script_hears_of_everything_that_is_wrong_with_its_options_at_once_and_before_any_call(
    sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = everything(sandbox)
    wrong = {
        # Nobody answers there: a call would end the setting up with its own words.
        "alpaca.trading_url": "http://127.0.0.1:9",
        "alpaca.key_id": " ",
        "telegram.token": "sesame",
        "telegram.owner_ids": "me",
        "vonage.sender": "A name that is far too long!!",
        "investing.reserve": "-1",
        "storage.url": "sqlite:///x.db?mode=ro",
    }
    variables = {"investing.reserve": "ALLOCATOR_INVESTING__RESERVE"}
    values = {**without(given, "vonage.recipient").values, **wrong}
    assert flow.set_up(file, Nobody(), Given(values, preset="bogus", variables=variables)) == 1
    said = capsys.readouterr()
    assert "answers" not in said.out
    assert [line.partition(":")[0] for line in said.err.splitlines()[1:-1]] == [
        "  --alpaca-key-id is empty",
        "  --telegram-token-file is not a bot token",
        "  --telegram-owner-id 'me' must be a number such as 12345678, several with commas",
        "  --alpaca-url 'http",
        "  ALLOCATOR_INVESTING__RESERVE '-1' must be dollars of at most two decimals and not negative, such as 1 or "
        '"0.50"',
        "  --storage-url 'sqlite",
        "  --sms-sender 'A name that is far too long!!' must be a number of your Vonage account with its country code, "
        "such as 14155550100, or a name of at most 11 letters, digits and spaces",
        "  --preset",
        "  --sms-recipient is needed (Your phone, with its country code)",
    ]
    assert said.err.startswith("9 problems:\n")
    assert "there is no preset 'bogus': choose one of" in said.err
    assert "sesame" not in said.err


def test_a_person_too_hears_of_wrong_options_before_the_first_question(
    sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for given, reason in (
        (Given(preset="bogus"), "--preset: there is no preset 'bogus'"),
        (Given(allocation="VOO 60\nAGG 41"), "--allocation: "),
        (Given({"investing.max_per_day": "1"}, preset="moderate"), "--max-per-day: $1 a day is too little"),
    ):
        person = Script({}, sandbox)
        assert flow.set_up(file, person, given) == 1
        assert reason in capsys.readouterr().err
        assert len(person.shown) == 1


def test_what_a_script_leaves_out_is_named_whole(
    sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert flow.set_up(file, Nobody(), Given()) == 1
    said = capsys.readouterr().err
    for option in ("--alpaca-key-id", "--alpaca-secret-key-file", "--telegram-token-file", "--preset or --allocation"):
        assert f"{option} is needed" in said


def test_files_that_cannot_be_read_are_named_with_their_options(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)
    monkeypatch.chdir(tmp_path)
    Path("empty").touch()
    Path("latin").write_bytes(b"caf\xe9\n")
    words = [
        "--alpaca-secret-key-file",
        "nofile",
        "--telegram-token-file",
        "empty",
        "--vonage-api-secret-file",
        "latin",
    ]
    assert cli.main(["init", "--yes", "--settings", str(file), "--allocation", "nofile", *words]) == 1
    assert capsys.readouterr().err.splitlines()[:5] == [
        "4 problems:",
        "  --alpaca-secret-key-file: nofile cannot be read: No such file or directory",
        "  --telegram-token-file: the first line of empty is empty: put the secret there",
        "  --vonage-api-secret-file: latin is not UTF-8 text: save it as UTF-8",
        "  --allocation: nofile cannot be read: No such file or directory",
    ]


@pytest.mark.parametrize("typed", ["abc", "0", "12.5", "1001, me", "9" * 5000])
def test_a_telegram_id_that_is_none_is_refused_in_our_own_words_and_what_is_kept_stays(
    sandbox: Sandbox, written: Path, typed: str
) -> None:
    person = Script({"--telegram-owner-id": [typed]}, sandbox)
    assert flow.set_up(written, person, Given(test=False)) == 0
    assert f"owner_ids '{typed}' must be a number such as 12345678" in person.told
    assert person.told.count(f"bot finds yours out) [{sandbox.keys.owner_id}]") == 2
    assert load(written).settings.telegram.owner_ids == (sandbox.keys.owner_id,)


def test_somebody_who_edits_can_have_the_bot_find_the_id_out_anew(sandbox: Sandbox, written: Path) -> None:
    written.write_text(written.read_text().replace(f"[{sandbox.keys.owner_id}]", "[77]"))
    person = Script({"--telegram-owner-id": ["find"]}, sandbox)
    assert flow.set_up(written, person, Given(test=False)) == 0
    assert load(written).settings.telegram.owner_ids == (sandbox.keys.owner_id,)


@pytest.mark.parametrize("sender", ["A name that is far too long!!", "12", "Café"])
def test_a_sender_that_no_sms_can_have_is_refused_with_both_ways_out(
    sandbox: Sandbox, written: Path, sender: str
) -> None:
    person = Script({"--sms-sender": [sender]}, sandbox)
    assert flow.set_up(written, person, Given(test=False)) == 0
    assert f"sender '{sender}' must be a number of your Vonage account" in person.told
    assert "or a name of at most 11 letters" in person.told


@pytest.mark.parametrize(
    ("sender", "kept"), [("Allocator", "Allocator"), ("+1 (415) 555-0100", "14155550100"), ("71234", "71234")]
)
def test_a_sender_is_a_name_a_number_or_a_short_code(sandbox: Sandbox, written: Path, sender: str, kept: str) -> None:
    assert flow.set_up(written, Nobody(), Given({"vonage.sender": sender}, test=False)) == 0
    vonage = load(written).settings.vonage
    assert vonage is not None
    assert vonage.sender == kept


def test_enter_keeps_what_is_in_brackets_after_a_wrong_answer_too(sandbox: Sandbox, written: Path) -> None:
    wrong = {
        "--max-per-day": ["1", "much"],
        "--reserve": ["little"],
        "--telegram-token-file": ["sesame"],
        "--alpaca-secret-key-file": ["mistyped"],
        "--vonage-api-secret-file": ["mistyped"],
    }
    before, person = written.read_text(), Script(wrong, sandbox)
    assert flow.set_up(written, person, Given(test=False)) == 0
    assert written.read_text() == before
    assert person.told.count("or none for no limit [500]") == 3
    assert person.told.count("never invested [0]") == 2
    assert person.told.count("Telegram bot token [kept]") == 2
    assert person.told.count("Alpaca secret key [kept]") == 2
    assert person.told.count("Vonage API secret [kept]") == 2


def test_what_is_kept_and_refused_is_not_offered_again(sandbox: Sandbox, written: Path) -> None:
    keys = sandbox.keys
    written.write_text(written.read_text().replace(keys.alpaca_secret_key, "revoked"))
    answers = {"--alpaca-key-id": ["", keys.alpaca_key_id], "--alpaca-secret-key-file": ["", keys.alpaca_secret_key]}
    person = Script(answers, sandbox)
    assert flow.set_up(written, person, Given(test=False)) == 0
    assert (person.told.count("Alpaca secret key [kept]"), person.told.count("Alpaca secret key")) == (1, 2)


def test_each_answer_is_tried_before_the_next_question(sandbox: Sandbox, file: Path) -> None:
    keys, given = sandbox.keys, everything(sandbox)
    person = Script(
        {
            "--vonage-api-key": [keys.vonage_api_key, keys.vonage_api_key],
            "--vonage-api-secret-file": ["mistyped", keys.vonage_api_secret],
            "--sms-sender": [keys.sms_sender],
            "--sms-recipient": [keys.sms_recipient],
            "--reserve": ["little"],
            "--max-per-day": ["500"],
        },
        sandbox,
    )
    later = [key for key in given.values if key.startswith(("vonage.", "investing."))]
    values = {key: value for key, value in given.values.items() if key not in later} | addresses(sandbox)
    assert flow.set_up(file, person, Given(values, preset="moderate", sms=True, test=False)) == 0
    for first, then in (
        ("Vonage refuses the API key", "Sender"),
        ("Vonage answers", "Sender"),
        ("reserve 'little' must be dollars", "The most dollars"),
    ):
        assert person.told.index(first) < person.told.index(then)
    assert sandbox.call(lambda world: len(world.sms.messages)) == 0


def test_an_address_in_the_file_that_is_none_is_named_by_its_own_option(
    sandbox: Sandbox, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written.write_text(written.read_text().replace(f'trading_url = "{sandbox.origin("alpaca")}"', 'trading_url = "x"'))
    for prompter in (Nobody(), Script({}, sandbox)):
        assert flow.set_up(written, prompter, Given(test=False)) == 1
        assert "trading_url 'x' must be an https origin" in (said := capsys.readouterr().err)
        assert "--alpaca-url" in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"# caf\xe9\n", "is not UTF-8 text: save it as UTF-8"),
        (b"alpaca = 3\n", "alpaca is no section"),
    ],
)
def test_a_file_that_is_no_settings_is_said_and_left_as_it_is(
    sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str], content: bytes, reason: str
) -> None:
    file.write_bytes(content)
    assert flow.set_up(file, Nobody(), everything(sandbox)) == 2
    assert reason in capsys.readouterr().err
    assert file.read_bytes() == content


def test_a_terminal_says_why_it_asks_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\nyes\nmaybe\nno\n"))
    question = Question("Sure?", "--yes")
    assert Terminal().ask(question) == "yes"
    assert "so an answer is needed" in capsys.readouterr().out
    assert not Terminal().agrees(question, usually=True)
    assert "Please answer y or n." in capsys.readouterr().out
