"""The settings file as text: single values are changed in it, and the owner's comments and order stay."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from core.allocation import Sector, percent

Value = str | int | bool | list[int]
Section = Mapping[str, Value | None]

_ANY_HEADER = re.compile(r"\s*\[")
_SECTORS = re.compile(r"\s*\[\[\s*sectors\s*\]\]\s*(#.*)?")


class CannotEdit(Exception):
    """A file that is written in a way in which values cannot be changed in place."""

    def __init__(self) -> None:
        super().__init__(
            "the settings are written in a way that cannot be edited in place: put the file aside, run "
            "`allocator init` again, and copy what you want to keep"
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change: values by section (None: take the key out), whole sections to take out, the starting sectors."""

    values: Mapping[str, Section]
    without: Sequence[str] = ()
    sectors: Sequence[Sector] | None = None


def edited(text: str, changes: Changes) -> str:
    """Return the settings with the changes in their places, and all else as it was.

    The text must be TOML. Raises CannotEdit where the result would not mean exactly what is wanted.
    """
    lines = text.splitlines()
    for name in changes.without:
        _take_out(lines, name)
    for name, values in changes.values.items():
        for key, value in values.items():
            _set(lines, name, key, value)
    if changes.sectors is not None:
        _set_sectors(lines, changes.sectors)
    result = "\n".join(lines).rstrip("\n") + "\n"
    # Editing goes by lines. Whether it was right is not guessed but read back.
    try:
        means = tomllib.loads(result)
    except tomllib.TOMLDecodeError:
        raise CannotEdit from None
    if _without_empty(means) != _without_empty(_wanted(tomllib.loads(text), changes)):
        raise CannotEdit
    return result


def _wanted(before: dict[str, Any], changes: Changes) -> dict[str, Any]:
    after = deepcopy(before)
    for name in changes.without:
        after.pop(name, None)
    for name, values in changes.values.items():
        section = after.setdefault(name, {})
        for key, value in values.items():
            if value is None:
                section.pop(key, None)
            else:
                section[key] = value
    if changes.sectors is not None:
        after["sectors"] = [
            {"name": one.name, "symbol": one.symbol, "weight": percent(one.weight)} for one in changes.sectors
        ]
    return after


def _without_empty(content: dict[str, Any]) -> dict[str, Any]:
    # A section that is there and empty means the same as one that is not.
    return {name: value for name, value in content.items() if value != {}}


def _set(lines: list[str], section: str, key: str, value: Value | None) -> None:
    begin = _header(lines, section)
    if begin is None:
        if value is None:
            return
        begin = _add_header(lines, section)
    end = _end(lines, begin)
    assignment = re.compile(rf"\s*{re.escape(key)}\s*=")
    at = next((number for number in range(begin + 1, end) if assignment.match(lines[number])), None)
    if at is not None:
        length = _length(lines[at:end])
        comment = _comment(lines[at]) if length == 1 else ""
        lines[at : at + length] = [] if value is None else [f"{key} = {_written(value)}{comment}"]
    elif value is not None:
        prepared = re.compile(rf"\s*#\s*{re.escape(key)}\s*=")
        at = next((number for number in range(begin + 1, end) if prepared.match(lines[number])), None)
        if at is not None:
            lines[at] = f"{key} = {_written(value)}"
        else:
            lines.insert(_last_key(lines, begin, end) + 1, f"{key} = {_written(value)}")


def _take_out(lines: list[str], section: str) -> None:
    """Make a section a comment, without the secrets that it may hold."""
    begin = _header(lines, section)
    if begin is None:
        return
    last = _last_key(lines, begin, _end(lines, begin))
    for number in range(begin, last + 1):
        line = lines[number]
        if line.strip() and not line.lstrip().startswith("#"):
            key = re.match(r"\s*([A-Za-z_]+)\s*=", line)
            lines[number] = f'# {key[1]} = ""' if key else f"# {line.lstrip()}"


def _set_sectors(lines: list[str], sectors: Sequence[Sector]) -> None:
    heads = [number for number, line in enumerate(lines) if _SECTORS.fullmatch(line)]
    blocks = [(begin, _last_key(lines, begin, _end(lines, begin))) for begin in heads]
    at = blocks[0][0] if blocks else len(lines)
    for begin, last in reversed(blocks):
        after = last + 1
        while after < len(lines) and not lines[after].strip():
            after += 1
        del lines[begin:after]
    written: list[str] = []
    for sector in sectors:
        pairs = (("name", sector.name), ("symbol", sector.symbol), ("weight", percent(sector.weight)))
        written += ["[[sectors]]", *(f"{key} = {_written(value)}" for key, value in pairs), ""]
    lines[at:at] = written


def _header(lines: Sequence[str], section: str) -> int | None:
    header = re.compile(rf"\s*\[\s*{re.escape(section)}\s*\]\s*(#.*)?")
    return next((number for number, line in enumerate(lines) if header.fullmatch(line)), None)


def _add_header(lines: list[str], section: str) -> int:
    """Put a section's header into its place: where it stands as a comment, else before the sectors."""
    prepared = re.compile(rf"#\s*\[\s*{re.escape(section)}\s*\]\s*")
    at = next((number for number, line in enumerate(lines) if prepared.fullmatch(line)), None)
    if at is not None:
        lines[at] = f"[{section}]"
        return at
    at = next((number for number, line in enumerate(lines) if _ANY_HEADER.match(line)), len(lines))
    lines[at:at] = [f"[{section}]", ""]
    return at


def _end(lines: Sequence[str], begin: int) -> int:
    return next((at for at in range(begin + 1, len(lines)) if _ANY_HEADER.match(lines[at])), len(lines))


def _last_key(lines: Sequence[str], begin: int, end: int) -> int:
    """Return the section's last line that is no comment: comments after it belong to what follows."""
    held = [number for number in range(begin, end) if lines[number].strip() and lines[number].lstrip()[0] != "#"]
    return held[-1]


def _length(lines: Sequence[str]) -> int:
    """Return how many lines an assignment takes."""
    for length in range(1, len(lines) + 1):
        if _is_toml("\n".join(lines[:length])):
            return length
    raise CannotEdit


def _comment(line: str) -> str:
    """Return what follows the value of a whole assignment, with the space before it."""
    for found in re.finditer(r"\s*#", line):
        if _is_toml(line[: found.start()]):
            return line[found.start() :]
    return ""


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _written(value: Value) -> str:
    # TOML's basic strings, numbers, truth values and lists of numbers are written as JSON's are.
    return json.dumps(value, ensure_ascii=False)
