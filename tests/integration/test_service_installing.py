"""`allocator service` on a machine that is a folder, where programs are recorded instead of run."""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.installing import looking, places, rolling_back, service
from bot.installing.service import Here
from bot.installing.steps import Machine
from sandbox.settings import settings_text
from storage import binding, database
from storage.backup import back_up
from storage.lock import ServiceLock

CHECKOUT = Path(__file__).parents[2]
SECRET = "a-secret-of-the-owner"

SECTIONS: dict[str, dict[str, object]] = {
    "alpaca": {"key_id": "PKTEST", "secret_key": SECRET},
    "telegram": {"token": "123456:abc", "owner_ids": [1001]},
}


@dataclass
class Recorded:
    """Plays the programs of a machine, and remembers how each was called."""

    fails: str = ""
    says: str = ""
    code: int = 0
    calls: list[str] = field(default_factory=list)
    inputs: list[bytes] = field(default_factory=list)

    def __call__(self, arguments: Sequence[str], given: bytes | None) -> int:
        called = " ".join(arguments)
        self.calls.append(called)
        if self.fails and self.fails in called:
            return 1
        if given is not None:
            self.inputs.append(given)
            Path(arguments[-1]).write_bytes(b"encrypted")
        return 0

    def read(self, arguments: Sequence[str]) -> tuple[int, str]:
        """Play a program that is run for its output."""
        self.calls.append(" ".join(arguments))
        return self.code, self.says

    def ran(self, part: str) -> bool:
        return any(part in call for call in self.calls)


@pytest.fixture
def programs() -> Recorded:
    return Recorded()


@pytest.fixture
def here(tmp_path: Path, programs: Recorded) -> Here:
    root = tmp_path / "root"
    (root / "run/systemd/system").mkdir(parents=True)
    return Here(
        Machine(programs, root, programs.read),
        is_root=True,
        checkout=CHECKOUT,
        python="/usr/bin/python3",
        has_credentials=True,
    )


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return write(tmp_path, {})


def write(folder: Path, changes: dict[str, dict[str, object]]) -> Path:
    file = folder / "settings.toml"
    file.write_text(settings_text(SECTIONS, changes))
    file.chmod(0o600)
    return file


def everything(here: Here) -> dict[str, int]:
    root = here.machine.at(Path("/"))
    return {str(one.relative_to(root)): one.lstat().st_mtime_ns for one in root.rglob("*")}


