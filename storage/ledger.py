"""The ledger: runs, orders, and what was said of them, each change durable before its method returns."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from core.alerts import Alert
from core.investing import LimitReached, Plan, Skip
from core.money import Cents
from core.orders import Order
from core.rebalancing.plan import Undertaking
from core.reporting.snapshots import Snapshot
from core.runs import Footing, Run, RunKey, RunState
from core.schedule import Window
from storage import rows
from storage.bookkeeping import Bookkeeping, keep_snapshot
from storage.chronicle import Chronicle
from storage.control import Control
from storage.database import Database
from storage.errors import NoSuchOrder, OrderEnded, Overtaken, RunEnded, RunExists, WrongState
from storage.history import RUNNING, History, spent
from storage.outcomes import Missed, Outcome
from storage.posting import Recipient, post
from storage.tables import OrderRow, RunRow


class SqlLedger(History, Chronicle, Bookkeeping):
    """The ledger of one account, as `core.ports.Ledger` describes it. Every alert goes to all `recipients`."""

    def __init__(self, database: Database, account: str, recipients: Sequence[Recipient]) -> None:
        super().__init__(database, account)
        self._recipients = tuple(recipients)

    def footing(self) -> Footing:
        """Return what a decision about the account rests on, to be read before the account is."""
        with self._database.reading() as session:
            return self._footing(session)

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
        """Commit a run, its plan and every intent, if the day's orders stay within `limit` (None: no limit).

        Raises RunExists when the run is there already, and Overtaken when anything was ordered since the `footing`, or
        is by a run that is under way; without a footing, as in a rebalancing's second half, that is not asked.
        """
        with self._database.writing() as session:
            self._refuse_existing(session, key)
            if footing is not None:
                found = self._footing(session)
                if found != footing or found.running is not None:
                    raise Overtaken(key, found.running)
            if limit is not None:
                used = spent(session, key.account, key.day)
                if used + plan.cash > limit:
                    return LimitReached(used, limit)
            run = RunRow(
                account=key.account,
                routine=key.routine,
                day=key.day,
                number=key.number,
                state=RunState.PLANNED,
                cash=plan.free_cash,
                allocation_version=allocation_version,
                window_opens=window.opens,
                window_closes=window.closes,
                opened_at=at,
                remarks=remarks,
                undertaking=undertaking,
            )
            session.add(run)
            session.flush()
            orders = [
                rows.planned(intent, run, position, plan.troubles.get(intent.symbol))
                for position, intent in enumerate(plan.intents)
            ]
            session.add_all(orders)
            session.flush()
            return rows.run_of(run, orders)

    def may_send(self, key: RunKey) -> bool:
        """Return whether the owner lets the run's orders leave now: not while investing is paused."""
        return Control(self._database, key.account).paused(key.day) is None

    def mark(self, key: RunKey, state: RunState) -> None:
        """Commit that a run came to a state that is not final. Raises NoSuchRun, RunEnded, or WrongState."""
        if state.is_final:
            raise WrongState(key, state)
        with self._database.writing() as session:
            self._running(session, key, state).state = state

    def record(self, key: RunKey, order: Order) -> None:
        """Commit what became of an order of the run; saying the same again changes nothing.

        Raises NoSuchRun, NoSuchOrder, or OrderEnded when the order was final and is said to be something else now.
        """
        with self._database.writing() as session:
            self._write_down(session, key, order)

    def finish(
        self,
        key: RunKey,
        state: RunState,
        alert: Alert,
        *,
        at: datetime,
        also: Sequence[tuple[RunKey, RunState]] = (),
    ) -> None:
        """Commit a run's end with its alert and the alert's deliveries, all or nothing; other runs may end with it.

        Raises NoSuchRun, RunEnded, or WrongState for a state that is not final.
        """
        ends = ((key, state), *also)
        for one, its in ends:
            if not its.is_final:
                raise WrongState(one, its)
        with self._database.writing() as session:
            for one, its in ends:
                run = self._running(session, one, its)
                run.state, run.ended_at = its, at
            self._say(session, alert, at)

    def skip(self, key: RunKey, skip: Skip, alert: Alert, *, cash: Cents, at: datetime) -> None:
        """Commit a run that ended before any order, with why and its alert, all or nothing. Raises RunExists."""
        with self._database.writing() as session:
            session.add(self._ended(session, key, RunState.SKIPPED, skip, cash=cash, at=at))
            self._say(session, alert, at)

    def miss(self, keys: Sequence[RunKey], reason: str, alert: Alert, *, at: datetime) -> None:
        """Commit that these runs were missed, and one alert for all of them, all or nothing. Raises RunExists."""
        with self._database.writing() as session:
            for key in keys:
                session.add(self._ended(session, key, RunState.MISSED, Missed(reason), cash=0, at=at))
            self._say(session, alert, at)

    def report(self, key: RunKey, alert: Alert, snapshots: Sequence[Snapshot], *, at: datetime) -> None:
        """Commit a report's run as done, with its alert and the days' snapshots, all or nothing. Raises RunExists.

        A snapshot takes the place of a reconstructed one of its day; otherwise the first of a day stays.
        """
        with self._database.writing() as session:
            session.add(self._ended(session, key, RunState.DONE, None, cash=0, at=at))
            for snapshot in snapshots:
                keep_snapshot(session, self._account, snapshot, at)
            self._say(session, alert, at)

    def follow_up(self, changes: Sequence[tuple[RunKey, Order]], alert: Alert, *, at: datetime) -> None:
        """Commit what became of orders after their run ended, with its alert, all or nothing. Raises as `record`."""
        with self._database.writing() as session:
            for key, order in changes:
                self._write_down(session, key, order)
            self._say(session, alert, at)

    def _say(self, session: Session, alert: Alert, at: datetime) -> None:
        post(session, self._account, self._recipients, alert, at)

    def _refuse_existing(self, session: Session, key: RunKey) -> None:
        if self._find(session, key) is not None:
            raise RunExists(key)

    def _footing(self, session: Session) -> Footing:
        running = select(RunRow).where(RunRow.account == self._account, col(RunRow.state).in_(RUNNING)).limit(1)
        newest = select(col(OrderRow.id)).where(OrderRow.account == self._account).order_by(col(OrderRow.id).desc())
        run = session.exec(running).first()
        return Footing(session.exec(newest.limit(1)).first() or 0, None if run is None else rows.key_of(run))

    def _running(self, session: Session, key: RunKey, wanted: RunState) -> RunRow:
        run = self._existing(session, key)
        state = RunState(run.state)
        if state.is_final:
            raise RunEnded(key, state, wanted)
        return run

    def _ended(
        self, session: Session, key: RunKey, state: RunState, outcome: Outcome | None, *, cash: Cents, at: datetime
    ) -> RunRow:
        self._refuse_existing(session, key)
        return RunRow(
            account=key.account,
            routine=key.routine,
            day=key.day,
            number=key.number,
            state=state,
            cash=cash,
            outcome=outcome,
            opened_at=at,
            ended_at=at,
        )

    def _write_down(self, session: Session, key: RunKey, order: Order) -> None:
        run = self._existing(session, key)
        row = session.exec(
            select(OrderRow).where(OrderRow.run_id == run.id, OrderRow.client_order_id == order.intent.client_order_id)
        ).one_or_none()
        if row is None:
            raise NoSuchOrder(key, order.intent.client_order_id)
        before = rows.order_of(row)
        if before.intent != order.intent:
            raise NoSuchOrder(key, order.intent.client_order_id)
        if before.state.is_final and before != order:
            raise OrderEnded(order.intent.client_order_id, before.state, order.state)
        rows.write_down(row, order)
