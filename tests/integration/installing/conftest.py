"""What the tests of `allocator service` share: a machine that is a folder, and settings to install on it."""

from pathlib import Path

import pytest

from bot.installing.service import Here
from tests.integration.installing.machine import Recorded, machine_in, write


@pytest.fixture
def programs() -> Recorded:
    """Return the machine's programs, which remember how they were called."""
    return Recorded()


@pytest.fixture
def here(tmp_path: Path, programs: Recorded) -> Here:
    """Return a machine with nothing on it."""
    return machine_in(tmp_path, programs)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Write settings that can be installed."""
    return write(tmp_path, {})
