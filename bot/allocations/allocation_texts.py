"""An allocation that somebody wrote: a pasted table or TOML's [[sectors]], and whether the broker can buy its funds."""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.allocations import presets
from core import investing, symbols
from core.account import Asset
from core.allocation import Allocation, parse_weight
from core.drafting import drafts
from core.drafting.drafts import Draft, DraftSector, nearest
from core.drafting.pasted import read_table
from core.ports import Broker
from core.symbols import one_word

LONGEST_TEXT = 100_000
"""Characters: an allocation of 40 sectors has some thousand."""

_KEYS = frozenset({"name", "symbol", "weight"})


@dataclass(frozen=True, slots=True)
class Unusable:
    """Everything that keeps a text from being an allocation, in sentences."""

    problems: tuple[str, ...]


def fetch(name: str) -> str:
    """Return the text of a file, or of standard input for `-`. Raises OSError, and ValueError for what is no text."""
    try:
        text = sys.stdin.read(LONGEST_TEXT) if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 text: save it as UTF-8") from error
    if len(text) >= LONGEST_TEXT:
        raise ValueError(f"{name} is too long to be an allocation")
    return text


def read(text: str, known: Allocation | None = None) -> Allocation | Unusable:
    """Read an allocation as it is pasted into the chat, or as it stands in the settings under [[sectors]].

    A sector without a name keeps the one that `known` has for its symbol.
    """
    if "[[sectors]]" in text.replace(" ", ""):
        draft = _sectors(text)
    else:
        table = read_table(text, Draft.of(known) if known is not None else Draft(()))
        draft = table if isinstance(table, Draft) else Unusable(tuple(map(str, table)))
    if isinstance(draft, Unusable):
        return draft
    finished = drafts.finish(draft)
    return finished if isinstance(finished, Allocation) else Unusable(tuple(map(str, finished)))


def preset(key: str) -> Allocation | Unusable:
    """Return the allocation of a preset by its key or its name. Raises presets.BadPresets."""
    every = presets.load(presets.shipped())
    for one in every:
        if key.strip().casefold() in (one.key, one.name.casefold()):
            return one.allocation
    return Unusable((f"there is no preset {key!r}: choose one of {', '.join(one.key for one in every)}",))


def check_funds(broker: Broker, allocation: Allocation) -> Mapping[str, Asset] | Unusable:
    """Ask the broker about every fund; return the assets by symbol, or what is wrong with the way out.

    Raises BrokerAway.
    """
    assets = broker.assets([sector.symbol for sector in allocation.sectors])
    troubles = investing.troubles(allocation, assets)
    if not troubles:
        return assets
    known = {sector.symbol for one in presets.load(presets.shipped()) for sector in one.allocation.sectors}
    near = {symbol: nearest(symbol, known) for symbol in troubles}
    asked = sorted({one for some in near.values() for one in some} - assets.keys())
    found = {**assets, **(broker.assets(asked) if asked else {})}
    return Unusable(tuple(f"{text}: {_way_out(near[symbol], found)}" for symbol, text in troubles.items()))


def _way_out(near: tuple[str, ...], found: Mapping[str, Asset]) -> str:
    usable = [one_word(symbol) for symbol in near if symbol in found and found[symbol].trouble is None]
    return f"did you mean {' or '.join(usable)}?" if usable else "choose another fund"


def _sectors(text: str) -> Draft | Unusable:
    try:
        rows: Any = tomllib.loads(text)["sectors"]
    except tomllib.TOMLDecodeError as error:
        return Unusable((f"it is not valid TOML: {error}",))
    problems: list[str] = []
    found: list[DraftSector] = []
    for number, row in enumerate(rows, start=1):
        if isinstance(sector := _sector(row), DraftSector):
            found.append(sector)
        else:
            problems.append(f"sector {number}: {sector}")
    return Unusable(tuple(problems)) if problems else Draft(tuple(found))


def _sector(row: Any) -> DraftSector | str:
    if not isinstance(row, dict) or row.keys() != _KEYS or not all(isinstance(one, str) for one in row.values()):
        return 'give it a name, a symbol and a weight, all in quotes, such as weight = "35%", and nothing else'
    try:
        return DraftSector(row["name"], symbols.normalise(row["symbol"]), parse_weight(row["weight"]))
    except ValueError as error:
        return str(error)
