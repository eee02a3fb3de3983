"""Submission: every order of a run reaches the broker at most once, whatever the network does."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from core import orders
from core.orders import Accepted, NotFound, NotSent, Order, OrderState, Rejected, Submission, TurnedAway, Unknown
from core.ports import BrokerAway, Ports
from core.runs import Run
from core.schedule import Window

LOOK_UP_PAUSES = (0.5, 1.0, 2.0)
"""Seconds between rounds of looking up and sending again; after the last, the next tick carries on."""

TOO_LATE = "the time for the day's orders was over before Alpaca could be reached"
PAUSED = "investing was paused in the meantime"

SHORTEST_WAIT = 0.5
"""Seconds between rounds at least, whatever the broker says of its rate limit."""

LONGEST_TURNED_AWAY = 180.0
"""Seconds that a call waits for the broker's rate limit in all: three of Alpaca's minutes are 600 orders."""

DOUBT_AFTER_WINDOW = timedelta(minutes=1)
"""How long after its window an order that is not found may still be on its way; only then it counts as not sent."""


def submit(run: Run, ports: Ports, *, sent_before: bool) -> bool:
    """Send what must be sent, and return whether the fate of every order is known.

    `sent_before`: an earlier call may have sent orders that the ledger still has as planned, so they are looked up
    first. Every answer is in the ledger before the next order is touched.
    """
    if run.window is None:
        return True
    planned = list(run.of(OrderState.PLANNED))
    doubtful = list(run.of(OrderState.UNKNOWN))
    to_send: list[Order] = []
    if sent_before:
        doubtful += [orders.after(order, Unknown("it may have been sent before an interruption")) for order in planned]
    else:
        to_send = planned
    pauses = iter(LOOK_UP_PAUSES)
    patience = ports.pace.monotonic() + LONGEST_TURNED_AWAY
    while True:
        if doubtful:
            doubtful, missing = _look_up(run, run.window, doubtful, ports)
            to_send += missing
        if to_send and not ports.ledger.may_send(run.key):
            # Paused meanwhile. Until its window is over the run waits for the owner to resume.
            return False
        sent = _send(run, run.window, to_send, ports)
        doubtful += sent.unknown
        to_send = sent.turned_away
        if not doubtful and not to_send:
            return True
        if to_send and ports.pace.monotonic() < patience:
            # Being turned away is no failure and uses no round up.
            pause: float | None = max(sent.wait, SHORTEST_WAIT)
        else:
            pause = next(pauses, None)
        if pause is None or ports.pace.wait(pause):
            return False


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a round of sending left open, and the seconds after which the broker listens again."""

    unknown: list[Order]
    turned_away: list[Order]
    wait: float


def _look_up(run: Run, window: Window, doubtful: Iterable[Order], ports: Ports) -> tuple[list[Order], list[Order]]:
    """Ask the broker for orders that may exist; return those still in doubt, and those to send again."""
    wanted = {order.intent.client_order_id: order for order in doubtful}
    # The time first: a slow look-up must not make an order's doubt look older than it is.
    now = ports.broker.clock().now
    answers = ports.broker.find(list(wanted))
    still: list[Order] = []
    missing: list[Order] = []
    for identity, order in wanted.items():
        match answers[identity]:
            case NotFound() if now in window:
                missing.append(order)
            case NotFound() if now < window.closes + DOUBT_AFTER_WINDOW:
                still.append(order)
            case NotFound():
                late = NotSent(TOO_LATE if ports.ledger.may_send(run.key) else PAUSED)
                ports.ledger.record(run.key, orders.after(order, late))
            case Accepted() | Unknown() as answer:
                known = orders.after(order, answer)
                ports.ledger.record(run.key, known)
                if known.state is OrderState.UNKNOWN:
                    still.append(known)
    return still, missing


def _send(run: Run, window: Window, to_send: list[Order], ports: Ports) -> _Sent:
    """Send orders at once, and store each answer as it comes."""
    by_id = {order.intent.client_order_id: order for order in to_send}
    sent = _Sent([], [], 0.0)
    for identity, answer in _answers(to_send, window, ports):
        before = by_id[identity]
        if isinstance(answer, TurnedAway):
            sent.turned_away.append(before)
            sent = replace(sent, wait=max(sent.wait, answer.seconds))
            continue
        if isinstance(answer, NotSent) and before.state is OrderState.UNKNOWN:
            # This try left nothing; an earlier one may still be on its way.
            sent.unknown.append(before)
            continue
        if isinstance(answer, Rejected) and before.state is OrderState.UNKNOWN:
            # An earlier try may have landed meanwhile, and taken the very money that this one lacked.
            found = ports.broker.find([identity])[identity]
            answer = answer if isinstance(found, NotFound) else found  # noqa: PLW2901  the better answer
        order = orders.after(before, answer)
        ports.ledger.record(run.key, order)
        if order.state is OrderState.UNKNOWN:
            sent.unknown.append(order)
    return sent


def _answers(to_send: list[Order], window: Window, ports: Ports) -> Iterator[tuple[str, Submission]]:
    intents = [order.intent for order in to_send]
    if not intents:
        return
    try:
        yield from ports.broker.submit(intents, window)
    except BrokerAway as away:
        # Its rate limit can turn the workers away while they still connect: then nothing has been sent.
        if not away.wait:
            raise
        for intent in intents:
            yield intent.client_order_id, TurnedAway(away.wait)
