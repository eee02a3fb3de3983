"""`allocator init` against the stand-ins: every answer tried over HTTPS, and the file written whole."""

import io
import stat
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.cli import main as cli
from bot.operations import logs
from bot.settings.file import load
from bot.settings.model import LIVE_HOST, Settings
from bot.setup import chat, flow
from bot.setup.interview import Given
from bot.setup.questions import Nobody
from sandbox.faults.kinds import Answer
from sandbox.server import Sandbox
from tests.integration.wizard import STRANGER, Script, addresses, everything, secrets, without


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    with Sandbox(authority=authority, cash=Decimal(250)) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "settings.toml"


def test_a_person_mistypes_is_asked_again_is_found_by_a_word_and_is_told_what_comes_next(
    sandbox: Sandbox, file: Path
) -> None:
    keys = sandbox.keys
    person = Script(
        {
            "--alpaca-key-id": [keys.alpaca_key_id, keys.alpaca_key_id],
            "--alpaca-secret-key-file": ["mistyped", keys.alpaca_secret_key],
            "--telegram-token-file": ["no token", "1:unknown", keys.telegram_token],
            "--no-sms": ["y"],
            "--vonage-api-key": [keys.vonage_api_key, keys.vonage_api_key],
            "--vonage-api-secret-file": ["mistyped", keys.vonage_api_secret],
            "--sms-sender": [keys.sms_sender],
            "--sms-recipient": [f"+{keys.sms_recipient[:1]} ({keys.sms_recipient[1:4]}) {keys.sms_recipient[4:]}"],
            "--preset or --allocation": ["p", "p", "99"],
            "--allocation": ["Stocks, VOOO, 60%\nBonds, AGG, 40%", "Stocks, VOO, 60%\nBonds, AGG, 41%"],
            "--max-per-day": ["much", "1", "750.50"],
        },
        sandbox,
    )
    person.answers["--preset or --allocation"] += ["moderate"]
    assert flow.set_up(file, person, Given(addresses(sandbox))) == 0, person.told
    settings = load(file).settings
    assert settings.telegram.owner_ids == (keys.owner_id,)
    assert settings.vonage is not None
    assert settings.vonage.recipient == keys.sms_recipient
    assert settings.investing.max_per_day == 75050
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["settings.toml"]
    for part in (
        "Alpaca refuses this pair of keys",
        "paper money, $250 of cash",
        "is not a bot token",
        "Telegram does not know this token",
        f"Telegram user {keys.owner_id}, sent it. Is that you?",
        "Vonage refuses the API key",
        "Alpaca does not know VOOO: did you mean VOO",
        "allocation sums to 101.00%",
        "'99' is none of these: answer 1 to",
        "max_per_day 'much' must be dollars",
        "$1 a day is too little",
        "Telegram: sent",
        "SMS: sent",
        "service install --settings",
    ):
        assert part in person.told
    assert str(STRANGER) not in person.told
    assert [one for one in secrets(sandbox) if one in person.told] == []
    assert sandbox.call(lambda world: [sms.text for sms in world.sms.messages]) == [
        "Allocator can reach you here. This is a test; nothing was bought."
    ]
    # The comments of the example are there, and lead through what was not asked.
    assert "# Orders are sent by this many processes at once." in file.read_text()


def test_a_script_gives_everything_and_run_again_keeps_it_with_the_owners_own_comments(
    sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.call(lambda world: world.telegram.press_start(sandbox.keys.owner_id))
    assert flow.set_up(file, Nobody(), everything(sandbox)) == 0
    written = file.read_text().replace("reserve = 0", "reserve = 25 # rainy days") + "# the end\n"
    file.write_text(written)
    again = Given({"investing.max_per_day": "600", "vonage.sender": "Allocator"}, test=False)
    assert flow.set_up(file, Nobody(), again) == 0
    assert file.read_text() == written.replace("max_per_day = 500", "max_per_day = 600").replace(
        f'sender = "{sandbox.keys.sms_sender}"', 'sender = "Allocator"'
    )
    assert flow.set_up(file, Nobody(), Given(sms=False, test=False)) == 0
    assert load(file).settings.vonage is None
    said = "".join(capsys.readouterr())
    held = file.read_text()
    assert sandbox.keys.vonage_api_secret not in held
    assert [one for one in secrets(sandbox) if one in said] == []


@pytest.mark.parametrize(
    ("missing", "option"),
    [
        ("alpaca.key_id", "--alpaca-key-id"),
        ("alpaca.secret_key", "--alpaca-secret-key-file"),
        ("telegram.token", "--telegram-token-file"),
        ("telegram.owner_ids", "--telegram-owner-id"),
        ("vonage.recipient", "--sms-recipient"),
    ],
)
def test_what_a_script_leaves_out_is_named_by_its_option_and_nothing_is_written(
    sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str], missing: str, option: str
) -> None:
    assert flow.set_up(file, Nobody(), without(everything(sandbox), missing)) == 1
    assert f"{option} is needed" in capsys.readouterr().err
    assert not file.exists()


