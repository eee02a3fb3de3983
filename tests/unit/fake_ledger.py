"""A ledger in memory that notes in the shared list what it was told, and refuses what the real one refuses."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from core.activities import Activity
from core.alerts import Alert
from core.investing import LimitReached, Plan, Skip
from core.money import Cents
from core.orders import Order, OrderState
from core.rebalancing.plan import Undertaking
from core.reporting.snapshots import Snapshot
from core.runs import Footing, Run, RunKey, RunState
from core.schedule import Routine, Window
from tests.unit.fakes import Events


class IllegalTransition(Exception):
    """The ledger was told something that cannot be."""


@dataclass
class FakeLedger:
    """A ledger in memory that refuses what the real one refuses. A change either happened whole or not at all."""

    events: Events
    runs: dict[RunKey, Run] = field(default_factory=dict)
    said: list[Alert] = field(default_factory=list)
    said_at: list[datetime] = field(default_factory=list)
    versions: dict[RunKey, int] = field(default_factory=dict)
    opened_at: dict[RunKey, datetime] = field(default_factory=dict)
    skips: dict[RunKey, Skip] = field(default_factory=dict)
    undertakings: dict[RunKey, Undertaking] = field(default_factory=dict)
    known: dict[str, Activity] = field(default_factory=dict)
    days: dict[date, Snapshot] = field(default_factory=dict)
    spent_elsewhere: Cents = 0
    paused: bool = False

    def run(self, key: RunKey) -> Run | None:
        """Return a run."""
        return self.runs.get(key)

    def footing(self) -> Footing:
        """Return how many orders there are, and the run that is under way."""
        running = next((run.key for run in self.runs.values() if not run.state.is_final), None)
        return Footing(sum(len(run.orders) for run in self.runs.values()), running)

    def open_run(
        self,
        key: RunKey,
        plan: Plan,
        window: Window,
        *,
        footing: Footing | None,
        allocation_version: int,
        limit: Cents | None,
        at: datetime,
        remarks: tuple[str, ...] = (),
        undertaking: Undertaking | None = None,
    ) -> Run | LimitReached:
        """Store a run with its intents, within the limit."""
        self.events.step("ledger opened")
        self._must_be_new(key)
        if footing is not None and (self.footing() != footing or footing.running):
            raise IllegalTransition(f"{key} was overtaken")
        used = self.spent_on(key.account, key.day)
        if limit is not None and used + plan.cash > limit:
            return LimitReached(used, limit)
        orders = tuple(
            Order(intent, OrderState.REJECTED, reason=plan.troubles[intent.symbol])
            if intent.symbol in plan.troubles
            else Order(intent)
            for intent in plan.intents
        )
        self.runs[key] = Run(key, RunState.PLANNED, plan.free_cash, window, orders, remarks)
        self.versions[key], self.opened_at[key] = allocation_version, at
        if undertaking is not None:
            self.undertakings[key] = undertaking
        return self.runs[key]

    def may_send(self, key: RunKey) -> bool:
        """Return whether investing is not paused."""
        self._running(key)
        return not self.paused

    def mark(self, key: RunKey, state: RunState) -> None:
        """Move a run on."""
        self.events.step(f"ledger {state}")
        order = list(RunState)
        if (
            state.is_final
            or self._running(key).state.is_final
            or order.index(state) < order.index(self.runs[key].state)
        ):
            raise IllegalTransition(f"{self.runs[key].state} to {state}")
        self.runs[key] = replace(self.runs[key], state=state)

    def record(self, key: RunKey, order: Order) -> None:
        """Store what became of an order."""
        self.events.step(f"ledger has {order.intent.client_order_id} {order.state}")
        self._write_down(key, order)

    def undertaking(self, key: RunKey) -> Undertaking | None:
        """Return what a rebalancing set out to do."""
        return self.undertakings.get(key)

    def finish(
        self,
        key: RunKey,
        state: RunState,
        alert: Alert,
        *,
        at: datetime,
        also: Sequence[tuple[RunKey, RunState]] = (),
    ) -> None:
        """End a run, and others with it, and say so."""
        self.events.step(f"ledger {state}")
        for one, its in ((key, state), *also):
            if not its.is_final or self._running(one).state.is_final:
                raise IllegalTransition(f"{self.runs[one].state} to {its}")
            self.runs[one] = replace(self.runs[one], state=its)
        self._say(alert, at)

    def skip(self, key: RunKey, skip: Skip, alert: Alert, *, cash: Cents, at: datetime) -> None:
        """Store a run without orders and say why."""
        self.events.step("ledger skipped")
        self._must_be_new(key)
        self.runs[key] = Run(key, RunState.SKIPPED, cash, None)
        self.skips[key] = skip
        self._say(alert, at)

    def miss(self, keys: Sequence[RunKey], reason: str, alert: Alert, *, at: datetime) -> None:
        """Store missed runs and say so."""
        self.events.step("ledger missed")
        for key in keys:
            self._must_be_new(key)
            self.runs[key] = Run(key, RunState.MISSED, 0, None)
        self._say(alert, at)

    def report(self, key: RunKey, alert: Alert, snapshots: Sequence[Snapshot], *, at: datetime) -> None:
        """Store a report's run with its snapshots and say it."""
        self.events.step("ledger reported")
        self._must_be_new(key)
        self.runs[key] = Run(key, RunState.DONE, 0, None)
        for snapshot in snapshots:
            if snapshot.day not in self.days or self.days[snapshot.day].reconstructed:
                self.days[snapshot.day] = snapshot
        self._say(alert, at)

    def keep_activities(self, activities: Sequence[Activity]) -> None:
        """Store the activities that are not known yet."""
        self.events.step("ledger keeps activities")
        for activity in activities:
            self.known.setdefault(activity.id, activity)

    def activities(self) -> tuple[Activity, ...]:
        """Return what moved the money, by day and id."""
        return tuple(sorted(self.known.values(), key=lambda one: (one.day, one.id)))

    def snapshots(self, since: date | None = None) -> tuple[Snapshot, ...]:
        """Return the days' ends, oldest first."""
        return tuple(self.days[day] for day in sorted(self.days) if since is None or day >= since)

    def filled_since(self, day: date) -> tuple[Order, ...]:
        """Return what was traded from a day on."""
        return tuple(order for _, order in self.fills_since(day))

    def fills_since(self, day: date) -> tuple[tuple[date, Order], ...]:
        """Return what was traded from a day on, and when."""
        runs = sorted((run for run in self.runs.values() if run.key.day >= day), key=lambda run: run.key.day)
        return tuple((run.key.day, order) for run in runs for order in run.orders if order.filled_quantity > 0)

    def open_orders(self) -> tuple[tuple[RunKey, Order], ...]:
        """Return what finished runs left open."""
        ended = [run for run in self.runs.values() if run.state.is_final]
        return tuple((run.key, order) for run in ended for order in run.orders if not order.state.is_final)

    def follow_up(self, changes: Sequence[tuple[RunKey, Order]], alert: Alert, *, at: datetime) -> None:
        """Store later news and say them."""
        self.events.step("ledger follow-up")
        for key, order in changes:
            self._write_down(key, order)
        self._say(alert, at)

    def spent_on(self, account: str, day: date) -> Cents:
        """Return what the day has taken."""
        mine = [
            run
            for run in self.runs.values()
            if (run.key.account, run.key.day) == (account, day) and run.key.routine is not Routine.REBUY
        ]
        return self.spent_elsewhere + sum(order.committed for run in mine for order in run.orders)

    def _say(self, alert: Alert, at: datetime) -> None:
        self.said.append(alert)
        self.said_at.append(at)

    def _must_be_new(self, key: RunKey) -> None:
        if key in self.runs:
            raise IllegalTransition(f"{key} is there already")

    def _running(self, key: RunKey) -> Run:
        if key not in self.runs:
            raise IllegalTransition(f"{key} is not there")
        return self.runs[key]

    def _write_down(self, key: RunKey, order: Order) -> None:
        run = self._running(key)
        before = {one.intent: one for one in run.orders}
        if order.intent not in before:
            raise IllegalTransition(f"{order.intent} is not an intent of {key}")
        if before[order.intent].state.is_final and before[order.intent] != order:
            raise IllegalTransition(f"{order.intent.client_order_id} was {before[order.intent].state} for good")
        before[order.intent] = order
        self.runs[key] = replace(run, orders=tuple(before.values()))
