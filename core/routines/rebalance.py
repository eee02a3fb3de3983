"""Rebalance: what is too much is sold, and what that really brought buys what is too little; no order is sent twice.

It is two runs of one day and number. What the first one set out to do is in the ledger with it, before the first sale
leaves, so whoever carries it on needs nothing else. The second one is planned when the sales have settled, committed
like any other run, and both end with one alert.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from core.investing import Plan
from core.messages import rebalance_messages
from core.money import as_text, floor_to_cents
from core.orders import Order, OrderIntent, OrderState, Side
from core.ports import BrokerAway, Ports
from core.rebalancing import lots
from core.rebalancing.lots import Realised
from core.rebalancing.plan import Holdings, NothingToDo, Sale, Terms, Undertaking
from core.rebalancing.planning import plan_rebalance
from core.rebalancing.rules import Rules
from core.reporting import variance
from core.reporting.measures import NotMeasurable
from core.reserves import in_cents
from core.routines.invest import Policy, Target, stored
from core.routines.positions import OVERLAP, keep_activities, shown_positions
from core.routines.rebuying import open_purchases, opened, purchases_of
from core.routines.settling import await_fills
from core.routines.submission import submit
from core.runs import Footing, Run, RunKey, RunState
from core.schedule import Window
from core.strategies import still_to_buy


def propose(key: RunKey, rules: Rules, target: Target, policy: Policy, ports: Ports) -> Undertaking | NothingToDo:
    """Return what a rebalancing would set out to do now, or why it would do nothing; nothing is ordered.

    Free cash is left to the daily investing. Raises BrokerAway when the broker cannot be read.
    """
    account = ports.broker.account()
    if target.paused:
        return NothingToDo("Investing is paused, so nothing is rebalanced. /resume ends the pause.")
    if account.trouble:
        return NothingToDo(f"Alpaca does not let this account trade: {account.trouble}. Please look at it at Alpaca.")
    reserve = in_cents(policy.reserve, account.equity)
    if isinstance(reserve, NotMeasurable):
        raise BrokerAway(reserve.reason)
    keep_activities(ports)
    positions, notes = shown_positions(ports)
    open_orders = [order for _, order in ports.ledger.open_orders()]
    holdings = Holdings(
        positions,
        lots.with_fills(ports.ledger.activities(), ports.ledger.fills_since(key.day - OVERLAP)),
        still_to_buy(open_orders),
        _still_to_sell(open_orders),
    )
    symbols = list(target.allocation.weights)
    terms = Terms(policy.minimums, ports.broker.assets(symbols), account.crypto_trouble)
    planned = plan_rebalance(
        rules, target.allocation, holdings, terms, cash=0, today=key.day, bought_again=frozenset(symbols)
    )
    if isinstance(planned, NothingToDo):
        return planned
    cash = floor_to_cents(account.cash - account.open_buys)
    if cash < reserve:
        notes = (
            *notes,
            f"Up to {as_text(min(reserve - cash, planned.proceeds))} of what is sold fills the reserve up.",
        )
    return Undertaking(
        replace(planned, notes=(*planned.notes, *notes)),
        target.allocation,
        target.version,
        policy.minimums,
        policy.reserve,
        policy.max_per_order,
        cash,
    )


def rebalance(
    key: RunKey, window: Window, undertaking: Undertaking, policy: Policy, ports: Ports, *, footing: Footing
) -> Run:
    """Start a rebalancing or carry it on, and return the run of its sales as the ledger then has it.

    `footing` is the ledger's, read before the rebalancing was proposed.
    It comes back unfinished when an order's fate is still unknown or the process is asked to stop; `carry_on` goes on
    later. Raises BrokerAway when the broker cannot be read; what was committed until then stays.
    """
    run = ports.ledger.run(key)
    if run is not None:
        return carry_on(run, policy, ports)
    try:
        ports.broker.prepare(len(undertaking.plan.sales))
        sales = ports.ledger.open_run(
            key,
            Plan(tuple(_sale(key, sale) for sale in undertaking.plan.sales), 0, max(0, undertaking.cash)),
            window,
            footing=footing,
            allocation_version=undertaking.version,
            limit=None,
            at=ports.broker.clock().now,
            remarks=rebalance_messages.remarks(undertaking.plan),
            undertaking=undertaking,
        )
        return _go_on(opened(sales), undertaking, policy, ports, sent_before=False)
    finally:
        ports.broker.release()


def carry_on(run: Run, policy: Policy, ports: Ports) -> Run:
    """Carry on a rebalancing, by the run of its sales, that an earlier call or an earlier process left unfinished."""
    if run.state.is_final:
        return run
    undertaking = ports.ledger.undertaking(run.key)
    if undertaking is None:
        raise LookupError(f"run {run.key} does not say what it set out to do: was the database changed by hand?")
    try:
        return _go_on(run, undertaking, policy, ports, sent_before=True)
    finally:
        ports.broker.release()


def _go_on(sales: Run, undertaking: Undertaking, policy: Policy, ports: Ports, *, sent_before: bool) -> Run:
    ledger, second = ports.ledger, purchases_of(sales.key)
    buys, remarks, bought_before = ledger.run(second), tuple[str, ...](), True
    if buys is None:
        if not _settled(sales, policy.sale_patience, ports, sent_before=sent_before):
            return stored(ledger, sales.key)
        sales = stored(ledger, sales.key)
        buys, remarks = open_purchases(sales, undertaking, ports)
        bought_before = False
    if buys is not None:
        if not _settled(buys, policy.fill_patience, ports, sent_before=bought_before):
            return stored(ledger, sales.key)
        buys = stored(ledger, second)
    return _end(sales, buys, undertaking, remarks, ports)


def _settled(run: Run, patience: float, ports: Ports, *, sent_before: bool) -> bool:
    """Bring a run's orders to the broker and wait for their fills, and return whether it got that far."""
    if run.state is RunState.PLANNED:
        ports.ledger.mark(run.key, RunState.SUBMITTING)
    if not submit(run, ports, sent_before=sent_before):
        return False
    if run.state is not RunState.SETTLING:
        ports.ledger.mark(run.key, RunState.SETTLING)
    return await_fills(run.key, patience, ports)


