"""What a new allocation changes: old, new and difference for each sector, and what that does to the account."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.alerts import Table
from core.allocation import Allocation, BasisPoints, Sector, percent
from core.symbols import one_word

NOTHING_IS_SOLD = (
    "Nothing is sold: sectors above their weight shrink as new cash goes by the new weights, and a fund that leaves "
    "stays in the account, as an untracked position."
)


@dataclass(frozen=True, slots=True)
class Change:
    """One fund before and after; None where it was or will be no sector."""

    symbol: str
    old: Sector | None
    new: Sector | None

    @property
    def difference(self) -> BasisPoints:
        """The new weight minus the old one, in basis points."""
        return (self.new.weight if self.new else 0) - (self.old.weight if self.old else 0)


def compare(old: Allocation | None, new: Allocation) -> tuple[Change, ...]:
    """Return a change for each fund of either: the new ones in their order, then those that leave.

    `old` is None before the first allocation.
    """
    before = {sector.symbol: sector for sector in old.sectors} if old else {}
    after = {sector.symbol: sector for sector in new.sectors}
    return (
        *(Change(symbol, before.get(symbol), sector) for symbol, sector in after.items()),
        *(Change(symbol, sector, None) for symbol, sector in before.items() if symbol not in after),
    )


def is_the_same(old: Allocation | None, new: Allocation) -> bool:
    """Tell whether a new allocation would change nothing, not even the order or a name."""
    return old == new


def table(changes: Sequence[Change]) -> Table:
    """Return the changes as a table of percentages with both their decimals; `-` where there is no sector."""
    rows = tuple((one_word(one.symbol), _figure(one.old), _figure(one.new), _signed(one.difference)) for one in changes)
    old = sum(_weight(one.old) for one in changes)
    new = sum(_weight(one.new) for one in changes)
    total = ("Total", _hundredths(old), _hundredths(new), _signed(new - old))
    return Table(("Fund", "Old", "New", "Change"), rows, (total,))


def notes(changes: Sequence[Change]) -> tuple[str, ...]:
    """Return a sentence for each fund that comes, leaves or is renamed; weights are in the table."""
    told: list[str] = []
    for change in changes:
        symbol = one_word(change.symbol)
        match change.old, change.new:
            case None, Sector(name=name):
                told.append(f"{symbol} is new: {name}." if name != symbol else f"{symbol} is new.")
            case Sector(name=name), None:
                told.append(f"{symbol} leaves ({name}): what the account holds of it stays, untracked.")
            case Sector(name=before), Sector(name=after) if before != after:
                told.append(f"{symbol} is renamed: {before} becomes {after}.")
            case _:
                pass
    return tuple(told)


def in_words(changes: Sequence[Change]) -> str:
    """Return the changes in one line, for an SMS and the audit: `VOO 35% to 40%, IXUS 18% to 13%`."""
    parts = [
        f"{one_word(one.symbol)} {percent(_weight(one.old))} to {percent(_weight(one.new))}"
        for one in changes
        if one.difference
    ]
    return ", ".join(parts) or "no weight changes"


def _weight(sector: Sector | None) -> BasisPoints:
    return sector.weight if sector else 0


def _figure(sector: Sector | None) -> str:
    return _hundredths(sector.weight) if sector else "-"


def _hundredths(weight: BasisPoints) -> str:
    whole, part = divmod(weight, 100)
    return f"{whole}.{part:02}"


def _signed(difference: BasisPoints) -> str:
    sign = "+" if difference > 0 else "-" if difference < 0 else ""
    return f"{sign}{_hundredths(abs(difference))}"
