"""A machine that is a folder, where programs are recorded instead of run: for the tests of `allocator service`."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.installing.service import Here
from bot.installing.steps import Machine
from sandbox.settings import settings_text

CHECKOUT = Path(__file__).parents[3]

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
        """Tell whether a program was called with this in its words."""
        return any(part in call for call in self.calls)


def machine_in(folder: Path, programs: Recorded) -> Here:
    """Return a machine that systemd runs, with nothing on it."""
    root = folder / "root"
    (root / "run/systemd/system").mkdir(parents=True)
    return Here(
        Machine(programs, root, programs.read),
        is_root=True,
        checkout=CHECKOUT,
        python="/usr/bin/python3",
        has_credentials=True,
    )


def write(folder: Path, changes: dict[str, dict[str, object]]) -> Path:
    """Write settings with these changes into a folder, for their owner alone."""
    file = folder / "settings.toml"
    file.write_text(settings_text(SECTIONS, changes))
    file.chmod(0o600)
    return file


def everything(here: Here) -> dict[str, int]:
    """Return every path of a machine with the time of its last change."""
    root = here.machine.at(Path("/"))
    return {str(one.relative_to(root)): one.lstat().st_mtime_ns for one in root.rglob("*")}


def another_version(checkout: Path, unit: str = "") -> Path:
    """Return a checkout of another version; its unit begins with `unit`."""
    shutil.copytree(CHECKOUT, checkout, ignore=shutil.ignore_patterns(".venv", ".git", "tests", "__pycache__", ".*"))
    (checkout / "bot" / "version.py").write_text(f"# {checkout.name}\n")
    file = checkout / "deploy" / "allocator.service"
    file.write_text(unit + file.read_text())
    return checkout
