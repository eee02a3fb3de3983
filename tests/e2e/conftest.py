"""What every trial starts from: Monday 23 November 2026, 9:00 in New York, an empty account."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.e2e.nursery import Nursery
from tests.e2e.trial import Trial


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run the stand-ins."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def trial(sandbox: Sandbox, tmp_path: Path, nursery: Nursery) -> Iterator[Trial]:
    """Set an installation up, not started yet; no process of it outlives the test."""
    prepared = Trial(sandbox, tmp_path, nursery)
    yield prepared
    prepared.close()


@pytest.fixture
def cold_trial(trial: Trial) -> Trial:
    """Set up a trial whose processes load the product themselves, as outside of tests."""
    trial.nursery = None
    return trial


@pytest.fixture
def cheap_crypto(tmp_path: Path, nursery: Nursery) -> Iterator[Trial]:
    """Set up a trial at a broker that takes crypto orders from $1 on, as the original's sample day needs."""
    with Sandbox(minimum_crypto_order=Decimal(1)) as running:
        prepared = Trial(running, tmp_path, nursery)
        yield prepared
        prepared.close()
