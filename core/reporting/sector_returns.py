"""What a holding has brought over its whole life: prices, sales, dividends and fees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.activities import Activity, ActivityKind
from core.positions import Position
from core.reporting.measures import Measure, NotMeasurable, price_return
from core.symbols import AssetClass, asset_class

# Alpaca: 0.25% of a coin purchase is taken from the coins, and listed as an activity only at the end of the day.
_FEE_TO_COME = Decimal("0.0025")
_DUST = Decimal("1e-8")
_AGREEING = Decimal("0.005")

_ZERO = Decimal(0)
_COUNTED = {ActivityKind.TRADE, ActivityKind.INCOME, ActivityKind.FEE, ActivityKind.CORPORATE}


@dataclass(frozen=True, slots=True)
class LifeReturn:
    """A holding's life, or the account's. Amounts are dollars, what was lost is negative.

    `price` is the price return of what is held now. `total` is the total return: (unrealised + realised + income +
    fees) / `bought`, what all purchases cost; `gain` is its numerator. Sales are measured against the average cost.
    `fees` is zero or negative, `income` is net of tax withheld. `doubt` is a clause that says why the figures may be
    wrong, None when they are sound.
    """

    price: Measure
    total: Measure
    gain: Measure
    bought: Decimal
    realised: Decimal
    income: Decimal
    fees: Decimal
    doubt: str | None


def of_symbol(symbol: str, position: Position | None, activities: Iterable[Activity]) -> LifeReturn:
    """Return what one symbol has brought. `activities` are the whole account's, oldest first; no position: all sold."""
    life = _lived(symbol, activities)
    held = position.quantity if position else Decimal(0)
    basis = position.cost_basis if position else Decimal(0)
    value = position.market_value if position else Decimal(0)
    doubt = "; ".join([*life.doubts, *life.unexplained(held)]) or None
    gain: Measure
    if doubt and not (life.explains(held) and _agree(life.basis, basis)):
        gain = NotMeasurable(doubt)
    elif value is None:
        gain = NotMeasurable("its value is not known")
    else:
        gain = value - life.basis + life.realised + life.income + life.fees
    return LifeReturn(
        price=price_return(basis, value) if position else NotMeasurable("nothing is held of it"),
        total=_over(gain, life.bought, "no purchase of it is on record"),
        gain=gain,
        bought=life.bought,
        realised=life.realised,
        income=life.income,
        fees=life.fees,
        doubt=doubt,
    )


def of_account(positions: Sequence[Position], activities: Sequence[Activity]) -> LifeReturn:
    """Return what everything that was ever held has brought, with the account's own interest and fees.

    The gain is what is held now, and what trades, income, fees and corporate actions did to the cash: it stays right
    when a symbol was changed into another, as long as the cost basis went along.
    """
    held = {position.symbol: position for position in positions}
    touched = [activity.symbol for activity in activities if activity.symbol is not None]
    lives = [_lived(symbol, activities) for symbol in dict.fromkeys([*held, *touched])]
    own = _lived(None, activities)
    doubts, gaps = list(own.doubts), []
    for life in lives:
        doubts += [f"of {life.symbol}, {reason}" for reason in life.doubts]
        quantity = held[life.symbol].quantity if life.symbol in held else _ZERO
        gaps += [f"of {life.symbol}, {reason}" for reason in life.unexplained(quantity)]
    doubt = "; ".join([*doubts, *gaps]) or None
    value, basis = _sum(one.market_value for one in positions), _sum(one.cost_basis for one in positions)
    gain: Measure
    if doubt and (gaps or not _agree(sum((life.basis for life in lives), _ZERO), basis)):
        gain = NotMeasurable(doubt)
    elif value is None:
        unknown = [one.symbol for one in positions if one.market_value is None]
        gain = NotMeasurable(f"the value of {' and '.join(unknown)} is not known")
    else:
        gain = value + sum((one.amount for one in activities if one.kind in _COUNTED), _ZERO)
    bought = sum((life.bought for life in lives), _ZERO)
    return LifeReturn(
        price=price_return(basis, value) if positions else NotMeasurable("nothing is held"),
        total=_over(gain, bought, "no purchase is on record"),
        gain=gain,
        bought=bought,
        realised=sum((life.realised for life in lives), _ZERO),
        income=sum((life.income for life in lives), own.income),
        fees=sum((life.fees for life in lives), own.fees),
        doubt=doubt,
    )


