"""Settings that are right: the example, what overrides what, and where the file is looked for."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.settings.file import Loaded, SettingsError, checked, load
from bot.settings.model import ExecutionSettings, InvestingSettings, Settings, StorageSettings
from core.account import Minimums
from core.allocation import Sector
from tests.unit.example import EXAMPLE, filled_in

Load = Callable[..., Loaded]


@pytest.fixture
def loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return what loads the example, with some of its lines changed, far from any settings of this machine."""
    away_from_this_machine(tmp_path, monkeypatch)

    def load_changed(**changes: str) -> Loaded:
        file = tmp_path / "own.toml"
        file.write_text(filled_in(**changes), encoding="utf-8")
        file.chmod(0o600)
        return load(file)

    return load_changed


def away_from_this_machine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    for variable in ("ALLOCATOR_SETTINGS", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)


def keys_of(model: type[BaseModel], beginning: str = "") -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        annotations = [field.annotation, *getattr(field.annotation, "__args__", ())]
        part = next((one for one in annotations if isinstance(one, type) and issubclass(one, BaseModel)), None)
        found |= keys_of(part, f"{beginning}{name}.") if part else {f"{beginning}{name}"}
    return found


def test_the_example_has_every_key_and_a_word_on_what_is_not_plain() -> None:
    text = re.sub(r"(?m)^# (\w+ = )", r"\1", EXAMPLE.read_text(encoding="utf-8"))
    written = tomllib.loads(text)
    for key in keys_of(Settings):
        value = written
        for part in key.split("."):
            assert part in value, f"{key} is not in the example"
            value = value[part][0] if isinstance(value[part], list) and value[part] else value[part]
    sections = text[: text.index("[[sectors]]")].split("\n\n")
    assert all("#" in section for section in sections)


def test_the_example_works_as_it_is_once_the_keys_are_filled_in(loading: Load) -> None:
    loaded = loading()
    assert loaded.warnings == ()
    assert loaded.settings.allocation.sectors == (
        Sector("Domestic Large Cap", "VOO", 3500),
        Sector("Domestic Mid Cap", "IJH", 500),
        Sector("Domestic Small Cap", "IJR", 200),
        Sector("International", "IXUS", 1800),
        Sector("Short Term Bonds", "ISTB", 1200),
        Sector("Aggregate Bonds", "AGG", 2300),
        Sector("Crypto", "BTC/USD", 500),
    )


def test_the_example_shows_the_values_that_hold_without_it(loading: Load) -> None:
    settings = loading().settings
    assert settings.execution == ExecutionSettings()
    assert settings.investing == InvestingSettings()
    assert settings.storage == StorageSettings()


def test_money_is_read_to_the_cent(loading: Load) -> None:
    settings = loading(reserve='reserve = "12.34"', max_per_day="max_per_day = 1000", crypto="crypto = 0.5").settings
    assert (settings.investing.reserve, settings.investing.max_per_day) == (12_34, 1000_00)
    assert (settings.investing.minimums.us_equity, settings.investing.minimums.crypto) == (1_00, 50)


def test_a_pair_may_be_written_without_its_slash(loading: Load, tmp_path: Path) -> None:
    file = tmp_path / "joined.toml"
    file.write_text(filled_in().replace("BTC/USD", "BTCUSD"), encoding="utf-8")
    assert load(file).settings.allocation == loading().settings.allocation


def test_the_sms_section_can_be_left_out(loading: Load, tmp_path: Path) -> None:
    before, _, rest = filled_in().partition("[vonage]")
    file = tmp_path / "own.toml"
    file.write_text(before + rest[rest.index("[storage]") :], encoding="utf-8")
    assert load(file).settings.vonage is None


def test_decimals_of_a_second_are_allowed_between_ticks(loading: Load) -> None:
    assert loading(tick_seconds="tick_seconds = 0.25").settings.execution.tick_seconds == 0.25


