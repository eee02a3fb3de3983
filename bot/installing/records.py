"""What `allocator run` has recorded in a folder goes along when the service is installed: it would begin anew."""

import os
from pathlib import Path

from bot.installing import places
from bot.installing.steps import Folder, Machine, Records, Step
from bot.settings.model import Settings
from storage import database


def steps(machine: Machine, settings: Settings) -> tuple[Step, ...]:
    """Return what copies the database of the present folder to where the service looks for it; nothing if it has one.

    Raises storage.errors.BadUrl.
    """
    name = _name(settings)
    if name is None or _has_its_own(machine, name):
        return ()
    # A folder that is no link of systemd's yet: it is moved, with what is in it, when the service starts.
    state = machine.at(places.STATE)
    folder = places.STATE if state.is_dir() and not state.is_symlink() else places.PRIVATE_STATE
    private = (Folder(folder.parent, 0o700),) if folder == places.PRIVATE_STATE else ()
    return (*private, Folder(folder, 0o700), Records(database.file_of(settings.storage.url), folder, name))


def left_behind(machine: Machine, settings: Settings) -> str | None:
    """Return what to say of a database in the present folder that the service, having its own, does not read."""
    name = _name(settings)
    if name is None or not _has_its_own(machine, name):
        return None
    return f"It has records of its own in {places.STATE}, and does not read {database.file_of(settings.storage.url)}."


def _name(settings: Settings) -> Path | None:
    """Return how the settings name the database from the present folder, None where there is none of that name."""
    name = Path(settings.storage.url.removeprefix("sqlite:///"))
    inside = not name.is_absolute() and ".." not in name.parts
    return name if inside and database.file_of(settings.storage.url).is_file() else None


def _has_its_own(machine: Machine, name: Path) -> bool:
    try:
        return any((machine.at(one) / name).exists() for one in (places.STATE, places.PRIVATE_STATE))
    except PermissionError:
        # Only root may look: where there is a folder there mostly are records in it.
        return os.path.lexists(machine.at(places.STATE))
