"""The service's unit, as tests read it."""

from pathlib import Path

TEMPLATE = (Path(__file__).parents[1] / "deploy" / "allocator.service").read_text(encoding="utf-8")

Unit = dict[str, dict[str, list[str]]]
"""Sections, their keys, and each key's values in their order: systemd lets a key come more than once."""


def parsed(text: str) -> Unit:
    """Return what a unit says."""
    found: Unit = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif not line.startswith("#"):
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(value)
    return found
