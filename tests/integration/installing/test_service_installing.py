"""`allocator service` installed, upgraded, gone back and removed, on a machine that is a folder."""

import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bot.installing import looking, places, rolling_back, service
from bot.installing.service import Here
from bot.installing.steps import Machine
from tests.integration.installing.machine import (
    CHECKOUT,
    SECRET,
    Recorded,
    another_version,
    everything,
    write,
)


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
