"""Filling: cash goes first to what is furthest below its target, and no order is smaller than it may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from core.investing import water_fill
from core.money import Cents

SEARCHED_SECTORS = 50
"""Above this many sectors the first good answer is taken, without the search for a better one."""

SEARCHED_STEPS = 20_000
"""The search looks at no more sets than this, so that it never takes long: some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What each key gets, in cents. `orders` sum to the cash, or are empty when it reaches nobody's minimum.

    `ideal` is what `water_fill` would give if there were no minimums.
    """

    orders: Mapping[str, Cents]
    ideal: Mapping[str, Cents]

    @property
    def waiting(self) -> tuple[str, ...]:
        """The keys that the ideal has something for, and that get nothing today."""
        return tuple(key for key, share in self.ideal.items() if share and key not in self.orders)


def fill(
    cash: Cents, values: Mapping[str, Cents], weights: Mapping[str, int], minimums: Mapping[str, Cents]
) -> Filling:
    """Share cash out by `water_fill` among those that it brings to their minimum; the others wait.

    Of all sets of keys that may wait, for which the rest gets exactly nothing or at least its minimum each, the one is
    taken that leaves the account nearest to its target: the least sum of (value + share - target)^2 / weight over all
    keys, those that wait too, where the target is the key's part of all values and the cash. That is exact for up to
    SEARCHED_SECTORS keys, unless the search has looked at SEARCHED_STEPS sets: then it is the best of these. Above, it
    is the set that grows, the lowest level first at which a key reaches its minimum, as long as nobody falls below his.
    O(n log n). All cash is placed if any is, so that the account is never less invested than it could be.

    Amounts are cents, weights any positive integers, a key without a minimum can get a cent. Raises ValueError as
    `water_fill` does.
    """
    ideal = water_fill(cash, values, weights)
    pots = [
        _Pot(key, values.get(key, 0), weights[key], max(1, minimums.get(key, 1)))
        for key in sorted(weights)  # by key, so that the order of the weights does not matter
    ]
    chosen = pots
    if not _all_reach(_level(cash, pots), pots):
        chosen = _grown(cash, pots)
        if chosen and len(pots) <= SEARCHED_SECTORS:
            chosen = _Search(cash, pots, chosen).best
    if not chosen or not cash:
        return Filling({}, ideal)
    shares = water_fill(cash, {pot.key: pot.value for pot in chosen}, {pot.key: pot.weight for pot in chosen})
    return Filling({key: shares[key] for key in weights if shares.get(key)}, ideal)


@dataclass(frozen=True, slots=True)
class _Pot:
    key: str
    value: Cents
    weight: int
    minimum: Cents

    def reaches(self, content: int, width: int) -> bool:
        """Whether a level of content / width gives it at least its minimum."""
        return content * self.weight >= (self.value + self.minimum) * width

    def is_above(self, content: int, width: int) -> bool:
        """Whether a level of content / width gives it nothing."""
        return content * self.weight <= self.value * width


_Level = tuple[int, int]
"""Content and width of what is filled; the level is their quotient, kept exact."""


def _ascending(pots: Sequence[_Pot], *, by_minimum: bool) -> list[_Pot]:
    """Return the pots by the level at which they get their first cent, or reach their minimum."""
    # A quotient as an integer: two different ones of these denominators differ by more than one unit.
    scale = 2 * max(pot.weight for pot in pots).bit_length()
    return sorted(pots, key=lambda pot: ((pot.value + by_minimum * pot.minimum) << scale) // pot.weight)


def _level(cash: Cents, pots: Sequence[_Pot]) -> _Level:
    content, width = cash, 0
    for pot in _ascending(pots, by_minimum=False):
        if width and pot.is_above(content, width):
            break
        content, width = content + pot.value, width + pot.weight
    return content, width


def _all_reach(level: _Level, pots: Sequence[_Pot]) -> bool:
    return all(pot.is_above(*level) or pot.reaches(*level) for pot in pots)


def _grown(cash: Cents, pots: Sequence[_Pot]) -> list[_Pot]:
    """Return a set whose every key reaches its minimum, as large as it gets this way; empty where nobody can.

    Each one that joins lowers the level, and is the one that needs it highest: so if he reaches his minimum, all do.
    """
    chosen: list[_Pot] = []
    content, width = cash, 0
    for pot in _ascending(pots, by_minimum=True):
        if pot.reaches(content + pot.value, width + pot.weight):
            chosen.append(pot)
            content, width = content + pot.value, width + pot.weight
    return chosen


class _Search:
    """Look for a set with a lower cost than the first one, by branch and bound.

    The cost is the sum of (value + share)^2 / weight, which differs from the distance to the target by a constant only.
    Some pot of a set needs its level most; at that pot's level each other one that needs it less has a price, what it
    then gets, and the set is any choice of them that the cash can pay: a knapsack. For every level the cost is at least
    the empty account's, plus 2 * level * cash, minus the sum of price^2 / weight (Lagrange's multiplier), and that is
    least with parts of pots allowed. All numbers are integers: times `_whole`, and the squares of weights.
    """

    def __init__(self, cash: Cents, pots: Sequence[_Pot], first: Sequence[_Pot]) -> None:
        self.best = list(first)
        self._cash = cash
        self._whole = lcm(*(pot.weight for pot in pots))
        self._empty = sum(pot.value**2 * (self._whole // pot.weight) for pot in pots)
        self._cost = self._cost_of(first)
        self._steps = SEARCHED_STEPS
        rising = _ascending(pots, by_minimum=True)
        lightest = _ascending(pots, by_minimum=False)
        for place, pot in enumerate(rising):
            lower = set(rising[:place])
            self._look_below(pot, [one for one in lightest if one in lower])

    def _look_below(self, top: _Pot, lower: Sequence[_Pot]) -> None:
        """Look through the sets in which `top` needs the level most. The best worth for its price comes first."""
        if top.minimum > self._cash:
            return
        level = top.value + top.minimum  # over the weight of `top`, by which everything here is multiplied
        prices = [level * pot.weight - pot.value * top.weight for pot in lower]
        worths = [price**2 * (self._whole // pot.weight) for price, pot in zip(prices, lower, strict=True)]
        own = top.minimum * top.weight
        base = self._empty * top.weight**2 + 2 * level * top.weight * self._cash * self._whole
        base -= own**2 * (self._whole // top.weight)
        self._choose([], _Knapsack(top, lower, prices, worths), 0, self._cash * top.weight - own, base)

    def _choose(self, chosen: list[_Pot], sack: "_Knapsack", place: int, room: int, bound: int) -> None:
        """Look through all choices from `place` on, with `room` left to pay and a cost of `bound` so far."""
        if self._steps <= 0:
            return
        self._steps -= 1
        least, fits = sack.fractions(place, room)
        cost = self._cost
        if (bound - least) * cost.denominator >= cost.numerator * sack.top.weight**2:
            return
        if fits:
            found = [sack.top, *chosen, *sack.pots[place:]]
            if (cost := self._cost_of(found)) < self._cost:
                self.best, self._cost = found, cost
            return
        price, worth = sack.prices[place], sack.worths[place]
        if price <= room:
            self._choose([*chosen, sack.pots[place]], sack, place + 1, room - price, bound - worth)
        self._choose(chosen, sack, place + 1, room, bound)

    def _cost_of(self, pots: Sequence[_Pot]) -> Fraction:
        content = self._cash + sum(pot.value for pot in pots)
        width = sum(pot.weight for pot in pots)
        freed = sum(pot.value**2 * (self._whole // pot.weight) for pot in pots)
        return Fraction(content**2 * self._whole, width) + self._empty - freed


@dataclass(frozen=True, slots=True)
class _Knapsack:
    """The pots that can join `top`, with what they cost and are worth at its level, the most for its price first."""

    top: _Pot
    pots: Sequence[_Pot]
    prices: Sequence[int]
    worths: Sequence[int]

    def fractions(self, place: int, room: int) -> tuple[int, bool]:
        """Return what can be worth at most from `place` on, parts of pots allowed, and whether all of it fits."""
        worth = 0
        for price, full in zip(self.prices[place:], self.worths[place:], strict=True):
            if price > room:
                return worth - (-full * room // price), False
            worth, room = worth + full, room - price
        return worth, True
