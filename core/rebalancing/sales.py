"""How cents of a sector become a quantity that the rules let be sold."""

from datetime import date
from decimal import ROUND_DOWN, Decimal

from core.allocation import Sector
from core.messages.plurals import count
from core.money import Cents, as_text, in_dollars, round_to_cents
from core.positions import Position
from core.rebalancing import lots
from core.rebalancing.plan import HeldBack, Holdings, Sale, Terms, below_minimum

# Alpaca takes quantities with at most nine decimals.
_SMALLEST_PART = Decimal("1e-9")


class Seller:
    """Turns cents of a sector into a quantity that may be sold of it."""

    def __init__(self, sector: Sector, holdings: Holdings, terms: Terms, *, holding_days: int, today: date) -> None:
        self.symbol = sector.symbol
        self._sector, self._terms, self._holding_days, self._today = sector, terms, holding_days, today
        self._position = next((one for one in holdings.positions if one.symbol == self.symbol), None)
        self._spoken_for = holdings.open_sells.get(self.symbol, Decimal(0))
        self._lots = lots.open_lots(self.symbol, holdings.activities)

    @property
    def note(self) -> str | None:
        """What is not certain of the position's lots."""
        return None if self._position is None else lots.disagreement(self._lots, self._position)

    def sell(self, cents: Cents) -> tuple[Sale | None, HeldBack | None]:
        """Return the sale of so many cents, as far as the rules let it happen, and what they held back of it."""
        position, minimum = self._position, self._terms.minimum(self._sector)
        if position is None or position.market_value is None or position.quantity <= 0 or position.market_value <= 0:
            return None, self._held_back("skipped: nothing of it is held yet, its orders are still open")
        free, why = self._free(position)
        asked = min(in_dollars(cents), position.market_value) * position.quantity / position.market_value
        quantity = min(asked, free).quantize(self._part, rounding=ROUND_DOWN)
        price = position.market_value / position.quantity
        worth = round_to_cents(quantity * price)
        if asked > free:
            rule = why
        elif round_to_cents(position.market_value) < cents:
            rule = "no more of it is held yet, its orders are still open"
        elif worth < cents and self._part == 1:
            rule = "it is sold in whole shares only"
        else:
            rule = ""
        kept = cents - worth if worth >= minimum else cents
        held = (
            self._held_back(f"{as_text(kept)} of {as_text(cents)} is not sold: {rule}") if rule and kept > 0 else None
        )
        if worth < minimum:
            return None, held or self._held_back(below_minimum(worth, minimum))
        realised = lots.realise(self._lots, quantity, price, self._today)
        return Sale(self._sector.name, self.symbol, quantity, worth, realised), held

    @property
    def _part(self) -> Decimal:
        asset = self._terms.assets.get(self.symbol)
        return _SMALLEST_PART if asset is None or asset.fractionable else Decimal(1)

    def _free(self, position: Position) -> tuple[Decimal, str]:
        """Return how much of the position may be sold, and what keeps the rest."""
        left = position.quantity - self._spoken_for
        days = self._holding_days
        if not days:
            return max(Decimal(0), left), "open orders sell that much of it"
        known, old = self._lots, self._lots.older_than(days, self._today)
        # What the records do not explain may have been bought yesterday.
        aged = min(old, position.quantity - (known.quantity - old))
        why = f"it was bought within {count(days, 'day')}, or nobody knows when"
        return max(Decimal(0), min(left, aged - self._spoken_for)), why

    def _held_back(self, reason: str) -> HeldBack:
        return HeldBack(self._sector.name, self.symbol, reason)
