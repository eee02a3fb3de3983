"""What all tests share: one process that has the product loaded, for those that start it."""

from collections.abc import Iterator

import pytest

from tests.e2e.nursery import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Run the process from which the trials' own are forked."""
    with Nursery() as running:
        yield running