@dataclass(slots=True)
class _Life:
    """A symbol's life so far, followed activity by activity; None for what belongs to no symbol."""

    symbol: str | None
    quantity: Decimal = _ZERO
    basis: Decimal = _ZERO
    bought: Decimal = _ZERO
    coins_bought: Decimal = _ZERO
    realised: Decimal = _ZERO
    income: Decimal = _ZERO
    fees: Decimal = _ZERO
    doubts: list[str] = field(default_factory=list)

    def live(self, activity: Activity) -> None:
        amount, quantity = activity.amount, activity.quantity
        match activity.kind:
            case ActivityKind.TRADE if quantity > 0:
                self.bought -= amount
                self.basis -= amount
                self.quantity += quantity
                self.coins_bought += quantity
            case ActivityKind.TRADE:
                self._part_with(-quantity, amount)
            case ActivityKind.INCOME:
                self.income += amount
                self.quantity += quantity
            case ActivityKind.FEE:
                # A fee in coins is coins sold at the fill's price to pay for it.
                paid = -quantity * (activity.price if activity.price is not None else self._average)
                self._part_with(-quantity, paid)
                self.fees += amount - paid
            case ActivityKind.CORPORATE:
                self._reorganise(activity)
            case ActivityKind.UNKNOWN:
                self.quantity += quantity
                self.doubts.append(f"{activity.type} of {activity.day} could not be understood and is not counted")
            case ActivityKind.FLOW if quantity:
                self.quantity += quantity
                self.doubts.append(f"{activity.type} of {activity.day} moved shares without a price")
            case ActivityKind.FLOW:
                pass

    def explains(self, held: Decimal) -> bool:
        """Whether the activities lead to what is held, but for a coin fee that is not listed yet."""
        is_coin = self.symbol is not None and asset_class(self.symbol) is AssetClass.CRYPTO
        slack = self.coins_bought * _FEE_TO_COME if is_coin else _ZERO
        return -_DUST <= self.quantity - held <= slack + _DUST

    def unexplained(self, held: Decimal) -> tuple[str, ...]:
        if self.explains(held):
            return ()
        return (f"the activities on record make {_plain(self.quantity)} of it, and {_plain(held)} are held",)

    @property
    def _average(self) -> Decimal:
        return self.basis / self.quantity if self.quantity > 0 else _ZERO

    def _part_with(self, quantity: Decimal, proceeds: Decimal) -> None:
        if quantity == 0:
            return
        cost = self.basis if quantity >= self.quantity else self.basis * quantity / self.quantity
        self.realised += proceeds - cost
        self.basis -= cost
        self.quantity -= quantity

    def _reorganise(self, activity: Activity) -> None:
        self.doubts.append(f"a corporate action, {activity.type} of {activity.day}, has changed it")
        if activity.quantity < 0 and activity.amount > 0:
            self._part_with(-activity.quantity, activity.amount)
        else:
            self.quantity += activity.quantity
            self.realised += activity.amount


def _lived(symbol: str | None, activities: Iterable[Activity]) -> _Life:
    life = _Life(symbol)
    own = [activity for activity in activities if activity.symbol == symbol]
    # A day's fees follow its trades: the list may name a coin's fee ahead of its purchase.
    for activity in sorted(own, key=lambda one: (one.day, one.kind is ActivityKind.FEE)):
        life.live(activity)
    return life


def _agree(followed: Decimal, told: Decimal | None) -> bool:
    """Whether the cost basis that was followed is the broker's; dollars."""
    return told is not None and abs(followed - told) <= max(Decimal("0.01"), abs(told) * _AGREEING)


def _over(gain: Measure, bought: Decimal, nothing: str) -> Measure:
    if isinstance(gain, NotMeasurable):
        return gain
    return gain / bought if bought > 0 else NotMeasurable(nothing)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total = _ZERO
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"
