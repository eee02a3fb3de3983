"""`allocator service rollback`: the release that was in force before comes into force again."""

from pathlib import Path

from bot.cli import handing_over
from bot.exits import FAILED, MISCONFIGURED, OK
from bot.installing import places, release, service
from bot.installing.service import Here
from bot.installing.steps import File, Program, Step, StepFailed
from bot.shell import commands as shell

_REFUSED = """\
The release before cannot work with what is here, and says why above. Nothing has changed. If a newer version has
brought the database up to date, put the copy back that was made before that, with the version that is in force:
  sudo systemctl stop allocator
  sudo allocator restore COPY       # allocator.db.before-<schema>, or a backup: docs/operations.md
and give this command again."""


def roll_back(here: Here, *, start: bool, dry_run: bool) -> int:
    """Let the release before come into force, after it has said that it can use settings and records.

    Without `start` the service is left stopped. A second time it is the way forward again.
    """
    before = release.linked(here.machine, places.PREVIOUS)
    if before is None or before == release.linked(here.machine, places.CURRENT):
        shell.complain(
            "there is no release before this one: install the version that you want from its checkout, "
            "with `sudo .venv/bin/allocator service install`"
        )
        return MISCONFIGURED
    asks = Program(_question(here, before))
    try:
        steps = _steps(here, before, start=start)
    except PermissionError:
        return service.needs_root()
    if dry_run:
        return service.show((asks, *steps))
    if not here.is_root:
        return service.needs_root()
    if here.machine.run(asks.arguments, None) != OK:
        shell.complain(_REFUSED)
        return MISCONFIGURED
    try:
        here.machine.do(steps, shell.say)
    except (StepFailed, OSError) as error:
        shell.complain(f"{error}.\nMend it, and look at `allocator service status` before you give the command again.")
        return FAILED
    waits = "is in force, and the service runs." if start else "is in force: sudo systemctl start allocator"
    shell.say(f"Release {before.name} {waits} The same command again is the way forward.")
    return OK


def _question(here: Here, before: Path) -> tuple[str, ...]:
    """Return what asks the release before whether it can read the settings and the records; it writes nothing."""
    unit = here.machine.at(places.UNIT).read_text(encoding="utf-8")
    return handing_over.as_the_service(before, ("allocation", "show"), unit)


def _steps(here: Here, before: Path, *, start: bool) -> tuple[Step, ...]:
    template = (here.machine.at(before) / "deploy" / "allocator.service").read_text(encoding="utf-8")
    encrypted = here.machine.at(places.ENCRYPTED).exists()
    return (
        *release.into_force(here.machine, before),
        File(places.UNIT, service.unit(template, encrypted=encrypted)),
        Program(("systemctl", "daemon-reload")),
        Program(("systemctl", "restart" if start else "stop", places.NAME)),
    )
