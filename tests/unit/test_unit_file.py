"""The unit: each of its promises, and why it is there. systemd-analyze judges its form, not what Allocator needs."""

import pytest

from bot.exits import MISCONFIGURED
from bot.installing import places
from bot.installing.service import unit
from bot.operations import ending
from bot.operations.pulse import GRACE_SECONDS, LOOK_SECONDS
from storage.database import BUSY_SECONDS
from tests.service_unit import TEMPLATE, Unit, parsed


@pytest.fixture(params=["shipped", "installed", "installed encrypted"])
def written(request: pytest.FixtureRequest) -> Unit:
    """Return the unit as it is shipped, and as `allocator service install` writes it."""
    how = str(request.param)
    return parsed(TEMPLATE if how == "shipped" else unit(TEMPLATE, encrypted=how.endswith("encrypted")))


def of(written: Unit, key: str, section: str = "Service") -> str:
    """Return the value of a key that comes once."""
    (value,) = written[section].get(key, ["(systemd's own)"])
    return value


def seconds(written: Unit, key: str) -> float:
    """Return a span that is written in seconds, which is systemd's unit for a bare number."""
    return float(of(written, key))


def test_it_counts_as_started_only_once_it_says_so_and_nobody_else_may_say_so(written: Unit) -> None:
    """`allocator service install` ends with the start: with Type=simple it would praise a service that cannot run."""
    assert (of(written, "Type"), of(written, "NotifyAccess")) == ("notify", "main")
    # Long enough to wait for the books' lock once, with a migration on a slow disk after it.
    assert seconds(written, "TimeoutStartSec") > 2 * BUSY_SECONDS


def test_a_service_that_stands_still_is_ended_and_one_that_is_only_slow_is_not(written: Unit) -> None:
    """Nobody sits before it: without the watchdog it would hang until somebody misses the orders."""
    assert GRACE_SECONDS + 2 * LOOK_SECONDS < seconds(written, "WatchdogSec") <= 300


def test_what_fails_is_started_again_however_often_it_fails(written: Unit) -> None:
    """After five failures in ten seconds systemd's own limit leaves a service dead, and with it the day's orders."""
    assert of(written, "Restart") == "on-failure"
    assert seconds(written, "RestartSec") <= 60
    assert of(written, "StartLimitIntervalSec", "Unit") == "0"


def test_what_only_a_person_can_mend_is_not_started_again(written: Unit) -> None:
    """Its last line has the way out; restarts would bury it, and send the alert of the stop over and over."""
    assert of(written, "RestartPreventExitStatus") == str(MISCONFIGURED)


def test_its_end_has_all_the_time_that_the_program_takes_and_none_for_ever(written: Unit) -> None:
    """Killed earlier, a run would be left in the middle of its orders; without an end a restart could hang."""
    assert ending.SECONDS < 10 < seconds(written, "TimeoutStopSec") <= 60


def test_only_the_main_process_is_told_to_end_and_what_is_left_of_the_others_is_killed(written: Unit) -> None:
    """control-group would end the fork server first, in the middle of the orders; process would leave workers."""
    assert of(written, "KillMode") == "mixed"


def test_when_memory_is_short_a_worker_that_is_killed_does_not_end_the_service(written: Unit) -> None:
    """systemd's own is to stop it all; the pool starts another worker, and looks up what became of its order."""
    assert of(written, "OOMPolicy") == "continue"


def test_no_memory_is_ever_written_to_the_disk(written: Unit) -> None:
    """The watchdog ends the process by SIGABRT, which dumps it, keys and all, where that is not forbidden."""
    assert of(written, "LimitCORE") == "0"


def test_it_has_no_user_of_its_own_outside_and_one_folder_that_stays(written: Unit) -> None:
    """The books live there: without StateDirectory a user that exists only for a run could keep none."""
    assert (of(written, "DynamicUser"), of(written, "User")) == ("yes", places.NAME)
    assert (of(written, "StateDirectory"), of(written, "StateDirectoryMode")) == (places.STATE.name, "0700")
    # Relative paths of the settings lie in it, whatever is written is nobody else's, and no other folder is written to.
    assert of(written, "WorkingDirectory") == f"%S/{places.STATE.name}"
    assert (of(written, "UMask"), of(written, "ProtectSystem")) == ("0077", "strict")


def test_the_program_that_it_runs_is_the_release_in_force(written: Unit) -> None:
    assert of(written, "ExecStart") == f"{places.CURRENT}/venv/bin/allocator run"
    assert of(written, "WantedBy", "Install") == "multi-user.target"


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (TEMPLATE, [("LoadCredential", f"settings.toml:{places.PLAIN}")]),
        (unit(TEMPLATE, encrypted=False), [("LoadCredential", f"settings.toml:{places.PLAIN}")]),
        (unit(TEMPLATE, encrypted=True), [("LoadCredentialEncrypted", f"settings.toml:{places.ENCRYPTED}")]),
    ],
    ids=["shipped", "installed", "installed encrypted"],
)
def test_settings_and_keys_reach_it_as_credentials_and_in_no_other_way(
    text: str, settings: list[tuple[str, str]]
) -> None:
    """What is root's stays root's; in Environment= every user of the machine could read the keys."""
    service = parsed(text)["Service"]
    loaded = [(key, value) for key in service if key.startswith("LoadCredential") for value in service[key]]
    assert sorted(loaded) == sorted([("LoadCredential", f"ALLOCATOR:{places.KEYS}"), *settings])
    named = [word.partition("=")[0] for value in service["Environment"] for word in value.split()]
    assert set(named) == {"MPLCONFIGDIR", "PYTHONDONTWRITEBYTECODE"}
    assert not any(key in service for key in ("EnvironmentFile", "PassEnvironment", "SetCredential"))


def test_encrypted_or_not_is_the_only_difference_between_what_is_shipped_and_what_is_installed() -> None:
    assert unit(TEMPLATE, encrypted=False) == TEMPLATE
    before, after = TEMPLATE.splitlines(), unit(TEMPLATE, encrypted=True).splitlines()
    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert [one.partition("=")[0] for one, _ in changed] == ["LoadCredential"]
