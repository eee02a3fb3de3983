"""The plan: how today's cash becomes one order for each sector, or why it does not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from core.account import Asset, Investable, Limit, Minimums
from core.allocation import WHOLE, Allocation, BasisPoints, Sector
from core.money import Cents, apportion
from core.orders import OrderIntent


@dataclass(frozen=True, slots=True)
class Plan:
    """One intent for each sector, in the allocation's order. The intents sum to `cash` exactly.

    `free_cash` is what the account holds, with what the reserve or a limit keeps back. `troubles` says, by symbol, why
    an order would fail: such an intent is stored as rejected, and never sent.
    """

    intents: tuple[OrderIntent, ...]
    cash: Cents
    free_cash: Cents
    troubles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotEnoughCash:
    """Some sector's exact share would be below its minimum order."""

    available: Cents
    needed: Cents
    sector: str
    weight: BasisPoints
    minimum: Cents
    limited_by: Limit
    free_cash: Cents
    reserve: Cents


@dataclass(frozen=True, slots=True)
class Paused:
    """The owner paused investing. `until` is the New York day on which it resumes, None for until told."""

    waiting: Cents
    until: date | None


@dataclass(frozen=True, slots=True)
class AccountBlocked:
    """The broker lets this account trade nothing."""

    reason: str
    waiting: Cents


@dataclass(frozen=True, slots=True)
class LimitReached:
    """Other runs of the day used up what the daily limit allows."""

    used: Cents
    limit: Cents


@dataclass(frozen=True, slots=True)
class NoNewCash:
    """Nothing came in since the day's last run, so there is nothing to do."""

    available: Cents


@dataclass(frozen=True, slots=True)
class Declined:
    """The owner was asked and said no."""

    waiting: Cents


Skip = NotEnoughCash | Paused | AccountBlocked | LimitReached | NoNewCash | Declined


@dataclass(frozen=True, slots=True)
class Need:
    """The smallest cash that lets every sector reach its minimum, and the sector that decides it."""

    cash: Cents
    sector: Sector
    minimum: Cents


def minimum_of(sector: Sector, minimums: Minimums, assets: Mapping[str, Asset]) -> Cents:
    """Return a sector's smallest order in cents: its class's setting, or the asset's own where that is higher."""
    asset = assets.get(sector.symbol)
    own = asset.minimum if asset is not None and asset.minimum is not None else 0
    return max(minimums.of(sector.asset_class), own)


def need(allocation: Allocation, minimums: Minimums, assets: Mapping[str, Asset]) -> Need:
    """Return the cash at which every sector's exact share, cash times weight, reaches its minimum."""
    needs = [
        Need(-(-minimum * WHOLE // sector.weight), sector, minimum)
        for sector in allocation.sectors
        for minimum in [minimum_of(sector, minimums, assets)]
    ]
    # By symbol where two need the same, so that the sectors' order does not matter.
    return max(needs, key=lambda needed: (needed.cash, needed.sector.symbol))


def troubles(allocation: Allocation, assets: Mapping[str, Asset]) -> dict[str, str]:
    """Return, by symbol, why a fractional order for a sector's fund would fail; sectors without trouble are absent."""
    found: dict[str, str] = {}
    for sector in allocation.sectors:
        asset = assets.get(sector.symbol)
        trouble = f"Alpaca does not know {sector.symbol}" if asset is None else asset.trouble
        if trouble:
            found[sector.symbol] = trouble
    return found


def plan(
    cash: Investable,
    allocation: Allocation,
    minimums: Minimums,
    assets: Mapping[str, Asset],
    identify: Callable[[str], str],
) -> Plan | NotEnoughCash:
    """Return an intent for every sector, or the figures that say why there cannot be one.

    `identify` gives a symbol's client order id.
    """
    needed = need(allocation, minimums, assets)
    if cash.cents < needed.cash:
        return NotEnoughCash(
            available=cash.cents,
            needed=needed.cash,
            sector=needed.sector.name,
            weight=needed.sector.weight,
            minimum=needed.minimum,
            limited_by=cash.limited_by,
            free_cash=cash.free_cash,
            reserve=cash.reserve,
        )
    shares = apportion(cash.cents, allocation.weights)
    intents = tuple(
        OrderIntent(identify(sector.symbol), sector.name, sector.symbol, shares[sector.symbol])
        for sector in allocation.sectors
    )
    return Plan(intents, cash.cents, cash.free_cash, troubles(allocation, assets))
