"""The second half of a rebalancing: what its sales really brought becomes purchases, committed like any other run."""

from dataclasses import replace
from decimal import Decimal

from core.account import Account
from core.investing import LimitReached
from core.messages import rebalance_messages
from core.money import Cents, as_text, floor_to_cents
from core.orders import Order
from core.ports import BrokerAway, Ports
from core.rebalancing.buys import plan_buys, spendable
from core.rebalancing.plan import Terms, Undertaking
from core.reporting.measures import NotMeasurable
from core.reserves import in_cents
from core.runs import Run, RunKey
from core.schedule import Routine
from core.symbols import AssetClass, asset_class

CASH_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks at an account whose cash does not show all that the sales brought."""

# Alpaca: at most 0.25% of what a coin's sale brings is kept as the fee.
_COIN_FEE = Decimal("0.0025")


def purchases_of(key: RunKey) -> RunKey:
    """Return the key of the run that buys what a rebalancing's sales pay for."""
    return replace(key, routine=Routine.REBUY)


def open_purchases(sales: Run, undertaking: Undertaking, ports: Ports) -> tuple[Run | None, tuple[str, ...]]:
    """Commit the purchases that the sales pay for; where there are none, return why, as sentences."""
    received = {order.intent.symbol: _received(order) for order in sales.orders}
    came, key = sum(received.values()), purchases_of(sales.key)
    if not came:
        return None, ()
    if sales.window is None or ports.broker.clock().now not in sales.window:
        late = f"Nothing was bought for the {as_text(came)}: the time for the day's orders was over. It stays cash."
        return None, (late,)
    account = _account_with(undertaking.cash + came, ports)
    reserve = in_cents(undertaking.reserve, account.equity)
    if isinstance(reserve, NotMeasurable):
        raise BrokerAway(reserve.reason)
    cash = spendable(account, reserve=reserve)
    assets = ports.broker.assets([one.symbol for one in undertaking.plan.purchases])
    planned = plan_buys(
        undertaking.plan,
        received,
        cash,
        undertaking.allocation,
        terms=Terms(undertaking.minimums, assets, account.crypto_trouble),
        identify=key.client_order_id,
        max_per_order=undertaking.max_per_order,
    )
    remarks = rebalance_messages.held_back(planned.held_back)
    if cash.total < came:
        kept = f"Of the {as_text(came)} that came in, {as_text(cash.total)} could be spent: reserve and debts go first."
        remarks = (*remarks, kept)
    if not planned.plan.intents:
        return None, remarks
    ports.broker.prepare(len(planned.plan.intents))
    run = ports.ledger.open_run(
        key,
        planned.plan,
        sales.window,
        footing=None,
        allocation_version=undertaking.version,
        limit=None,
        at=ports.broker.clock().now,
        remarks=remarks,
    )
    return opened(run), ()


def opened(run: Run | LimitReached) -> Run:
    """Return a run that was opened without a limit, which it therefore cannot have met."""
    if not isinstance(run, Run):
        raise TypeError(f"a run without a limit met one: {run}")
    return run


def _account_with(expected: Cents, ports: Ports) -> Account:
    """Return the account once its cash shows what is expected, in cents, or as it is after some seconds."""
    pauses = iter(CASH_PAUSES)
    while True:
        account = ports.broker.account()
        if floor_to_cents(account.cash - account.open_buys) >= expected - 1:
            return account
        pause = next(pauses, None)
        if pause is None or ports.pace.wait(pause):
            return account


def _received(order: Order) -> Cents:
    """Return what a sale has brought so far, less what a coin's fee can be, in cents."""
    fee = _COIN_FEE if asset_class(order.intent.symbol) is AssetClass.CRYPTO else Decimal(0)
    return floor_to_cents(Decimal(order.filled) * (1 - fee) / 100)
