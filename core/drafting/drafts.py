"""A draft: an allocation in the making, whose weights may still be missing or not sum to 100%."""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from core import symbols
from core.allocation import (
    WHOLE,
    Allocation,
    AllocationError,
    BadSymbol,
    BasisPoints,
    NoSectors,
    Problem,
    Sector,
    WeightsDoNotSum,
    hundredths,
    percent,
)
from core.drafting.problems import (
    MOST_SECTORS,
    NoSuchSector,
    NothingToSpread,
    Refused,
    TooManySectors,
    Unfinished,
    WeightImpossible,
    WeightsMissing,
)
from core.money import apportion
from core.symbols import one_word


@dataclass(frozen=True, slots=True)
class DraftSector:
    """One sector of a draft; `weight` is in basis points, None while it is missing."""

    name: str
    symbol: str
    weight: BasisPoints | None


@dataclass(frozen=True, slots=True)
class Draft:
    """Sectors in their owner's order. Weights may be missing, and need not sum to 100% yet."""

    sectors: tuple[DraftSector, ...]

    @classmethod
    def of(cls, allocation: Allocation) -> "Draft":
        """Return a draft that begins where an allocation stands."""
        return cls(tuple(DraftSector(one.name, one.symbol, one.weight) for one in allocation.sectors))

    @property
    def total(self) -> BasisPoints:
        """The sum of the weights that are there."""
        return sum(sector.weight or 0 for sector in self.sectors)

    @property
    def without_weight(self) -> tuple[DraftSector, ...]:
        """The sectors whose weight is missing."""
        return tuple(sector for sector in self.sectors if sector.weight is None)

    def find(self, asked: str) -> DraftSector | NoSuchSector:
        """Return the sector that a person means by its symbol or its name, in any case of letters."""
        wanted = asked.strip().casefold()
        for sector in self.sectors:
            if wanted in (sector.symbol.casefold(), one_word(sector.symbol).casefold()):
                return sector
        for sector in self.sectors:
            if wanted == sector.name.casefold():
                return sector
        return NoSuchSector(asked.strip(), nearest(asked, _callings(self.sectors)))


def finish(draft: Draft) -> Allocation | tuple[Unfinished, ...]:
    """Return the draft as an allocation if it is exactly 100.00%, otherwise everything that keeps it from being one."""
    if missing := draft.without_weight:
        return (WeightsMissing(tuple(sector.name for sector in missing), WHOLE - draft.total), *_flaws(draft))
    try:
        return Allocation(tuple(Sector(one.name, one.symbol, one.weight or 0) for one in draft.sectors))
    except AllocationError as error:
        return error.problems


def standing(draft: Draft) -> str:
    """Return in one sentence how far a draft is: its sum, and what is missing or too much."""
    total = f"Sum {hundredths(draft.total)}"
    off = WHOLE - draft.total
    if not draft.sectors:
        return "No sectors yet: add one, or start from a preset."
    if count := len(draft.without_weight):
        without = f"{count} {'sectors have' if count > 1 else 'sector has'} no weight yet"
        return f"{total}: {without}, {hundredths(off)} is left." if off > 0 else f"{total}: {without}, nothing is left."
    if off > 0:
        return f"{total}: {hundredths(off)} is missing."
    if off < 0:
        return f"{total}: {hundredths(-off)} is too much."
    return f"{total}: complete."


def with_weight(draft: Draft, asked: str, weight: BasisPoints) -> Draft | Refused:
    """Return the draft with another weight, in basis points, for the sector that `asked` names."""
    match draft.find(asked):
        case NoSuchSector() as refused:
            return refused
        case sector if not 1 <= weight <= WHOLE:
            return WeightImpossible(sector.name, weight)
        case sector:
            return _replaced(draft, sector, replace(sector, weight=weight))


def renamed(draft: Draft, asked: str, name: str) -> Draft | Refused:
    """Return the draft with another name for a sector; its fund keeps its weight."""
    match draft.find(asked):
        case NoSuchSector() as refused:
            return refused
        case sector:
            return _sound(_replaced(draft, sector, replace(sector, name=" ".join(name.split()))))


def with_fund(draft: Draft, asked: str, symbol: str) -> Draft | Refused:
    """Return the draft with another fund for a sector, which keeps its name unless that was the old fund's symbol."""
    match draft.find(asked):
        case NoSuchSector() as refused:
            return refused
        case sector:
            try:
                written = symbols.normalise(symbol)
            except ValueError as error:
                return BadSymbol(sector.name, str(error))
            name = one_word(written) if sector.name == one_word(sector.symbol) else sector.name
            return _sound(_replaced(draft, sector, replace(sector, name=name, symbol=written)))