def _end(sales: Run, buys: Run | None, undertaking: Undertaking, remarks: tuple[str, ...], ports: Ports) -> Run:
    """Commit the end of both runs, and one alert for them."""
    alert = rebalance_messages.rebalanced(
        sales,
        buys,
        undertaking.plan,
        gained=_realised(sales, buys, ports),
        drift=_drift(undertaking, ports),
        remarks=remarks,
    )
    also = ((buys.key, ending(buys)),) if buys is not None else ()
    ports.ledger.finish(sales.key, ending(sales), alert, at=ports.broker.clock().now, also=also)
    return stored(ports.ledger, sales.key)


def ending(run: Run) -> RunState:
    """Return how a run whose orders are all known ends."""
    states = {order.state for order in run.orders}
    if states == {OrderState.NOT_SENT}:
        return RunState.MISSED
    return RunState.DONE if states - {OrderState.REJECTED, OrderState.NOT_SENT} else RunState.FAILED


def _realised(sales: Run, buys: Run | None, ports: Ports) -> Realised:
    """Return what the sales gained or lost by the lots as they were before them."""
    ours = (*sales.orders, *(buys.orders if buys is not None else ()))
    own = {name for order in ours for name in (order.broker_id, order.intent.client_order_id) if name}
    earlier = [
        (day, order)
        for day, order in ports.ledger.fills_since(sales.key.day - OVERLAP)
        if order.intent.client_order_id not in own
    ]
    known = [one for one in ports.ledger.activities() if one.order_id not in own]
    activities = lots.with_fills(known, earlier)
    return sum(
        (
            lots.realise(
                lots.open_lots(order.intent.symbol, activities),
                order.filled_quantity,
                order.filled_price,
                sales.key.day,
            )
            for order in sales.orders
            if order.filled_price is not None
        ),
        Realised(),
    )


def _drift(undertaking: Undertaking, ports: Ports) -> Decimal | None:
    """Return the drift in percentage points now; None where it cannot be told, which keeps no alert back."""
    try:
        positions, _ = shown_positions(ports)
    except BrokerAway:
        return None
    measured = variance.measure(undertaking.allocation, variance.values(positions))
    return None if isinstance(measured, NotMeasurable) else measured.drift


def _sale(key: RunKey, sale: Sale) -> OrderIntent:
    identity = key.client_order_id(sale.symbol, Side.SELL)
    return OrderIntent(identity, sale.sector, sale.symbol, sale.cents, Side.SELL, sale.quantity)


def _still_to_sell(orders: list[Order]) -> Mapping[str, Decimal]:
    """Return, by symbol, the shares or coins that open sales may still sell."""
    found: dict[str, Decimal] = {}
    for order in orders:
        if order.intent.quantity is not None and not order.state.is_final:
            symbol = order.intent.symbol
            left = max(Decimal(0), order.intent.quantity - order.filled_quantity)
            found[symbol] = found.get(symbol, Decimal(0)) + left
    return found
