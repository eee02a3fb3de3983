"""What all tests share: one process that has the product loaded, for those that start it, and who runs what."""

import gc
from collections.abc import Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.e2e.nursery import Nursery

LONG = (
    "tests/e2e/test_",
    "tests/integration/test_faults.py",
    "tests/integration/sandbox/test_demo.py",
    "tests/integration/test_world_breaks_service.py",
)
"""Whole processes and long waits: one test at a time goes to whoever is free, and they begin first."""

TOGETHER = "tests/e2e/test_account_chat.py"
"""Among those, the tests that share one running service."""


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Gives a module's tests to one process, for what they share, and the long ones out one by one."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if _is_long(nodeid) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    """Share the tests out as they are best shared."""
    return Sharing(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long ones begin first, so that nobody waits for one of them at the end."""
    items.sort(key=lambda item: not _is_long(item.nodeid))


def pytest_collection_finish() -> None:
    """Take what is loaded by now out of the garbage collector's rounds: it stays, and there is a lot of it."""
    gc.collect()
    gc.freeze()


def _is_long(nodeid: str) -> bool:
    return nodeid.startswith(LONG) and not nodeid.startswith(TOGETHER)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Run the process from which the trials' own are forked."""
    with Nursery() as running:
        yield running
