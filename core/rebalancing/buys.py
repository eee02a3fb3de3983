"""The second half of a rebalancing: its purchases, planned again on the cash that is really there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.account import Account
from core.allocation import Allocation
from core.investing import Cut, Plan, Waiting
from core.money import Cents, apportion, as_text, floor_to_cents
from core.orders import OrderIntent
from core.rebalancing.plan import HeldBack, Purchase, RebalancePlan, Terms, below_minimum
from core.symbols import AssetClass, asset_class


@dataclass(frozen=True, slots=True)
class Spendable:
    """Cents that can be spent on the day of sales: `total` on everything together, no more than `settled` on coins."""

    total: Cents
    settled: Cents
    free_cash: Cents


def spendable(account: Account, *, reserve: Cents) -> Spendable:
    """Return what an account can spend on the day of sales, without borrowing a cent, beyond its reserve.

    Funds: min(cash - open buys, buying power), for a sale's proceeds count before they settle. Coins: no more than the
    non-marginable buying power, which leaves them out until they do (Alpaca).
    """
    free = account.cash - account.open_buys
    total = min(free, account.buying_power)
    settled = min(total, account.non_marginable_buying_power)
    return Spendable(
        total=max(0, floor_to_cents(total) - reserve),
        settled=max(0, floor_to_cents(settled) - reserve),
        free_cash=max(0, floor_to_cents(free)),
    )


@dataclass(frozen=True, slots=True)
class Purchases:
    """What is bought now, and what of the planned purchases is not, and why."""

    plan: Plan
    held_back: tuple[HeldBack, ...]


def plan_buys(
    planned: RebalancePlan,
    received: Mapping[str, Cents],
    cash: Spendable,
    allocation: Allocation,
    *,
    terms: Terms,
    identify: Callable[[str], str],
    max_per_order: Cents | None = None,
) -> Purchases:
    """Return the purchases for what the sales really brought, by symbol in cents; a failed sale brought nothing.

    Every sale, and the cash that goes in beside them, funds each purchase in proportion: what is missing is missing
    from all alike, and what came beyond the plan goes to all alike. No more is spent than the account has; coins wait
    for settled cash. An order that falls below its minimum is left out, one above `max_per_order` is cut to it, and
    both stay cash. `identify` gives a symbol's client order id.
    """
    money = min(_funded(planned, received), cash.total)
    expected = {purchase.symbol: purchase.cents for purchase in planned.purchases}
    shares = apportion(money, expected) if expected else {}
    affordable = _settled(shares, cash.settled)
    sectors = {sector.symbol: sector for sector in allocation.sectors}
    intents: list[OrderIntent] = []
    waiting: list[Waiting] = []
    cuts: list[Cut] = []
    held_back: list[HeldBack] = []
    for purchase in planned.purchases:
        symbol, share, cents = purchase.symbol, shares[purchase.symbol], affordable[purchase.symbol]
        minimum = terms.minimum(sectors[symbol])
        if cents < share:
            held_back.append(_why(purchase, f"{as_text(share - cents)} waits until the sales' cash has settled"))
        if trouble := terms.trouble_buying(symbol):
            held_back.append(_why(purchase, f"{as_text(share)} is not bought: {trouble}"))
            continue
        if max_per_order is not None and cents > max_per_order:
            ordered = max_per_order if max_per_order >= minimum else 0
            cuts.append(Cut(purchase.sector, symbol, cents, ordered))
            limit = f"an order is at most {as_text(max_per_order)}"
            held_back.append(_why(purchase, f"{as_text(cents - ordered)} of {as_text(cents)} is not bought: {limit}"))
            cents = ordered
        elif cents < minimum:
            waiting.append(Waiting(purchase.sector, symbol, cents, minimum))
            held_back.append(_why(purchase, below_minimum(cents, minimum)))
            continue
        if cents:
            intents.append(OrderIntent(identify(symbol), purchase.sector, symbol, cents))
    plan = Plan(
        tuple(intents),
        sum(intent.notional for intent in intents),
        cash.free_cash,
        waiting=tuple(waiting),
        cuts=tuple(cuts),
    )
    return Purchases(plan, tuple(held_back))


def _funded(planned: RebalancePlan, received: Mapping[str, Cents]) -> Cents:
    """Return what the purchases are given of what came in: the part that was planned for them, the rest stays cash."""
    expected = sum(purchase.cents for purchase in planned.purchases)
    whole = planned.proceeds + planned.cash
    came = planned.cash + sum(received.get(sale.symbol, 0) for sale in planned.sales)
    return max(0, came) * expected // whole if whole else 0


def _settled(shares: Mapping[str, Cents], settled: Cents) -> dict[str, Cents]:
    """Return the shares with the coins' cut, each by the same part, to the settled cash."""
    coins = {symbol: cents for symbol, cents in shares.items() if asset_class(symbol) is AssetClass.CRYPTO and cents}
    if sum(coins.values()) <= settled:
        return dict(shares)
    return {**shares, **apportion(settled, coins)}


def _why(purchase: Purchase, reason: str) -> HeldBack:
    return HeldBack(purchase.sector, purchase.symbol, reason)