def test_it_is_installed_with_the_settings_encrypted_and_no_secret_anywhere_else(
    here: Here, programs: Recorded, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert service.install(here, settings, dry_run=False) == 0
    at = here.machine.at
    assert programs.inputs == [settings.read_bytes()]
    assert not at(places.PLAIN).exists()
    assert stat.S_IMODE(at(places.CONFIGURATION).stat().st_mode) == 0o700
    assert stat.S_IMODE(at(places.ENCRYPTED).stat().st_mode) == 0o600
    unit = at(places.UNIT).read_text()
    assert "LoadCredentialEncrypted=settings.toml:/etc/allocator/settings.cred\n" in unit
    assert f"ExecStart={places.CURRENT}/venv/bin/allocator run" in unit
    release = at(at(places.CURRENT).readlink())
    assert (release / "bot/app.py").is_file()
    assert not list(release.rglob("__pycache__"))
    assert all(one.stat().st_mode & stat.S_IROTH for one in release.rglob("*"))
    assert programs.ran("--require-hashes -r")
    assert programs.calls[-3:] == [
        "systemctl daemon-reload",
        "systemctl enable allocator",
        "systemctl restart allocator",
    ]
    said = "".join(capsys.readouterr())
    held = [one for one in at(Path("/")).rglob("*") if one.is_file() and SECRET.encode() in one.read_bytes()]
    assert (held, SECRET in said, SECRET in "".join(programs.calls)) == ([], False, False)


def test_again_it_builds_nothing_anew_and_a_new_version_keeps_the_one_before_for_the_way_back(
    here: Here, programs: Recorded, settings: Path, tmp_path: Path
) -> None:
    releases = here.machine.at(places.RELEASES)
    assert service.install(here, settings, dry_run=False) == 0
    first = here.machine.at(places.CURRENT).readlink()
    programs.calls.clear()
    # No settings are named or found: the installed ones stay.
    assert service.install(here, settings, dry_run=False) == 0
    assert not programs.ran("venv")
    names = [first.name]
    for version in ("second", "third"):
        checkout = another_version(tmp_path / version)
        assert service.install(replace(here, checkout=checkout), settings, dry_run=False) == 0
        # As for other settings: it costs nobody the way back.
        assert service.install(replace(here, checkout=checkout), settings, dry_run=False) == 0
        names.append(here.machine.at(places.CURRENT).readlink().name)
    assert sorted(one.name for one in releases.iterdir()) == sorted(names[1:])
    programs.calls.clear()
    assert service.install(replace(here, checkout=tmp_path / "second"), settings, dry_run=False) == 0
    assert here.machine.at(places.CURRENT).readlink().name == names[1]
    assert not programs.ran("pip")


def test_rolling_back_is_one_command_with_the_unit_of_then_and_again_the_way_forward(
    here: Here, programs: Recorded, settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = here.machine.at
    old = another_version(tmp_path / "old", unit="# of then\n")
    assert service.install(replace(here, checkout=old), settings, dry_run=False) == 0
    first = at(places.CURRENT).readlink()
    assert service.install(here, settings, dry_run=False) == 0
    second = at(places.CURRENT).readlink()
    assert "# of then" not in at(places.UNIT).read_text()
    programs.calls.clear()
    before = everything(here)
    assert rolling_back.roll_back(replace(here, is_root=False), start=True, dry_run=True) == 0
    assert f"link /opt/allocator/current to {first}" in capsys.readouterr().out
    assert (everything(here), programs.calls) == (before, [])
    assert rolling_back.roll_back(here, start=True, dry_run=False) == 0
    # It asks the old program first, as the service and with its credentials, and builds nothing.
    asked, *done = programs.calls
    assert asked.startswith("systemd-run")
    assert "LoadCredentialEncrypted=settings.toml:/etc/allocator/settings.cred" in asked
    assert asked.endswith(f"{first}/venv/bin/allocator allocation show")
    assert done == ["systemctl daemon-reload", "systemctl restart allocator"]
    assert at(places.CURRENT).readlink() == first
    assert at(places.UNIT).read_text().startswith("# of then\n")
    assert "LoadCredentialEncrypted=settings.toml:/etc/allocator/settings.cred\n" in at(places.UNIT).read_text()
    assert rolling_back.roll_back(here, start=False, dry_run=False) == 0
    assert (at(places.CURRENT).readlink(), programs.calls[-1]) == (second, "systemctl stop allocator")


def test_a_way_back_that_cannot_be_gone_is_refused_before_anything_changes(
    here: Here, programs: Recorded, settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert service.install(here, settings, dry_run=False) == 0
    assert rolling_back.roll_back(here, start=True, dry_run=False) == 2
    assert "there is no release before this one" in capsys.readouterr().err
    assert service.install(replace(here, checkout=another_version(tmp_path / "new")), settings, dry_run=False) == 0
    before = everything(here)
    assert rolling_back.roll_back(replace(here, is_root=False), start=True, dry_run=False) == 1
    # The old program does not know the database, or the settings.
    programs.fails = "allocation show"
    assert rolling_back.roll_back(here, start=True, dry_run=False) == 2
    assert everything(here) == before
    assert "sudo allocator restore COPY" in capsys.readouterr().err


def another_version(checkout: Path, unit: str = "") -> Path:
    """Return a checkout of another version; its unit begins with `unit`."""
    shutil.copytree(CHECKOUT, checkout, ignore=shutil.ignore_patterns(".venv", ".git", "tests", "__pycache__", ".*"))
    (checkout / "bot" / "version.py").write_text(f"# {checkout.name}\n")
    file = checkout / "deploy" / "allocator.service"
    file.write_text(unit + file.read_text())
    return checkout


def test_a_dry_run_shows_every_step_and_touches_nothing(
    here: Here, programs: Recorded, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(here)
    assert service.install(replace(here, is_root=False), settings, dry_run=True) == 0
    shown = capsys.readouterr().out
    assert (everything(here), programs.calls) == (before, [])
    for part in (
        "encrypt the settings into /etc/allocator/settings.cred",
        "--require-hashes",
        "write /etc/systemd/system/allocator.service (644)",
        "DynamicUser=yes",
        "systemctl restart",
    ):
        assert part in shown
    assert SECRET not in shown
    assert shown.index("make the folder /etc/allocator ") < shown.index("encrypt the settings into /etc/allocator/")


def test_the_steps_are_done_in_the_order_in_which_they_are_shown(
    here: Here, programs: Recorded, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert service.install(here, settings, dry_run=True) == 0
    shown = [line[2:] for line in capsys.readouterr().out.splitlines() if line.startswith("- ")]
    assert service.install(here, settings, dry_run=False) == 0
    done = [line for line in capsys.readouterr().out.splitlines() if line in shown]
    assert done == [line for line in shown if not line.startswith("encrypt")]
    order = [one for one in programs.calls if "pip" in one or "systemd-creds" in one or "restart" in one]
    assert ("pip" in order[0], "systemd-creds" in order[-2], "restart" in order[-1]) == (True, True, True)


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the database that `allocator run` has left in the present folder, with a log that nobody has closed."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "allocator.db"
    with database.open(f"sqlite:///{file}") as books:
        binding.bind(books, "main", "of-this-folder", datetime(2026, 11, 27, tzinfo=UTC))
    return file


def account(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("SELECT broker_account_id FROM broker_account").fetchone()[0])


def test_records_of_the_present_folder_go_along_when_the_service_has_none_of_its_own(
    here: Here, programs: Recorded, settings: Path, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(here)
    assert service.install(here, settings, dry_run=True) == 0
    step = f"copy the records of {recorded} to /var/lib/private/allocator/allocator.db (600)"
    assert (step in capsys.readouterr().out, everything(here)) == (True, before)
    there = here.machine.at(places.PRIVATE_STATE)
    there.mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(there, 4711, 4712)
    assert service.install(here, settings, dry_run=False) == 0
    shown = capsys.readouterr().out
    assert shown.index("systemctl enable") < shown.index(step) < shown.index("systemctl restart")
    copy = there / "allocator.db"
    assert (account(copy), account(recorded)) == ("of-this-folder", "of-this-folder")
    # The service's own user, whoever that is, and nobody else.
    assert (copy.stat().st_uid, copy.stat().st_gid) == (there.stat().st_uid, there.stat().st_gid)
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (copy, there, there.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_records_that_the_service_has_are_never_replaced_and_it_is_said_which_it_does_not_read(
    here: Here, settings: Path, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = here.machine.at(places.STATE) / "allocator.db"
    own.parent.mkdir(parents=True)
    own.write_text("its own")
    assert service.install(here, settings, dry_run=False) == 0
    assert own.read_text() == "its own"
    assert f"has records of its own in /var/lib/allocator, and does not read {recorded}." in capsys.readouterr().out


def test_records_that_are_still_written_or_are_no_records_stop_the_installation_before_the_start(
    here: Here, programs: Recorded, settings: Path, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ServiceLock(recorded):
        assert service.install(here, settings, dry_run=False) == 1
    assert f"`allocator run` still works on {recorded}: end it first" in capsys.readouterr().err
    recorded.write_text("a shopping list, longer than the beginning of a database is, and of nobody's interest" * 9)
    assert service.install(here, settings, dry_run=False) == 1
    assert not programs.ran("systemctl restart")
    assert list(here.machine.at(places.PRIVATE_STATE).iterdir()) == []


def test_records_in_a_folder_of_the_present_one_keep_it(
    here: Here, settings: Path, recorded: Path, tmp_path: Path
) -> None:
    write(tmp_path, {"storage": {"url": "sqlite:///books/mine.db"}})
    (tmp_path / "books").mkdir()
    back_up(recorded, tmp_path / "books/mine.db")
    assert service.install(here, settings, dry_run=False) == 0
    assert account(here.machine.at(places.PRIVATE_STATE) / "books/mine.db") == "of-this-folder"


SHOWN = """\
MainPID=4711
NRestarts=2
Result=success
ActiveState=active
SubState=running
StatusText=paper account, chat connected = yes
UnitFileState=enabled
ActiveEnterTimestamp=Fri 2026-11-27 14:30:05 UTC
"""


def test_the_status_as_json_keeps_its_keys_and_has_the_exit_code_of_the_other(
    here: Here, programs: Recorded, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert looking.status(here, as_json=True) == 4
    absent = json.loads(capsys.readouterr().out)
    assert (absent.pop("installed"), set(absent.values())) == (False, {None})
    assert service.install(here, settings, dry_run=False) == 0
    programs.says, programs.code = SHOWN, 3
    capsys.readouterr()
    assert looking.status(here, as_json=True) == 3
    assert programs.ran("systemctl status --no-pager allocator")
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "installed": True,
        "release": here.machine.at(places.CURRENT).readlink().name,
        "state": "active",
        "sub_state": "running",
        "result": "success",
        "says": "paper account, chat connected = yes",
        "since": "2026-11-27T14:30:05+00:00",
        "pid": 4711,
        "restarts": 2,
        "starts_at_boot": True,
    }
    assert told.keys() == {"installed", *absent}
    programs.says = "MainPID=0\nActiveEnterTimestamp=\nActiveState=inactive\n"
    looking.status(here, as_json=True)
    stopped = json.loads(capsys.readouterr().out)
    assert (stopped["pid"], stopped["since"], stopped["state"]) == (None, None, "inactive")


def test_where_nothing_is_installed_the_log_and_the_removal_say_so(
    here: Here, programs: Recorded, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for purge, dry_run in ((False, True), (False, False), (True, True), (True, False)):
        assert service.uninstall(here, purge=purge, dry_run=dry_run) == 0
        assert capsys.readouterr().out == "The service is not installed: there is nothing to remove.\n"
    assert looking.logs(here, follow=False, lines=5) == 4
    assert "the service is not installed" in capsys.readouterr().err
    assert programs.calls == []
    assert service.install(here, settings, dry_run=False) == 0
    assert looking.logs(here, follow=True, lines=5) == 0
    assert programs.calls[-1] == "journalctl -u allocator -n 5 -f"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can play somebody else")
def test_somebody_who_may_not_see_what_is_installed_is_sent_to_root(
    here: Here, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert service.install(here, settings, dry_run=False) == 0
    assert service.install(replace(here, checkout=another_version(tmp_path / "new")), settings, dry_run=False) == 0
    # The other may look everywhere here, but not into /etc/allocator.
    folders = (tmp_path, *tmp_path.parents[:2])
    for folder in folders:
        folder.chmod(0o755)
    settings.unlink()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    other = replace(here, is_root=False)
    os.seteuid(65534)
    try:
        codes = service.install(other, None, dry_run=True), rolling_back.roll_back(other, start=True, dry_run=True)
    finally:
        os.seteuid(0)
        for folder in folders:
            folder.chmod(0o700)
    assert codes == (1, 1)
    assert capsys.readouterr().err.count("this needs root: sudo ") == 2


def test_where_systemd_cannot_encrypt_the_settings_are_roots_alone(
    here: Here, programs: Recorded, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.fails = "systemd-creds"
    assert service.install(here, settings, dry_run=False) == 0
    plain = here.machine.at(places.PLAIN)
    assert (plain.read_text(), stat.S_IMODE(plain.stat().st_mode)) == (settings.read_text(), 0o600)
    assert "LoadCredential=settings.toml:/etc/allocator/settings.toml" in here.machine.at(places.UNIT).read_text()
    assert "cannot encrypt" in capsys.readouterr().err


def test_a_release_that_failed_half_way_leaves_the_running_one_and_is_begun_anew(
    here: Here, programs: Recorded, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.fails = "--require-hashes"
    assert service.install(here, settings, dry_run=False) == 1
    assert "`/" in capsys.readouterr().err
    assert not here.machine.at(places.CURRENT).is_symlink()
    # Nor has it other settings than it was started with.
    assert not programs.ran("systemd-creds")
    programs.fails = ""
    assert service.install(here, settings, dry_run=False) == 0


def test_what_cannot_run_as_a_service_is_refused_with_the_way_out(
    here: Here, settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong, said in (
        (replace(here, python="/home/ada/.pyenv/bin/python3.11"), "PYTHON=/usr/bin/python3"),
        (replace(here, machine=Machine(Recorded(), tmp_path / "bare")), "systemd does not run this machine"),
        (replace(here, checkout=here.checkout / "docs"), "is no checkout"),
    ):
        assert service.install(wrong, settings, dry_run=False) == 2
        assert said in capsys.readouterr().err
    assert service.install(replace(here, is_root=False), settings, dry_run=False) == 1
    assert "this needs root: sudo /" in capsys.readouterr().err
    write(tmp_path, {"storage": {"url": "sqlite:////home/ada/allocator.db"}})
    assert service.install(here, settings, dry_run=False) == 2
    assert "make it relative, then it lies in /var/lib/allocator" in capsys.readouterr().err


def test_uninstalling_keeps_the_records_unless_they_are_to_go_too(here: Here, settings: Path) -> None:
    at = here.machine.at
    assert service.install(here, settings, dry_run=False) == 0
    at(places.STATE).mkdir(parents=True)
    (at(places.STATE) / "allocator.db").write_text("records")
    assert service.uninstall(here, purge=False, dry_run=False) == 0
    assert [at(one).exists() for one in (places.UNIT, places.PROGRAM, places.STATE, places.ENCRYPTED)] == [
        False,
        False,
        True,
        True,
    ]
    assert looking.status(here, as_json=False) == 4
    assert service.uninstall(here, purge=True, dry_run=False) == 0
    assert not at(places.STATE).exists()
    assert not at(places.CONFIGURATION).exists()


def test_a_command_of_somebody_else_is_left_alone(here: Here, settings: Path) -> None:
    other = here.machine.at(places.COMMAND)
    other.parent.mkdir(parents=True)
    other.write_text("#!/bin/sh\n")
    assert service.install(here, settings, dry_run=False) == 0
    assert service.uninstall(here, purge=True, dry_run=False) == 0
    assert other.read_text() == "#!/bin/sh\n"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
@pytest.mark.parametrize("encrypted", [True, False])
def test_the_unit_that_is_written_is_one_that_systemd_takes(tmp_path: Path, encrypted: bool) -> None:
    rendered = tmp_path / "allocator.service"
    text = service.unit((CHECKOUT / "deploy/allocator.service").read_text(), encrypted=encrypted)
    rendered.write_text(text.replace(f"{places.CURRENT}/venv/bin/allocator", "/bin/true"))
    analyze = shutil.which("systemd-analyze") or ""
    verified = subprocess.run([analyze, "verify", rendered], capture_output=True, text=True, check=False)  # noqa: S603
    assert (verified.returncode, verified.stderr) == (0, "")
