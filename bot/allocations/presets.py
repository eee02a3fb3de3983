"""Presets: allocations to start from, in one file that a person can extend."""

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from core.allocation import Allocation
from core.drafting import drafts
from core.drafting.drafts import Draft
from core.drafting.pasted import read_table

FILE = "presets.toml"

LONGEST_KEY = 24
"""Characters of a preset's key: a button's data, which names it, holds at most 64 bytes."""

_KEYS = frozenset({"name", "description", "sectors"})


@dataclass(frozen=True, slots=True)
class Preset:
    """An allocation to start from. `key` is made of its name, and names it in a button."""

    key: str
    name: str
    description: str
    allocation: Allocation


class BadPresets(ValueError):
    """A file of presets that cannot be used, with everything that is wrong in it."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("the presets cannot be used: " + "; ".join(problems))
        self.problems = problems


def shipped() -> Traversable:
    """Return the file that comes with the program."""
    return resources.files("bot.allocations").joinpath(FILE)


def load(file: Traversable) -> tuple[Preset, ...]:
    """Read presets, in the file's order. Raises BadPresets with all that is wrong, OSError if it cannot be read."""
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadPresets((f"{file.name} is not TOML: {error}",)) from error
    problems = [f"{key} is unknown: a file of presets has only [[presets]]" for key in read if key != "presets"]
    entries = read.get("presets", [])
    if not isinstance(entries, list) or not entries:
        raise BadPresets((*problems, "there are none: add one under [[presets]]"))
    presets: list[Preset] = []
    for number, entry in enumerate(entries, start=1):
        found = _preset(entry, number)
        if isinstance(found, Preset):
            presets.append(found)
        else:
            problems += found
    keys = [preset.key for preset in presets]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    problems += [f"two presets are both {key}: give each a name of its own" for key in twice]
    if problems:
        raise BadPresets(tuple(problems))
    return tuple(presets)


def key_of(name: str) -> str:
    """Return a preset's key: its name in small letters and hyphens, not longer than a button can carry."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_KEY].strip("-")


def _preset(entry: Any, number: int) -> Preset | list[str]:
    """Read one preset, or return everything that is wrong with it."""
    if not isinstance(entry, dict):
        return [f"preset {number} is no table: begin it with [[presets]]"]
    name, description, lines = entry.get("name"), entry.get("description"), entry.get("sectors")
    called = f"preset {name!r}" if isinstance(name, str) and name else f"preset {number}"
    problems = [f"{called}: {key} is unknown, it may have {_known()}" for key in entry if key not in _KEYS]
    if not isinstance(name, str) or not key_of(name):
        problems.append(f"{called}: give it a name with letters, such as Moderate")
    if not isinstance(description, str) or not description.strip() or "\n" in description:
        problems.append(f"{called}: give it a description of one line")
    allocation = _allocation(called, lines)
    if isinstance(allocation, list):
        return problems + allocation
    return problems or Preset(key_of(str(name)), str(name), str(description), allocation)


def _allocation(called: str, lines: Any) -> Allocation | list[str]:
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        return [f'{called}: give its sectors as a list, such as ["Domestic Large Cap, VOO, 100%"]']
    draft = read_table("\n".join(lines), Draft(()))
    if not isinstance(draft, Draft):
        return [f"{called}: {bad}" for bad in draft]
    finished = drafts.finish(draft)
    return finished if isinstance(finished, Allocation) else [f"{called}: {problem}" for problem in finished]


def _known() -> str:
    return ", ".join(sorted(_KEYS))
