"""The steps of an installation, as values: each can be shown, and each can be done."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from storage.backup import back_up
from storage.errors import AlreadyRunning, StorageError
from storage.lock import ServiceLock

SOURCES = ("bot", "broker", "core", "sandbox", "storage", "deploy", "docs")
SINGLE_FILES = ("pyproject.toml", "requirements.lock", "README.md", "settings.example.toml")
"""What a release is made of; tests and benches stay where they are."""

Run = Callable[[Sequence[str], bytes | None], int]
"""Runs a program with its output on this terminal and these bytes as its input; returns its exit code."""

Read = Callable[[Sequence[str]], tuple[int, str]]
"""Runs a program without a word on this terminal; returns its exit code and its output."""


class StepFailed(Exception):
    """A program that a step needs ended with an error; it has printed why."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Make a folder with these rights."""

    path: Path
    mode: int

    def __str__(self) -> str:
        return f"make the folder {self.path} ({self.mode:o})"


@dataclass(frozen=True, slots=True)
class File:
    """Write a file. A `private` one is shown without its content."""

    path: Path
    text: str = field(repr=False)
    mode: int = 0o644
    private: bool = False

    def __str__(self) -> str:
        shown = (
            "" if self.private or not self.text else "\n" + "\n".join(f"    {line}" for line in self.text.splitlines())
        )
        return f"write {self.path} ({self.mode:o}){shown}"


@dataclass(frozen=True, slots=True)
class Sources:
    """Copy the program from a checkout, readable by everyone."""

    checkout: Path
    release: Path

    def __str__(self) -> str:
        return f"copy the program from {self.checkout} to {self.release}"


@dataclass(frozen=True, slots=True)
class Program:
    """Run a program. `may_fail`: it is no harm if it does."""

    arguments: tuple[str, ...]
    may_fail: bool = False

    def __str__(self) -> str:
        return f"run {' '.join(self.arguments)}"


@dataclass(frozen=True, slots=True)
class Link:
    """Let a name stand for a path, in one instant."""

    path: Path
    target: Path

    def __str__(self) -> str:
        return f"link {self.path} to {self.target}"


@dataclass(frozen=True, slots=True)
class Removal:
    """Remove a file, a link, or a folder with everything in it; no harm if there is none."""

    path: Path

    def __str__(self) -> str:
        return f"remove {self.path}"


@dataclass(frozen=True, slots=True)
class Records:
    """Copy a database, whole and looked through, into a folder whose owner then works with it."""

    source: Path
    folder: Path
    name: Path

    def __str__(self) -> str:
        return f"copy the records of {self.source} to {self.folder / self.name} (600), for the service alone"


Step = Folder | File | Sources | Program | Link | Removal | Records


def really(arguments: Sequence[str], given: bytes | None) -> int:
    """Run a program of this machine."""
    try:
        if given is None:
            # Without the terminal's input: nothing that runs here may ask for anything.
            return subprocess.run(arguments, stdin=subprocess.DEVNULL, check=False).returncode  # noqa: S603
        return subprocess.run(arguments, input=given, check=False).returncode  # noqa: S603
    except FileNotFoundError:
        return 127


def reads(arguments: Sequence[str]) -> tuple[int, str]:
    """Run a program of this machine for its output."""
    try:
        done = subprocess.run(  # noqa: S603
            arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
        )
    except FileNotFoundError:
        return 127, ""
    return done.returncode, done.stdout


class Machine:
    """Where steps are done. `root` stands for `/`: paths of steps are the service's own, absolute ones."""

    def __init__(self, run: Run = really, root: Path = Path("/"), read: Read = reads) -> None:
        self.run = run
        self.read = read
        self._root = root

    def at(self, path: Path) -> Path:
        """Return where a path of the service lies."""
        return self._root / path.relative_to("/")

    def do(self, steps: Iterable[Step], say: Callable[[str], None]) -> None:
        """Do the steps in their order. Raises StepFailed and OSError; what was done until then stays."""
        before = os.umask(0o022)
        try:
            for step in steps:
                say(str(step).partition("\n")[0])
                self._do(step)
        finally:
            os.umask(before)

    def _do(self, step: Step) -> None:
        match step:
            case Folder(path, mode):
                self.at(path).mkdir(parents=True, exist_ok=True)
                self.at(path).chmod(mode)
            case File(path, text, mode):
                _write(self.at(path), text, mode)
            case Sources(checkout, release):
                _copy(checkout, self.at(release))
            case Program(arguments, may_fail):
                if self.run(arguments, None) != 0 and not may_fail:
                    raise StepFailed(f"`{' '.join(arguments)}` failed; what it says is above")
            case Link(path, target):
                beside = self.at(path).with_name(f".{path.name}.new")
                beside.parent.mkdir(parents=True, exist_ok=True)
                beside.unlink(missing_ok=True)
                beside.symlink_to(target)
                beside.replace(self.at(path))
            case Removal(path):
                _remove(self.at(path))
            case Records(source, folder, name):
                _bring(source, self.at(folder), name)


def _write(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)


def _copy(checkout: Path, release: Path) -> None:
    leave_out = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.pyc")
    release.mkdir(parents=True)
    for name in SOURCES:
        shutil.copytree(checkout / name, release / name, ignore=leave_out)
    for name in SINGLE_FILES:
        shutil.copyfile(checkout / name, release / name)
    # A checkout may be for its owner's eyes; the service is another user.
    for path in (release, *release.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _bring(source: Path, folder: Path, name: Path) -> None:
    try:
        # Whoever works on it now would go on beside the service, on one account.
        with ServiceLock(source):
            back_up(source, folder / name)
    except AlreadyRunning:
        raise StepFailed(f"`allocator run` still works on {source}: end it first") from None
    except StorageError as error:
        raise StepFailed(str(error)) from None
    # systemd gives all of the folder to the service's user at its start, but only while the folder itself is another's.
    owner = folder.stat()
    if os.geteuid() == 0:
        for one in (name, *name.parents):
            os.chown(folder / one, owner.st_uid, owner.st_gid)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with suppress(FileNotFoundError):
            path.unlink()
