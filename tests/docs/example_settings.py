"""What settings.example.toml says of each key, and what the settings' own classes say of leaving it out."""

import re
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from bot.settings.model import PREFIX, Settings
from core.money import as_text
from tests.docs.markdown import ROOT

EXAMPLE = ROOT / "settings.example.toml"

_SECTION = re.compile(r"\[+([a-z_.]+)\]+")
# A key that is only shown begins with a comment mark and looks like a key all the same.
_KEY = re.compile(r"(?:# )?([a-z_]+) = (.+)")
_MONEY = ("reserve", "max_per_day", "max_per_order", "ask_twice_above", "us_equity", "crypto")


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its example, what holds when it is left out, and the environment variable that overrides it."""

    name: str
    example: str
    left_out: str
    variable: str


@dataclass(slots=True)
class Entry:
    """Keys that share what is said above them."""

    words: str = ""
    keys: list[Key] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """A section with what is said above it; the file's own beginning has no name."""

    name: str
    heading: str
    paragraphs: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def sections() -> list[Section]:
    """Return the sections in the file's order; of a section that is repeated, the first."""
    found = [Section("", "")]
    said: list[str] = []  # paragraphs of comments that nothing has followed yet
    begins = True
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if not line.removeprefix("#"):
            begins = True
            if not line and len(found) == 1:
                found[0].paragraphs, said = said, []
        elif named := _SECTION.fullmatch(line):
            found.append(Section(named[1], line, said))
            said = []
        elif key := _KEY.fullmatch(line):
            section = found[-1]
            if said or not section.entries:
                section.entries.append(Entry(" ".join(said)))
                said = []
            section.entries[-1].keys.append(_key(section.name, key[1], key[2]))
        else:
            words = line.removeprefix("# ")
            said = [*said, words] if begins or not said else [*said[:-1], f"{said[-1]} {words}"]
            begins = False
    by_name: dict[str, Section] = {}
    for section in found:
        by_name.setdefault(section.name, section)
    return list(by_name.values())


def documented() -> set[str]:
    """Return every key by its whole name, such as `alpaca.key_id`."""
    return {f"{section.name}.{key.name}" for section in sections() for entry in section.entries for key in entry.keys}


def known(model: type[BaseModel] = Settings, place: str = "") -> set[str]:
    """Return every key that the settings know, by its whole name."""
    names: set[str] = set()
    for name, described in model.model_fields.items():
        inner = _model(described.annotation)
        names |= known(inner, f"{place}{name}.") if inner is not None else {f"{place}{name}"}
    return names


def _key(section: str, name: str, example: str) -> Key:
    parts = section.split(".")
    variable = "" if section == "sectors" else f"`{PREFIX}{'__'.join([*parts, name]).upper()}`"
    return Key(name, example, _left_out(parts, name), variable)


def _left_out(parts: list[str], name: str) -> str:
    model: type[BaseModel] | None = Settings
    for part in parts:
        model = _model(model.model_fields[part].annotation) if model is not None else None
    if model is None:
        raise ValueError(f"settings.example.toml has a section {'.'.join(parts)} that the settings do not know")
    described = model.model_fields[name]
    if described.is_required():
        return "must be there"
    match described.default:
        case None:
            return "none"
        case bool() as flag:
            return f"`{str(flag).lower()}`"
        case int() as cents if name in _MONEY:
            return as_text(cents)
        case default:
            return f"`{default}`"


def _model(annotation: Any) -> type[BaseModel] | None:
    """Return the section that a field holds, itself, in a tuple, or or-none."""
    candidates = [annotation, *getattr(annotation, "__args__", ())]
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)
