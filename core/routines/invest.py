"""Invest: from free cash to filled orders, so that no order is ever sent twice.

The ledger is written before the broker is called. Whatever interrupts a run, calling `invest` again with the same key
carries on from the ledger: an order that may have been sent is looked up before it is sent again, under the same id.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial

from core.account import Account, Investable, Minimums, investable
from core.alerts import Alert
from core.allocation import Allocation
from core.investing import AccountBlocked, NoNewCash, Paused, Plan, Skip
from core.messages import run_messages, skip_messages
from core.money import Cents
from core.orders import OrderState
from core.ports import BrokerAway, Ledger, Ports
from core.reporting import variance
from core.reporting.measures import NotMeasurable
from core.reserves import Reserve, in_cents
from core.routines.positions import keep_activities, shown_positions
from core.routines.settling import await_fills
from core.routines.submission import submit
from core.runs import Footing, Run, RunKey, RunState
from core.schedule import Window
from core.strategies import Strategy, plan_cash, still_to_buy
from core.symbols import AssetClass


@dataclass(frozen=True, slots=True)
class Policy:
    """What the owner's limits say about investing: cents, and seconds for `fill_patience` and `sale_patience`."""

    reserve: Reserve
    minimums: Minimums
    max_per_day: Cents | None
    max_per_order: Cents | None = None
    fill_patience: float = 10.0
    sale_patience: float = 30.0


@dataclass(frozen=True, slots=True)
class Target:
    """The allocation and the strategy that a run is planned with, and what the owner's pause says."""

    version: int
    allocation: Allocation
    paused: bool = False
    paused_until: date | None = None
    strategy: Strategy = Strategy.PROPORTIONAL


@dataclass(frozen=True, slots=True)
class Decision:
    """What a run would do now, the free cash that it found in the account, in cents, and what both rest on."""

    answer: Plan | Skip
    free_cash: Cents
    version: int
    footing: Footing


def decide(key: RunKey, target: Target, policy: Policy, ports: Ports, *, before: Run | None = None) -> Decision:
    """Return what this run would do, changing nothing.

    `before` is the day's last run that ordered anything: after it only new cash is invested.

    Raises BrokerAway when the broker cannot be read.
    """
    # Before the account: what is ordered between the two looks is known to have been.
    footing = ports.ledger.footing()
    account = ports.broker.account()
    spent = ports.ledger.spent_on(key.account, key.day)
    cash, unlimited = available(account, policy, spent), available(account, replace(policy, max_per_day=None), spent)
    decision = partial(Decision, free_cash=cash.free_cash, version=target.version, footing=footing)
    if target.paused:
        return decision(Paused(unlimited.cents, target.paused_until))
    if account.trouble:
        return decision(AccountBlocked(account.trouble, unlimited.cents))
    if before is not None and cash.free_cash <= before.cash_left:
        return decision(NoNewCash(unlimited.cents))
    by_symbol = [sector.symbol for sector in target.allocation.sectors]
    held = _held(ports) if target.strategy is Strategy.UNDERWEIGHT else {}
    answer = plan_cash(
        target.strategy,
        cash,
        target.allocation,
        minimums=policy.minimums,
        assets=ports.broker.assets(by_symbol),
        identify=key.client_order_id,
        held=held,
        open_buys=still_to_buy(order for _, order in ports.ledger.open_orders()),
        max_per_order=policy.max_per_order,
    )
    if isinstance(answer, Plan) and account.crypto_trouble:
        coins = [one.symbol for one in target.allocation.sectors if one.asset_class is AssetClass.CRYPTO]
        answer = replace(answer, troubles=dict.fromkeys(coins, account.crypto_trouble) | dict(answer.troubles))
    return decision(answer)


def _held(ports: Ports) -> dict[str, Decimal | None]:
    keep_activities(ports)
    positions, _ = shown_positions(ports)
    return variance.values(positions)


