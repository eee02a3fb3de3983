"""Settings that are wrong: each error names the key, the value and the way out, and no error shows a secret."""

import json
import re
import tomllib
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.file import SettingsError, checked, load
from bot.setup.fields import by_the_settings
from tests.unit.example import filled_in


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("ALLOCATOR_SETTINGS", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / "own.toml"


def complaint(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load(file)
    return str(refused.value)


@pytest.mark.parametrize(
    ("key", "line", "said"),
    [
        ("tick_seconds", "tick_seconds = 0", "execution.tick_seconds = 0: must be at least 0.05"),
        ("max_workers", 'max_workers = "many"', "execution.max_workers = many: must be a whole number"),
        ("max_workers", "max_workers = 99", "execution.max_workers = 99: must be at most 32"),
        ("owner_ids", 'owner_ids = ["me"]', "telegram.owner_ids[1] = me: must be a whole number"),
        ("secret_key", "secret_key = 7", "alpaca.secret_key must be text: write it in quotes"),
        ("live", 'live = "maybe"', "alpaca.live = maybe: must be true or false, without quotes"),
        (
            "reserve",
            "reserve = -1",
            "investing.reserve = -1: must be dollars of at most two decimals and not negative",
        ),
        ("reserve", 'reserve = "1.234"', "investing.reserve = 1.234: must be dollars of at most two decimals"),
        ("us_equity", "us_equity = 0", 'investing.minimum_order.us_equity = 0: must be at least "0.01"'),
        ("recipient", 'recipient = "me"', "vonage.recipient = me: must be a phone number with its country code"),
        (
            "sender",
            'sender = "12"',
            "vonage.sender = 12: must be a number of your Vonage account with its country code",
        ),
        ("sender", 'sender = "Much too long"', "vonage.sender = Much too long: must be a number of your Vonage"),
        ("rest_host", 'rest_host = "https://x"', "vonage.rest_host = https://x: must be a host or host:port without"),
        (
            "data_url",
            'data_url = "https://a.b/v2"',
            "alpaca.data_url = https://a.b/v2: must be an https origin without",
        ),
        ("api_url", 'api_url = "http://a.b"', "telegram.api_url = http://a.b: must be an https origin without a path"),
        ("url", 'url = "postgresql://x"', "storage.url = postgresql://x: must be an SQLite file, such as"),
        ("reserve", "reserv = 5", "investing.reserv is not a known key (did you mean reserve?)"),
        ("live", "lives = true", "alpaca.lives is not a known key (did you mean live?)"),
        ("owner_ids", "", "telegram.owner_ids is missing: add it, or set ALLOCATOR_TELEGRAM__OWNER_IDS"),
        (
            "owner_ids",
            "owner_ids = []",
            "telegram.owner_ids is empty, and nobody could use the bot: list your Telegram",
        ),
        ("secret_key", 'secret_key = ""', "alpaca.secret_key is empty: fill it in"),
    ],
)
def test_an_error_names_the_key_the_value_and_the_way_out(file: Path, key: str, line: str, said: str) -> None:
    found = complaint(file, filled_in(**{key: line}))
    assert found.startswith(f"{file}: 1 problem\n  {said}")


ANY = st.sampled_from([-1, 0, 0.5, 10**9, "x", "", "2026-13-45", True, [], [1], ["x"], {}, {"a": 1}]).map(deepcopy)


def in_toml(value: object) -> str:
    """Write a value as TOML writes it within a line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {in_toml(one)}' for key, one in value.items())}}}"
    return f"[{', '.join(map(in_toml, value))}]" if isinstance(value, list) else json.dumps(value)


@given(st.data())
def test_whatever_is_wrong_with_values_is_said_in_our_own_words(data: st.DataObject) -> None:
    content = tomllib.loads(filled_in()) | {"logs": {"file": "allocator.log"}}
    content["investing"] |= {"max_per_day": 1000, "max_per_order": 500, "ask_twice_above": 5000}
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(list(content)))
        section = content[place]
        if isinstance(section, list):
            section = section[0] if section else {}
        if isinstance(section, dict) and section and data.draw(st.booleans()):
            section[data.draw(st.sampled_from(list(section)))] = data.draw(ANY)
        else:
            content[place] = data.draw(ANY)
    try:
        checked("\n".join(f"{key} = {in_toml(value)}" for key, value in content.items()), Path("own.toml"))
    except SettingsError as error:
        found = str(error)
    else:
        return
    assert not re.search("Input|should|pars|dictionary|instance|tuple|type", found), found


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("35%", "34%", "allocation sums to 99.00%, must be 100.00%: add 1.00%"),
        ('"VOO"', '"IJH"', "symbol IJH appears twice: give each sector its own symbol"),
        ("35%", "35", "sectors[1].weight = 35: weight '35' is not a percentage: write it like 35% or 12.25%"),
        ('"VOO"', '"V O O"', "sectors[1].symbol = V O O: 'V O O' is not a symbol: write a US fund such as VOO"),
        ("[[sectors]]", "[[sector]]", "sector is not a known key (did you mean sectors?)"),
    ],
)
def test_a_wrong_allocation_is_explained(file: Path, written: str, instead: str, said: str) -> None:
    assert said in complaint(file, filled_in().replace(written, instead))


def test_all_errors_are_told_at_once(file: Path) -> None:
    found = complaint(
        file, filled_in(secret_key='secret_key = ""', owner_ids="owner_ids = []", tick_seconds="tick_seconds = 0")
    )
    assert found.startswith(f"{file}: 3 problems\n")
    assert [key in found for key in ("alpaca.secret_key", "telegram.owner_ids", "execution.tick_seconds")] == [True] * 3


def test_rules_between_keys_are_told_together_with_the_rest(file: Path) -> None:
    found = complaint(file, filled_in(key_id='key_id = ""', live="live = true", max_per_day="max_per_day = 1"))
    assert found.startswith(f"{file}: 3 problems\n")
    assert "is not the live one" in found
    assert "investing.max_per_day $1 is too low" in found


@pytest.mark.parametrize(
    ("url", "live"),
    [
        ("https://api.alpaca.markets", "false"),
        ("https://API.alpaca.markets:443/", "false"),
        ("https://paper-api.alpaca.markets", "true"),
        ("https://localhost:8443", "true"),
    ],
)
def test_live_must_be_said_exactly_for_the_live_host(file: Path, url: str, live: str) -> None:
    found = complaint(file, filled_in(trading_url=f'trading_url = "{url}"', live=f"live = {live}"))
    assert f"trading_url {url.rstrip('/').lower()} " in found
    assert "set live = " in found


def test_real_money_is_accepted_when_both_say_so(file: Path) -> None:
    live = filled_in(trading_url='trading_url = "https://api.alpaca.markets"', live="live = true")
    file.write_text(live, encoding="utf-8")
    assert load(file).settings.alpaca.live


def test_a_daily_limit_below_what_the_smallest_sector_needs_is_refused(file: Path) -> None:
    found = complaint(file, filled_in(max_per_day='max_per_day = "199.99"'))
    assert "investing.max_per_day $199.99 is too low: Crypto gets its minimum of $10 only from $200 a day on" in found


def test_a_daily_limit_that_just_suffices_is_accepted(file: Path) -> None:
    file.write_text(filled_in(max_per_day="max_per_day = 200"), encoding="utf-8")
    assert load(file).settings.investing.max_per_day == 200_00


@pytest.mark.parametrize("key", ["key_id", "secret_key", "token", "api_key", "api_secret"])
@pytest.mark.parametrize("value", ["  ", '["my precious"]', "123456789", '{ a = "my precious" }'])
def test_a_secret_of_any_wrong_kind_is_never_shown(file: Path, key: str, value: str) -> None:
    written = f'{key} = "{value}"' if value.isspace() else f"{key} = {value}"
    found = complaint(file, filled_in(**{key: written}))
    assert f".{key}" in found
    assert "precious" not in found
    assert "123456789" not in found


def test_a_token_that_is_none_is_refused_without_being_shown(file: Path) -> None:
    found = complaint(file, filled_in(token='token = "my precious"'))
    assert "telegram.token is not a bot token: copy the whole line that @BotFather gave you" in found
    assert "precious" not in found


def test_a_secret_in_a_misspelt_variable_is_not_shown(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOCATOR_ALPACA__SECRETKEY", "my precious")
    found = complaint(file, filled_in())
    assert "alpaca.secretkey is not a known key (did you mean secret_key?)" in found
    assert "precious" not in found


def test_broken_toml_is_told_by_its_place_not_its_content(file: Path) -> None:
    found = complaint(file, filled_in(secret_key="secret_key = my precious"))
    assert f"{file} is not valid TOML" in found
    assert "precious" not in found


def test_settings_show_no_secret_when_printed(file: Path) -> None:
    file.write_text(filled_in(), encoding="utf-8")
    shown = repr(load(file).settings)
    assert not any(secret in shown for secret in ("the-key-id", "the-secret", "the-token", "the-api"))


@pytest.mark.parametrize(
    "url", ["https://api.alpaca.markets.", "https://api.alpaca.markets#x", "https://a:b@c", "https://a:x"]
)
def test_another_way_to_write_a_host_is_refused(file: Path, url: str) -> None:
    found = complaint(file, filled_in(trading_url=f'trading_url = "{url}"'))
    assert f"alpaca.trading_url = {url}: must be an https origin without a path" in found


@pytest.mark.parametrize("section", ["alpaca", "telegram", "vonage"])
def test_a_secret_in_the_place_of_a_whole_section_is_not_shown(file: Path, section: str) -> None:
    found = complaint(file, f'{section} = "a-secret-of-somebody"')
    assert f"{section}: " in found
    assert "a-secret-of-somebody" not in found


@pytest.mark.parametrize("reserve", ['"1e30"', '"NaN"', '"Infinity"', '"0x1"', "true"])
def test_an_amount_that_is_no_plain_dollars_is_refused(file: Path, reserve: str) -> None:
    assert "investing.reserve = " in complaint(file, filled_in(reserve=f"reserve = {reserve}"))


@pytest.mark.parametrize(("name", "value"), [("ALLOCATOR_TELEGRAM__OWNER_IDS", "1,2"), ("ALLOCATOR_ALPACA", "secret!")])
def test_a_variable_that_is_no_json_is_explained(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    found = complaint(file, filled_in())
    assert "JSON, such as [12345]" in found
    assert value not in found


def test_a_single_owner_needs_no_list(file: Path) -> None:
    file.write_text(filled_in(owner_ids="owner_ids = 7"), encoding="utf-8")
    assert load(file).settings.telegram.owner_ids == (7,)


def test_the_wizard_says_of_a_value_what_the_file_would_be_told() -> None:
    assert by_the_settings("telegram.owner_ids", "me") == "must be a whole number"
    assert by_the_settings("vonage.sender", "Allocator") is None
