"""What the server that workers are forked from loads: the SDK, without pandas, which is half of its weight and unused.

A fork server imports the modules that it is told to and does nothing else, so this one, alone of all, acts at import.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType


class _WhenUsed(MetaPathFinder):
    """Let pandas be loaded when something of it is used, which alpaca-py does for announcements of companies alone."""

    def find_spec(self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if name != "pandas":
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


sys.meta_path.insert(0, _WhenUsed())

import broker.alpaca  # noqa: E402, F401  what all this is for
