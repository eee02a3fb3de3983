"""A release: one version of the program with its own environment, named by what is in it."""

import hashlib
from pathlib import Path

from bot.installing import places
from bot.installing.steps import SINGLE_FILES, SOURCES, File, Folder, Link, Machine, Program, Removal, Sources, Step

COMPLETE = "complete"
"""The file that says that a release was made to its end: one that was interrupted is begun anew."""


def name_of(checkout: Path, python: str) -> str:
    """Return the name of the release that a checkout makes: the same content has the same name."""
    digest = hashlib.sha256(python.encode())
    files = [checkout / name for name in SINGLE_FILES]
    for folder in SOURCES:
        files += sorted(
            path
            for path in (checkout / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
        )
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(checkout)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def steps(machine: Machine, checkout: Path, python: str) -> tuple[Step, ...]:
    """Return what brings the program of a checkout into its place; the one that runs is not touched."""
    release = places.RELEASES / name_of(checkout, python)
    made: tuple[Step, ...] = ()
    if not (machine.at(release) / COMPLETE).exists():
        made = _made(machine, checkout, release, python)
    return (
        Folder(places.PROGRAM, 0o755),
        Folder(places.RELEASES, 0o755),
        *made,
        *into_force(machine, release),
        *_outdated(machine, release),
    )


def into_force(machine: Machine, release: Path) -> tuple[Step, ...]:
    """Return what lets a release come into force; the one that was before it stays for the way back."""
    before = linked(machine, places.CURRENT)
    kept = (Link(places.PREVIOUS, before),) if before is not None and before != release else ()
    return (*kept, Link(places.CURRENT, release))


def linked(machine: Machine, link: Path) -> Path | None:
    """Return the release that a link stands for, None where there is none that was made to its end."""
    at = machine.at(link)
    release = at.readlink() if at.is_symlink() else None
    return release if release is not None and (machine.at(release) / COMPLETE).exists() else None


def _made(machine: Machine, checkout: Path, release: Path, python: str) -> tuple[Step, ...]:
    there = machine.at(release)
    own = str(there / "venv/bin/python")
    pip = (own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    return (
        Removal(release),
        Sources(checkout, release),
        Program((python, "-m", "venv", str(there / "venv"))),
        # Every package as the lock has it: pip refuses one whose hash is another.
        Program((*pip, "--require-hashes", "-r", str(there / "requirements.lock"))),
        Program((*pip, "--no-deps", "--no-build-isolation", "--no-index", "-e", str(there))),
        # The service may not write here, and would compile at each start.
        Program((own, "-m", "compileall", "-q", *(str(there / one) for one in SOURCES[:5])), may_fail=True),
        File(release / COMPLETE, ""),
    )


def _outdated(machine: Machine, release: Path) -> tuple[Step, ...]:
    """Return the removal of old releases: the new one and the one before stay, for the way back."""
    releases = machine.at(places.RELEASES)
    current = linked(machine, places.CURRENT)
    # Installed once more, with other settings perhaps, it is its own predecessor: the way back stays what it was.
    before = linked(machine, places.PREVIOUS) if current == release else current
    kept = {one.name for one in (release, before) if one is not None}
    there = sorted(releases.iterdir()) if releases.is_dir() else []
    return tuple(Removal(places.RELEASES / one.name) for one in there if one.name not in kept)