def test_the_environment_overrides_the_file(loading: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOCATOR_ALPACA__SECRET_KEY", "from-the-environment")
    monkeypatch.setenv("ALLOCATOR_INVESTING__MINIMUM_ORDER__CRYPTO", "1")
    settings = loading().settings
    assert settings.alpaca.secret_key.get_secret_value() == "from-the-environment"
    assert settings.alpaca.key_id.get_secret_value() == "the-key-id"
    assert settings.investing.minimums.crypto == 1_00


def test_files_of_the_credentials_directory_override_both(
    loading: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "ALLOCATOR_ALPACA__SECRET_KEY").write_text("from-a-file\n", encoding="utf-8")
    (folder / "something-else").write_text("not ours", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    monkeypatch.setenv("ALLOCATOR_ALPACA__SECRET_KEY", "from-the-environment")
    assert loading().settings.alpaca.secret_key.get_secret_value() == "from-a-file"


def test_a_credentials_directory_that_is_not_there_is_no_trouble(
    loading: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "nowhere"))
    assert loading().settings.alpaca.secret_key.get_secret_value() == "the-secret-key"


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_file_that_others_can_read_draws_a_warning(mode: int, loading: Load, tmp_path: Path) -> None:
    loading()
    file = tmp_path / "own.toml"
    file.chmod(mode)
    assert load(file).warnings == (f"{file} can be read by other users and holds your keys: chmod 600 {file}",)


def test_the_option_goes_before_the_variable_the_folder_and_the_user_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away_from_this_machine(tmp_path, monkeypatch)
    users = tmp_path / "config" / "allocator" / "settings.toml"
    users.parent.mkdir(parents=True)
    here, named, option = (tmp_path / name for name in ("settings.toml", "named.toml", "option.toml"))
    for file in (users, here, named, option):
        file.write_text(filled_in(), encoding="utf-8")
    monkeypatch.setenv("ALLOCATOR_SETTINGS", str(named))
    assert load(option).path == option
    assert load(None).path == named
    monkeypatch.delenv("ALLOCATOR_SETTINGS")
    found = load(None).path
    assert found is not None
    assert found.resolve() == here
    here.unlink()
    assert load(None).path == users


@pytest.mark.parametrize("by_option", [True, False])
def test_a_named_file_that_is_not_there_is_an_error_not_another_file(
    by_option: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away_from_this_machine(tmp_path, monkeypatch)
    (tmp_path / "settings.toml").write_text(filled_in(), encoding="utf-8")
    missing = tmp_path / "missing.toml"
    monkeypatch.setenv("ALLOCATOR_SETTINGS", str(missing))
    who = "--settings" if by_option else "ALLOCATOR_SETTINGS"
    with pytest.raises(SettingsError, match=f"^{who} names {missing}, which is no file"):
        load(missing if by_option else None)


def test_without_any_file_the_error_says_where_one_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away_from_this_machine(tmp_path, monkeypatch)
    with pytest.raises(SettingsError, match="no settings file was found") as refused:
        load(None)
    (line,) = str(refused.value).splitlines()
    assert line.endswith("run `allocator init`, or copy settings.example.toml to settings.toml and fill in the keys")
    monkeypatch.setenv("ALLOCATOR_EXECUTION__MAX_WORKERS", "99")
    with pytest.raises(SettingsError, match=r"\n  execution.max_workers = 99: must be at most 32$"):
        load(None)


def test_systemd_s_copy_of_the_settings_is_found_and_its_mode_is_no_reason_for_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away_from_this_machine(tmp_path, monkeypatch)
    given = tmp_path / "credentials" / "settings.toml"
    given.parent.mkdir()
    for file in (given, tmp_path / "settings.toml"):
        file.write_text(filled_in(), encoding="utf-8")
    # The service alone may read it, by an access list that the mode shows as the group's right.
    given.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given.parent))
    loaded = load(None)
    assert (loaded.path, loaded.warnings) == (given, ())


OPTIONAL = [
    line
    for line in EXAMPLE.read_text(encoding="utf-8").partition("[storage]")[2].partition("[[sectors]]")[0].splitlines()
    if line and not line.startswith(("#", "["))
]


@pytest.mark.parametrize("left_out", OPTIONAL)
def test_what_is_left_out_is_as_the_example_has_it_whatever_stands_beside_it(left_out: str) -> None:
    whole = filled_in(max_per_day="max_per_day = 1000")
    settings = checked(whole, Path("settings.toml"))
    assert checked(whole.replace(left_out, ""), Path("settings.toml")) == settings
    assert (settings.investing.minimums, settings.investing.max_per_day) == (Minimums(1_00, 10_00), 1_000_00)


def test_without_its_section_the_smallest_orders_are_as_the_example_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    before, _, after = filled_in(max_per_day="max_per_day = 1000").partition("[investing.minimum_order]")
    without = before + after[after.index("[reports]") :]
    assert checked(without, Path("settings.toml")).investing.minimums == Minimums(1_00, 10_00)
    monkeypatch.setenv("ALLOCATOR_INVESTING__MINIMUM_ORDER__CRYPTO", "2")
    assert checked(without, Path("settings.toml")).investing.minimums == Minimums(1_00, 2_00)