def test_what_a_script_gives_wrongly_ends_it_with_the_reason_and_nothing_is_written(
    sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = everything(sandbox)
    for wrong, reason in (
        ({"alpaca.secret_key": "mistyped"}, "Alpaca refuses this pair of keys"),
        ({"telegram.token": "1:unknown"}, "Telegram does not know this token: give another one by"),
        ({"telegram.owner_ids": "me"}, "--telegram-owner-id"),
        ({"vonage.recipient": "12"}, "--sms-recipient '12' must be a phone number"),
        ({"investing.max_per_day": "1"}, "$1 a day is too little"),
        ({"storage.url": "postgres://x"}, "must be an SQLite file"),
        ({"alpaca.trading_url": "https://127.0.0.1:9"}, "look at this machine's network"),
    ):
        assert flow.set_up(file, Nobody(), replace(given, values={**given.values, **wrong})) != 0
        said = capsys.readouterr().err
        assert reason in said
        assert "mistyped" not in said
    assert flow.set_up(file, Nobody(), replace(given, preset="gambling")) == 1
    assert "there is no preset 'gambling'" in capsys.readouterr().err
    # Nobody has pressed Start in this chat, so the test alert cannot be delivered.
    assert flow.set_up(file, Nobody(), given) == 1
    assert "press Start" in capsys.readouterr().out
    assert not file.exists()


def test_real_money_needs_a_word_and_books_of_its_own(
    sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = replace(everything(sandbox), test=False)
    assert flow.set_up(file, Nobody(), given) == 0
    # The stand-in plays the live address: that is all by which real money differs.
    monkeypatch.setattr("bot.setup.brokerage.LIVE_HOST", "127.0.0.1")
    monkeypatch.setattr("bot.settings.model.LIVE_HOST", "127.0.0.1")
    capsys.readouterr()
    assert flow.set_up(file, Nobody(), given) == 1
    assert "--live is needed (These keys move real money. Use them?)" in capsys.readouterr().err
    assert flow.set_up(file, Script({"--live": ["n"]}, sandbox), given) == 1
    assert "real money was declined" in capsys.readouterr().err
    assert load_as_paper(file).storage.url == "sqlite:///allocator.db"
    assert flow.set_up(file, Nobody(), replace(given, live=True)) == 0
    assert "REAL MONEY" in capsys.readouterr().out
    settings = load(file).settings
    assert (settings.alpaca.live, settings.storage.url) == (True, "sqlite:///allocator-live.db")


def load_as_paper(file: Path) -> Settings:
    """Return the settings of a file that was written before the stand-in played the live address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.settings.model.LIVE_HOST", LIVE_HOST)
        return load(file).settings


def test_ending_it_in_the_middle_leaves_the_file_as_it_was(
    sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Leaves(Nobody):
        def say(self, text: str) -> None:
            if "Telegram answers" in text:
                raise KeyboardInterrupt

    file.parent.mkdir()
    file.write_text("# mine\n[alpaca]\n")
    assert flow.set_up(file, Leaves(), everything(sandbox)) == 1
    assert "nothing was written" in capsys.readouterr().err
    assert file.read_text() == "# mine\n[alpaca]\n"
    file.write_text("[alpaca\n")
    assert flow.set_up(file, Nobody(), everything(sandbox)) == 2
    assert "is not valid TOML" in capsys.readouterr().err


def test_a_word_that_never_comes_ends_in_a_question(
    sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chat, "LISTEN_SECONDS", 0.2)
    monkeypatch.setattr("bot.setup.trying.POLL_SECONDS", 1)
    person = Script({"--yes": ["n"]}, sandbox, sends_the_word=False)
    assert flow.set_up(file, person, without(everything(sandbox), "telegram.owner_ids")) == 1
    assert "The word did not arrive. Try again?" in person.told
    assert not file.exists()


def test_a_token_that_another_program_listens_with_is_said(sandbox: Sandbox, file: Path) -> None:
    body = '{"ok": false, "error_code": 409, "description": "Conflict: terminated by other getUpdates request"}'
    sandbox.call(lambda world: world.faults.set("telegram", Answer(409, body, "application/json"), path="*getUpdates"))
    person = Script({"--yes": ["n"]}, sandbox)
    assert flow.set_up(file, person, without(everything(sandbox), "telegram.owner_ids")) == 1
    assert "another program listens with this bot's token" in person.told


def test_a_script_hands_secrets_over_by_file_by_input_and_by_variable_never_as_options(
    sandbox: Sandbox, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, alpaca = sandbox.keys, sandbox.origin("alpaca")
    (tmp_path / "token").write_text(f"{keys.telegram_token}\n")
    # The process's log is pytest's here.
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{keys.alpaca_secret_key}\n"))
    monkeypatch.setenv("ALLOCATOR_ALPACA__KEY_ID", keys.alpaca_key_id)
    words = ["init", "--settings", str(file), "--alpaca-secret-key-file", "-", "--alpaca-url", alpaca]
    words += ["--alpaca-data-url", alpaca, "--telegram-url", sandbox.origin("telegram"), "--no-test", "--no-sms"]
    words += ["--telegram-token-file", str(tmp_path / "token"), "--telegram-owner-id", "1001", "--preset", "moderate"]
    assert cli.main(words) == 0, capsys.readouterr()
    settings = load(file).settings
    assert settings.alpaca.secret_key.get_secret_value() == keys.alpaca_secret_key
    assert settings.vonage is None
    assert cli.main([*words[:-2], "--allocation", "-"]) == 1
    assert "only one thing can be read from standard input" in capsys.readouterr().err
    absent = [str(tmp_path / "absent") if word == str(tmp_path / "token") else word for word in words]
    assert cli.main(absent) == 1
    assert "absent" in capsys.readouterr().err
