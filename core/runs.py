"""Runs: one routine on one trading day, as the ledger holds it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.money import Cents
from core.orders import Order, OrderState, Side
from core.schedule import Routine, Window
from core.symbols import one_word

LONGEST_CLIENT_ORDER_ID = 48


class RunState(StrEnum):
    """Where a run stands; the last four are final."""

    PLANNED = "planned"
    SUBMITTING = "submitting"
    SETTLING = "settling"
    DONE = "done"
    SKIPPED = "skipped"
    MISSED = "missed"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether the run has ended and was said."""
        return self in {RunState.DONE, RunState.SKIPPED, RunState.MISSED, RunState.FAILED}


@dataclass(frozen=True, slots=True)
class RunKey:
    """What makes a run the only one of its kind. Number 0 is the scheduled run, later ones are the owner's taps."""

    account: str
    routine: Routine
    day: date
    number: int = 0

    def __str__(self) -> str:
        """Return the run's name in logs, with which the ids of its orders begin: `main-20261127-invest-0`."""
        return f"{self.account}-{self.day:%Y%m%d}-{self.routine}-{self.number}"

    def client_order_id(self, symbol: str, side: Side = Side.BUY) -> str:
        """Return the one id that an intent of this run can ever have, so that sending it again cannot buy twice.

        Raises ValueError above 48 characters, which only an overlong account name can cause.
        """
        identity = f"{self}-{one_word(symbol)}-{side}"
        if len(identity) > LONGEST_CLIENT_ORDER_ID:
            raise ValueError(f"client order id {identity} is longer than {LONGEST_CLIENT_ORDER_ID} characters")
        return identity


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the ledger with its orders, in the allocation's order.

    `cash` is the free cash that it found in the account, reserve included, in cents. Orders are sent only within
    `window`; None for a run without orders. `remarks` are whole sentences on what its plan held back.
    """

    key: RunKey
    state: RunState
    cash: Cents
    window: Window | None
    orders: tuple[Order, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def cash_left(self) -> Cents:
        """What the run left of the account's free cash, in cents; never below 0."""
        return max(0, self.cash - sum(order.committed for order in self.orders))

    def of(self, *states: OrderState) -> tuple[Order, ...]:
        """Return the orders in any of these states."""
        return tuple(order for order in self.orders if order.state in states)


@dataclass(frozen=True, slots=True)
class Footing:
    """What a decision about the account rests on: the newest order's number, 0 without any, and the run under way.

    The orders of a run that is under way are in no account yet, or in part: what is decided then is only to be shown.
    """

    newest_order: int
    running: RunKey | None
