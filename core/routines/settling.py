"""Settling: waiting for fills, for a bounded time within the run and afterwards at every tick."""

from core import orders
from core.messages import run_messages
from core.orders import Accepted, Order, OrderState
from core.ports import Ports
from core.runs import RunKey

POLL_PAUSES = (0.2, 0.3, 0.5, 1.0)
"""Seconds between looks at open orders; the last one repeats."""


def await_fills(key: RunKey, patience: float, ports: Ports) -> bool:
    """Store what becomes of the run's open orders until none is open, or `patience` seconds are over.

    Returns False when the process is asked to stop meanwhile.
    """
    deadline = ports.pace.monotonic() + patience
    pauses = iter(POLL_PAUSES)
    pause = next(pauses)
    while waiting := _open_orders(key, ports):
        if ports.pace.monotonic() >= deadline:
            return True
        if ports.pace.wait(pause):
            return False
        pause = next(pauses, pause)
        answers = ports.broker.find([order.intent.client_order_id for order in waiting])
        for order in waiting:
            answer = answers[order.intent.client_order_id]
            if isinstance(answer, Accepted):
                ports.ledger.record(key, orders.adopted(order, answer.order))
    return True


def follow(ports: Ports) -> bool:
    """Look at the orders that were open when their run was said; store, and say once, how they ended.

    Returns whether any is still open. Raises BrokerAway when the market's time cannot be read.
    """
    waiting = ports.ledger.open_orders()
    if not waiting:
        return False
    answers = ports.broker.find([order.intent.client_order_id for _, order in waiting])
    ended: list[tuple[RunKey, Order]] = []
    for key, order in waiting:
        answer = answers[order.intent.client_order_id]
        if not isinstance(answer, Accepted):
            continue
        now = orders.adopted(order, answer.order)
        if now.state.is_final:
            ended.append((key, now))
        elif now != order:
            ports.ledger.record(key, now)
    if ended:
        alert = run_messages.followed_up([order for _, order in ended])
        ports.ledger.follow_up(ended, alert, at=ports.broker.clock().now)
    return len(ended) < len(waiting)


def _open_orders(key: RunKey, ports: Ports) -> tuple[Order, ...]:
    run = ports.ledger.run(key)
    return run.of(OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED) if run is not None else ()
