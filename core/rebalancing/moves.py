"""How many cents of each sector are sold and bought to bring the account back: targets, bands and minimums only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.allocation import WHOLE, BasisPoints
from core.filling import fill
from core.money import Cents, apportion
from core.rebalancing.rules import Goal, Rules, Scope


@dataclass(frozen=True, slots=True)
class Moves:
    """Cents by symbol. `sells` is what the rules sell; `gaps` what the sectors that are brought up lack.

    `too_small` is what was left out because it is below the symbol's minimum order, `blocked` because the broker takes
    no such order: below zero for a sale.
    """

    sells: Mapping[str, Cents]
    gaps: Mapping[str, Cents]
    too_small: Mapping[str, Cents]
    blocked: Mapping[str, Cents]


@dataclass(frozen=True, slots=True)
class Balance:
    """What the sectors hold in cents, with what open orders will add, their weights, and the cash that goes in too.

    `minimums` are the smallest orders; `unsellable` and `unbuyable` are those for which the broker takes none at all.
    Weights sum to 10,000 basis points.
    """

    values: Mapping[str, Cents]
    weights: Mapping[str, BasisPoints]
    minimums: Mapping[str, Cents]
    cash: Cents = 0
    unsellable: Collection[str] = ()
    unbuyable: Collection[str] = ()

    @property
    def held(self) -> Cents:
        """What all sectors hold together."""
        return sum(self.values.values())

    @property
    def targets(self) -> dict[str, Cents]:
        """What each sector is to hold once the cash is in, to the cent."""
        return apportion(max(0, self.held + self.cash), self.weights)


def breached(rules: Rules, balance: Balance) -> tuple[str, ...]:
    """Return the sectors outside their band, as the variance measures them: cash aside."""
    held = balance.held
    return tuple(
        symbol
        for symbol, weight in balance.weights.items()
        if rules.band_of(symbol).is_breached(balance.values[symbol], weight, held)
    )


def moves(rules: Rules, balance: Balance) -> Moves:
    """Return what to sell, and which gaps the proceeds and the cash are for, once a band is breached.

    Sectors of the rules' scope are brought to their goal from either side. Where that sells less than the gaps need
    beyond the cash, the rest is sold of those furthest above their target, the highest lowered together, none below its
    target. So what is sold is the greater one of what stands over the goals and what the gaps need beyond the cash,
    less what is too small to order.
    """
    targets, outside = balance.targets, set(breached(rules, balance))
    over: dict[str, Cents] = {}
    gaps: dict[str, Cents] = {}
    too_small: dict[str, Cents] = {}
    blocked: dict[str, Cents] = {}
    for symbol, target in targets.items():
        if rules.scope is Scope.BREACHED and symbol not in outside:
            continue
        off = balance.values[symbol] - target
        distance = abs(off) - _tolerated(rules, symbol, balance)
        if distance <= 0:
            continue
        if symbol in (balance.unbuyable if off < 0 else balance.unsellable):
            blocked[symbol] = distance if off < 0 else -distance
        elif distance < balance.minimums[symbol]:
            too_small[symbol] = distance if off < 0 else -distance
        elif off > 0:
            over[symbol] = distance
        else:
            gaps[symbol] = distance
    lacking = sum(gaps.values()) - balance.cash - sum(over.values())
    more, small = _more(lacking, over, balance) if lacking > 0 else ({}, {})
    if lacking > 0:
        # They could have funded the gaps.
        blocked |= {symbol: -off for symbol, off in _off(balance).items() if symbol in balance.unsellable and off > 0}
    sells = {symbol: over.get(symbol, 0) + more.get(symbol, 0) for symbol in balance.weights}
    return Moves({symbol: cents for symbol, cents in sells.items() if cents}, gaps, small | too_small, blocked)


def spread(money: Cents, plan: Moves, sold: Mapping[str, Cents], balance: Balance) -> tuple[dict[str, Cents], Moves]:
    """Return what each sector gets of the money, in cents, and the moves with what became too small to order.

    The gaps come first, each closed by the same part of it; what is left raises those furthest below their target,
    none above it. `sold` is what is really sold of each symbol. What nobody can use stays cash.
    """
    gaps = dict(plan.gaps)
    too_small = dict(plan.too_small)
    bought: dict[str, Cents] = {}
    while gaps:
        bought = apportion(min(money, sum(gaps.values())), gaps)
        short = [symbol for symbol in gaps if bought[symbol] < balance.minimums[symbol]]
        if not short:
            break
        least = min(short, key=lambda symbol: (bought[symbol], symbol))
        too_small[least] = bought.pop(least)
        del gaps[least]
    left = money - sum(bought.values())
    room = {
        symbol: target - balance.values[symbol] - bought.get(symbol, 0)
        for symbol, target in balance.targets.items()
        if symbol not in balance.unbuyable and not sold.get(symbol) and (symbol in bought or symbol not in too_small)
    }
    open_ = {symbol: balance.weights[symbol] for symbol, cents in room.items() if cents > 0}
    if left > 0 and open_:
        filling = fill(
            min(left, sum(room[symbol] for symbol in open_)),
            {symbol: balance.values[symbol] + bought.get(symbol, 0) for symbol in open_},
            open_,
            {symbol: 1 if symbol in bought else balance.minimums[symbol] for symbol in open_},
        )
        for symbol, share in filling.orders.items():
            cents = bought.get(symbol, 0) + min(share, room[symbol])
            if cents >= balance.minimums[symbol]:
                bought[symbol] = cents
            else:
                too_small[symbol] = cents
        too_small |= {symbol: filling.ideal[symbol] for symbol in filling.waiting if symbol not in bought}
    blocked = dict(plan.blocked)
    if money > sum(bought.values()):
        # They could have used what is left.
        blocked |= {symbol: -off for symbol, off in _off(balance).items() if symbol in balance.unbuyable and off < 0}
    found = {symbol: cents for symbol, cents in bought.items() if cents}
    return found, Moves(plan.sells, gaps, too_small, blocked)


def _off(balance: Balance) -> dict[str, Cents]:
    """Return how far each sector is above its target."""
    return {symbol: balance.values[symbol] - target for symbol, target in balance.targets.items()}


def _tolerated(rules: Rules, symbol: str, balance: Balance) -> Cents:
    """Return how far from its target a sector that is brought back may stay, in cents."""
    match rules.goal:
        case Goal.TARGET:
            return 0
        case Goal.HALF_BAND:
            width = rules.band_of(symbol).half_width(balance.weights[symbol]) / 2
            return int(width * max(0, balance.held + balance.cash) / WHOLE)


def _more(lacking: Cents, over: Mapping[str, Cents], balance: Balance) -> tuple[dict[str, Cents], dict[str, Cents]]:
    """Return what else is sold so that the gaps can be closed, and what would be but is too small to order."""
    targets = balance.targets
    left = {symbol: balance.values[symbol] - over.get(symbol, 0) for symbol in balance.weights}
    above = {
        symbol: balance.weights[symbol]
        for symbol in left
        if left[symbol] > targets[symbol] and symbol not in balance.unsellable
    }
    if not above:
        return {}, {}
    room = {symbol: left[symbol] - targets[symbol] for symbol in above}
    # Lowering what is held is raising what is owed: the highest come first, together.
    filling = fill(
        min(lacking, sum(room.values())),
        {symbol: -left[symbol] for symbol in above},
        above,
        {symbol: 1 if symbol in over else balance.minimums[symbol] for symbol in above},
    )
    more = {symbol: min(share, room[symbol]) for symbol, share in filling.orders.items()}
    fits = {symbol: cents for symbol, cents in more.items() if symbol in over or cents >= balance.minimums[symbol]}
    small = {symbol: -filling.ideal[symbol] for symbol in filling.waiting if symbol not in over}
    return fits, small | {symbol: -cents for symbol, cents in more.items() if symbol not in fits}