def with_sector(draft: Draft, name: str, symbol: str, weight: BasisPoints | None = None) -> Draft | Refused:
    """Return the draft with one more sector at its end; an empty name becomes the symbol."""
    try:
        written = symbols.normalise(symbol)
    except ValueError as error:
        return BadSymbol(name or "the new sector", str(error))
    shown = " ".join(name.split()) or one_word(written)
    if weight is not None and not 1 <= weight <= WHOLE:
        return WeightImpossible(shown, weight)
    if len(draft.sectors) >= MOST_SECTORS:
        return TooManySectors(len(draft.sectors) + 1)
    return _sound(Draft((*draft.sectors, DraftSector(shown, written, weight))))


def without(draft: Draft, asked: str) -> Draft | Refused:
    """Return the draft without a sector; the others keep their weights."""
    match draft.find(asked):
        case NoSuchSector() as refused:
            return refused
        case sector:
            return Draft(tuple(one for one in draft.sectors if one != sector))


def spread(draft: Draft, keep: Collection[str] = ()) -> Draft | Refused:
    """Return the draft made up to 100% by sharing what `keep` (symbols) leaves out among the other sectors.

    Sectors without a weight share what the others leave, evenly. Where all have one, the others' are scaled in
    proportion. Shares are whole basis points by the largest remainder, so they sum exactly.
    """
    others = [sector for sector in draft.sectors if sector.symbol not in keep]
    if empty := [sector for sector in others if sector.weight is None]:
        rest, shares = WHOLE - draft.total, {sector.symbol: 1 for sector in empty}
    else:
        rest = WHOLE - sum(one.weight or 0 for one in draft.sectors if one.symbol in keep)
        shares = {sector.symbol: sector.weight or 1 for sector in others}
    if not shares:
        return NothingToSpread("there is no other sector to share the rest: add one, or give this one 100%")
    if rest < len(shares):
        return NothingToSpread(
            f"{hundredths(max(0, rest))} is left for {len(shares)} sectors, and each needs at least 0.01%: "
            "lower a weight first, or remove sectors"
        )
    # Each gets its least beforehand, so that however small a share is, no sector ends without a weight.
    shared = apportion(rest, shares)
    if min(shared.values()) < 1:
        shared = {symbol: 1 + more for symbol, more in apportion(rest - len(shares), shares).items()}
    return Draft(tuple(replace(one, weight=shared.get(one.symbol, one.weight)) for one in draft.sectors))


def nearest(asked: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return up to three of the known words that look like what was asked, likeliest first."""
    # Sorted, because a set's order differs from process to process, and equal likenesses follow it.
    spelt = {word.casefold(): word for word in sorted(known)}
    close = difflib.get_close_matches(asked.strip().casefold()[:60], list(spelt), n=3, cutoff=0.6)
    return tuple(spelt[word] for word in close)


def as_text(draft: Draft) -> str:
    """Return a draft as lines that can be pasted back: `Domestic Large Cap, VOO, 35%`."""
    return "\n".join(
        f"{_quoted(one.name)}, {one.symbol}{'' if one.weight is None else f', {percent(one.weight)}'}"
        for one in draft.sectors
    )


def _quoted(name: str) -> str:
    plain = all(letter.isalpha() or letter in " &/-" for letter in name)
    return name if plain else f'"{name}"'


def _callings(sectors: Iterable[DraftSector]) -> list[str]:
    return [calling for sector in sectors for calling in (sector.symbol, sector.name)]


def _replaced(draft: Draft, old: DraftSector, new: DraftSector) -> Draft:
    return Draft(tuple(new if sector == old else sector for sector in draft.sectors))


def _sound(draft: Draft) -> Draft | Refused:
    flaws = _flaws(draft)
    return flaws[0] if flaws else draft


def _flaws(draft: Draft) -> tuple[Problem, ...]:
    """Return what is wrong with a draft apart from its weights."""
    try:
        Allocation(tuple(Sector(one.name, one.symbol, 1) for one in draft.sectors))
    except AllocationError as error:
        return tuple(one for one in error.problems if not isinstance(one, WeightsDoNotSum | NoSectors))
    return ()
