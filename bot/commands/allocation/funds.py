"""Funds: which ones the owner may mean, and whether the broker can buy them in fractions."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.allocations import presets
from bot.services import Services
from core import investing
from core.account import Asset
from core.allocation import Allocation
from core.drafting.drafts import nearest
from core.symbols import one_word

VERSIONS_SEARCHED = 20
"""How many of the newest allocations are searched for funds to offer."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the broker says of an allocation's funds; without `troubles`, sentences, all of them can be bought."""

    assets: Mapping[str, Asset]
    troubles: tuple[str, ...]


def check(services: Services, allocation: Allocation) -> Checked:
    """Ask the broker about every fund of an allocation. Raises BrokerAway.

    What it does not know comes with what may be meant instead, and only with what it can buy.
    """
    broker = services.ports.broker
    assets = broker.assets([sector.symbol for sector in allocation.sectors])
    troubles = investing.troubles(allocation, assets)
    known = familiar(services)
    near = {symbol: nearest(symbol, known) for symbol in troubles}
    asked = sorted({one for some in near.values() for one in some} - assets.keys())
    found = {**assets, **(broker.assets(asked) if asked else {})}
    return Checked(assets, tuple(f"{text}: {_way_out(near[symbol], found)}" for symbol, text in troubles.items()))


def familiar(services: Services) -> dict[str, str]:
    """Return the funds of the newest allocations and of the presets, by symbol, with a name for each."""
    versions = services.records.allocations.history(VERSIONS_SEARCHED)
    allocations = [*(version.allocation for version in versions), *(one.allocation for one in offered())]
    names: dict[str, str] = {}
    for allocation in allocations:
        for sector in allocation.sectors:
            names.setdefault(sector.symbol, sector.name)
    return names


def offered() -> tuple[presets.Preset, ...]:
    """Return the presets; none while their file cannot be used, which the list of presets itself says."""
    try:
        return presets.load(presets.shipped())
    except presets.BadPresets:
        return ()


def _way_out(near: tuple[str, ...], found: Mapping[str, Asset]) -> str:
    usable = [one_word(symbol) for symbol in near if symbol in found and found[symbol].trouble is None]
    return f"did you mean {' or '.join(usable)}?" if usable else "choose another fund."
