"""Looking at the service, also where it is not installed or is not for one's eyes."""

import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from bot.installing import looking, places, rolling_back, service
from bot.installing.service import Here
from tests.integration.installing.machine import Recorded, another_version

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
    base = Path(tempfile.gettempdir())
    folders = [one for one in (tmp_path, *tmp_path.parents) if base in one.parents]
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