def available(account: Account, policy: Policy, spent: Cents) -> Investable:
    """Return the cash that may be invested now. `spent` is what the day's orders have taken already, in cents.

    Raises BrokerAway when the account's value, of which the reserve is a share, is not known.
    """
    reserve = in_cents(policy.reserve, account.equity)
    if isinstance(reserve, NotMeasurable):
        raise BrokerAway(reserve.reason)
    left = None if policy.max_per_day is None else max(0, policy.max_per_day - spent)
    return investable(account, reserve=reserve, left_today=left)


def invest(key: RunKey, window: Window, decision: Callable[[], Decision], policy: Policy, ports: Ports) -> Run:
    """Start or carry on a run, and return it as the ledger then has it.

    `decision` is asked where the run is not there yet: what `decide` says now, or what the owner has confirmed.
    It comes back unfinished when an order's fate is still unknown or the process is asked to stop; call again later.
    Raises BrokerAway when the broker cannot be read; what was committed until then stays for the next call.
    """
    run = ports.ledger.run(key)
    try:
        if run is None:
            return _start(key, window, decision(), policy, ports)
        if run.state.is_final:
            return run
        return resume(run, policy, ports)
    finally:
        ports.broker.release()


def resume(run: Run, policy: Policy, ports: Ports) -> Run:
    """Carry on a run that an earlier call, or an earlier process, left unfinished."""
    try:
        return _carry_on(run, policy, ports, sent_before=True)
    finally:
        ports.broker.release()


def ending(run: Run) -> tuple[RunState, Alert]:
    """Return how a run whose orders are all known ends, and what is said of it."""
    states = {order.state for order in run.orders}
    if states == {OrderState.NOT_SENT}:
        why = run.orders[0].reason or "its orders could not be sent in time"
        return RunState.MISSED, run_messages.missed([(run.key.routine, run.key.day)], why)
    taken = states - {OrderState.REJECTED, OrderState.NOT_SENT}
    return RunState.DONE if taken else RunState.FAILED, run_messages.executed(run)


def _start(key: RunKey, window: Window, decision: Decision, policy: Policy, ports: Ports) -> Run:
    broker, ledger = ports.broker, ports.ledger
    if not isinstance(decision.answer, Plan):
        return _skip(key, decision.answer, decision.free_cash, ports)
    # Connections first: with the broker away nothing is committed, and the next tick starts over.
    broker.prepare(len(decision.answer.intents))
    opened = ledger.open_run(
        key,
        decision.answer,
        window,
        footing=decision.footing,
        allocation_version=decision.version,
        limit=policy.max_per_day,
        at=broker.clock().now,
        remarks=run_messages.remarks(decision.answer),
    )
    if not isinstance(opened, Run):
        return _skip(key, opened, decision.free_cash, ports)
    return _carry_on(opened, policy, ports, sent_before=False)


def _skip(key: RunKey, skip: Skip, cash: Cents, ports: Ports) -> Run:
    at = ports.broker.clock().now
    ports.ledger.skip(key, skip, skip_messages.skipped(skip), cash=cash, at=at)
    return stored(ports.ledger, key)


def _carry_on(run: Run, policy: Policy, ports: Ports, *, sent_before: bool) -> Run:
    ledger = ports.ledger
    if run.state is RunState.PLANNED:
        ledger.mark(run.key, RunState.SUBMITTING)
    if not submit(run, ports, sent_before=sent_before):
        return stored(ledger, run.key)
    if run.state is not RunState.SETTLING:
        ledger.mark(run.key, RunState.SETTLING)
    if not await_fills(run.key, policy.fill_patience, ports):
        return stored(ledger, run.key)
    at = ports.broker.clock().now
    ledger.finish(run.key, *ending(stored(ledger, run.key)), at=at)
    return stored(ledger, run.key)


def stored(ledger: Ledger, key: RunKey) -> Run:
    """Return a run that is known to be in the ledger.

    Raises LookupError when it is not there any more.
    """
    run = ledger.run(key)
    if run is None:
        raise LookupError(f"run {key} vanished from the ledger: was the database replaced while it was open?")
    return run
