"""The test alert of `allocator init` that does not arrive: nothing that was answered is lost by it."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import trustme

from bot.settings.file import load
from bot.setup import flow
from sandbox.server import Sandbox
from tests.integration.wizard import STRANGER, Script, everything


@pytest.fixture
def sandbox(authority: trustme.CA) -> Iterator[Sandbox]:
    with Sandbox(authority=authority, cash=Decimal(250)) as running:
        running.call(lambda world: world.telegram.press_start(running.keys.owner_id))
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def texts(sandbox: Sandbox) -> list[str]:
    return sandbox.call(lambda world: [sms.to for sms in world.sms.messages])


def test_it_is_sent_again_until_it_arrives(sandbox: Sandbox, file: Path) -> None:
    person = Script({"--no-test": ["n", "s", "n", "s", "y"]}, sandbox)
    assert flow.set_up(file, person, everything(sandbox)) == 0
    assert len(texts(sandbox)) == 3
    assert file.exists()


def test_a_number_or_an_id_is_changed_and_enter_keeps_the_others(sandbox: Sandbox, file: Path) -> None:
    keys = sandbox.keys
    sandbox.call(lambda world: world.telegram.press_start(STRANGER))
    person = Script(
        {"--no-test": ["n", "c", "y"], "--telegram-owner-id": [str(STRANGER)], "--sms-sender": ["Allocator"]}, sandbox
    )
    assert flow.set_up(file, person, everything(sandbox)) == 0, person.told
    settings = load(file).settings
    assert settings.telegram.owner_ids == (STRANGER,)
    assert settings.vonage is not None
    assert (settings.vonage.sender, settings.vonage.recipient) == ("Allocator", keys.sms_recipient)
    assert f"Telegram user ids (find: the bot finds yours out) [{keys.owner_id}]" in person.told
    assert f"Your phone, with its country code [{keys.sms_recipient}]" in person.told
    assert "Alpaca key id" not in person.told


def test_it_is_written_all_the_same_where_a_person_wants_it(sandbox: Sandbox, file: Path) -> None:
    sandbox.call(lambda world: world.telegram.block(sandbox.keys.owner_id))
    person = Script({"--no-test": ["x", "w"]}, sandbox)
    assert flow.set_up(file, person, everything(sandbox)) == 0
    for part in ("Not everything went out.", "'x' is none of these", "is written"):
        assert part in person.told


def test_whoever_stops_there_has_written_nothing(
    sandbox: Sandbox, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert flow.set_up(file, Script({"--no-test": ["n", "q"]}, sandbox), everything(sandbox)) == 1
    assert "Nothing was written." in capsys.readouterr().err
    assert not file.exists()
