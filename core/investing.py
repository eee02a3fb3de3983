"""The plan: how today's cash becomes one order for each sector, or why it does not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from core.account import Asset, Investable, Limit, Minimums
from core.allocation import WHOLE, Allocation, BasisPoints, Sector
from core.money import Cents, apportion
from core.orders import OrderIntent


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sector that gets no order today: its share of the cash in cents, and the smallest order that it can get."""

    sector: str
    symbol: str
    wanted: Cents
    minimum: Cents


@dataclass(frozen=True, slots=True)
class Cut:
    """An order that the limit per order made smaller, in cents; `ordered` is 0 where the limit is below its minimum."""

    sector: str
    symbol: str
    wanted: Cents
    ordered: Cents


@dataclass(frozen=True, slots=True)
class Plan:
    """One intent for each sector that gets something, in the allocation's order. They sum to `cash` exactly.

    `free_cash` is what the account holds, with what the reserve or a limit keeps back. `troubles` says, by symbol, why
    an order would fail: such an intent is stored as rejected, and never sent. `waiting` names the sectors whose share
    is too small to order or that make room for others, `cuts` the orders that the limit per order made smaller: what
    was cut stays cash.
    """

    intents: tuple[OrderIntent, ...]
    cash: Cents
    free_cash: Cents
    troubles: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[Waiting, ...] = ()
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, slots=True)
class NotEnoughCash:
    """Some sector's exact share would be below its minimum order. `owed` is what the account owes the broker."""

    available: Cents
    needed: Cents
    sector: str
    weight: BasisPoints
    minimum: Cents
    limited_by: Limit
    free_cash: Cents
    reserve: Cents
    owed: Cents = 0


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


@dataclass(frozen=True, slots=True)
class ValueUnknown:
    """The broker gives no value for some holdings, so nobody can tell what is furthest below its target."""

    symbols: tuple[str, ...]
    waiting: Cents


@dataclass(frozen=True, slots=True)
class NotRebalanced:
    """A rebalancing that was to happen ordered nothing. `reason` is in whole sentences."""

    reason: str


@dataclass(frozen=True, slots=True)
class CapTooLow:
    """The limit per order is below the smallest order of all that would get something; `sector` needs least."""

    limit: Cents
    sector: str
    minimum: Cents
    waiting: Cents


Skip = (
    NotEnoughCash
    | Paused
    | AccountBlocked
    | LimitReached
    | NoNewCash
    | Declined
    | ValueUnknown
    | CapTooLow
    | NotRebalanced
)


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


def water_fill(cash: int, values: Mapping[str, int], weights: Mapping[str, int]) -> dict[str, int]:
    """Share cash out so that what is furthest below its target is raised first, the lowest together.

    Returns x = max(0, level * weight - value) for each key of `weights`, where the level makes the shares sum to `cash`
    (the method: optimalrebalancing.info). All in whole cents; weights are any positive integers; a key without a value
    has none. What rounding leaves goes by the largest remainder, as in `apportion`.

    Raises ValueError for negative cash, no weights, a weight below 1, or a value without a weight.
    """
    if cash < 0:
        raise ValueError(f"cannot share out {cash}: the cash must not be negative")
    if not weights or any(weight < 1 for weight in weights.values()):
        raise ValueError(f"cannot share out by {dict(weights)}: every weight must be a positive integer")
    if strange := values.keys() - weights.keys():
        raise ValueError(f"cannot share out: {', '.join(sorted(strange))} has a value and no weight")
    filled = _below_the_level(cash, values, weights)
    shares = {key: weights[key] for key in filled}
    content, width = cash + sum(values.get(key, 0) for key in filled), sum(shares.values())
    # Debts can leave the level below zero: it is then shared out above a round number of weights, and put back.
    lift = max(0, -(content // width))
    raised = apportion(content + lift * width, shares)
    reached = {key: share - lift * weights[key] for key, share in raised.items()}
    return {key: reached[key] - values.get(key, 0) if key in reached else 0 for key in weights}


def _below_the_level(cash: int, values: Mapping[str, int], weights: Mapping[str, int]) -> list[str]:
    """Return the keys that the cash reaches, the lowest first."""
    # Value over weight as an integer: two different fractions of these denominators differ by more than one unit.
    scale = 2 * max(weights.values()).bit_length()
    ordered = sorted(weights, key=lambda key: ((values.get(key, 0) << scale) // weights[key], key))
    filled: list[str] = []
    content, width = cash, 0
    for key in ordered:
        value, weight = values.get(key, 0), weights[key]
        # Its value over its weight is not below the level of those before it: nothing is left for it.
        if filled and value * width >= content * weight:
            break
        filled.append(key)
        content, width = content + value, width + weight
    return filled


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
            owed=cash.owed,
        )
    shares = apportion(cash.cents, allocation.weights)
    intents = tuple(
        OrderIntent(identify(sector.symbol), sector.name, sector.symbol, shares[sector.symbol])
        for sector in allocation.sectors
    )
    return Plan(intents, cash.cents, cash.free_cash, troubles(allocation, assets))
