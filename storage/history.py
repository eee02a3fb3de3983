"""What the ledger knows: runs and orders, read."""

from datetime import date

from sqlmodel import Session, col, select

from core.money import Cents
from core.orders import Order, OrderState
from core.rebalancing.plan import Undertaking
from core.runs import Run, RunKey, RunState
from core.schedule import Routine
from storage import rows
from storage.chronicle import with_orders
from storage.database import AccountRecords
from storage.errors import NoSuchRun, OtherAccount
from storage.outcomes import Outcome
from storage.tables import OrderRow, RunRow

_FINAL = tuple(state for state in RunState if state.is_final)
# What is not final is few among very many: listed, not negated, and sorted only after it was read, so that SQLite goes
# by the index of states. Asked for an order by id, it reads the account's whole history in that order instead.
RUNNING = tuple(state for state in RunState if not state.is_final)
# By their names, because SQLite leaves the index of days for "all but one".
_SPENDING = tuple(routine for routine in Routine if routine is not Routine.REBUY)
_OPEN_ORDER = tuple(state for state in OrderState if not state.is_final)


class History(AccountRecords):
    """The runs and orders of one account. Reading commands use it beside the running service."""

    def run(self, key: RunKey) -> Run | None:
        """Return a run with its orders, None when there is none."""
        with self._database.reading() as session:
            row = self._find(session, key)
            return None if row is None else with_orders(session, [row])[0]

    def outcome(self, key: RunKey) -> Outcome | None:
        """Return why a run ended before any order, None when it did not. Raises NoSuchRun."""
        with self._database.reading() as session:
            return self._existing(session, key).outcome

    def undertaking(self, key: RunKey) -> Undertaking | None:
        """Return what a rebalancing set out to do, None for any other run. Raises NoSuchRun."""
        with self._database.reading() as session:
            return self._existing(session, key).undertaking

    def last_day(
        self, routine: Routine, *, number: int | None = None, ordering: bool = False, before: date | None = None
    ) -> date | None:
        """Return the day of a routine's latest run, None when there is none.

        `number`: of those with this one; `ordering`: of those that came to orders; `before`: of those of earlier days.
        """
        latest = select(col(RunRow.day)).where(RunRow.account == self._account, RunRow.routine == routine)
        if number is not None:
            latest = latest.where(RunRow.number == number)
        if before is not None:
            latest = latest.where(RunRow.day < before)
        if ordering:
            latest = latest.where(select(OrderRow.id).where(OrderRow.run_id == RunRow.id).exists())
        with self._database.reading() as session:
            return session.exec(latest.order_by(col(RunRow.day).desc()).limit(1)).first()

    def runs_on(self, routine: Routine, day: date) -> tuple[Run, ...]:
        """Return a routine's runs of a day, by number."""
        with self._database.reading() as session:
            found = session.exec(
                select(RunRow)
                .where(RunRow.account == self._account, RunRow.routine == routine, RunRow.day == day)
                .order_by(col(RunRow.number))
            ).all()
            return with_orders(session, found)

    def unfinished(self) -> tuple[Run, ...]:
        """Return the runs that have not ended, oldest first: a process that was killed left them."""
        with self._database.reading() as session:
            found = session.exec(select(RunRow).where(RunRow.account == self._account, col(RunRow.state).in_(RUNNING)))
            return with_orders(session, sorted(found, key=rows.id_of))

    def ended(self, since: date) -> frozenset[tuple[Routine, date]]:
        """Return which scheduled runs have ended, from a day on."""
        with self._database.reading() as session:
            found = session.exec(
                select(RunRow).where(
                    RunRow.account == self._account,
                    RunRow.number == 0,
                    RunRow.day >= since,
                    col(RunRow.state).in_(_FINAL),
                )
            )
            return frozenset((Routine(run.routine), run.day) for run in found)

    def last_run(self) -> Run | None:
        """Return the run of the latest day and number, ended or not, None when there is none."""
        with self._database.reading() as session:
            found = session.exec(
                select(RunRow)
                .where(RunRow.account == self._account)
                .order_by(col(RunRow.day).desc(), col(RunRow.number).desc(), col(RunRow.id).desc())
                .limit(1)
            ).all()
            return next(iter(with_orders(session, found)), None)

    def has_invested(self) -> bool:
        """Return whether any run ever came to orders."""
        with self._database.reading() as session:
            return (
                session.exec(select(OrderRow.id).where(OrderRow.account == self._account).limit(1)).first() is not None
            )

    def open_orders(self) -> tuple[tuple[RunKey, Order], ...]:
        """Return the orders of finished runs that are not final yet, oldest first."""
        with self._database.reading() as session:
            found = session.exec(
                select(OrderRow, RunRow).where(
                    OrderRow.run_id == RunRow.id,
                    OrderRow.account == self._account,
                    col(OrderRow.state).in_(_OPEN_ORDER),
                    col(RunRow.state).in_(_FINAL),
                )
            )
            oldest_first = sorted(found, key=lambda pair: rows.id_of(pair[0]))
            return tuple((rows.key_of(run), rows.order_of(order)) for order, run in oldest_first)

    def filled_since(self, day: date) -> tuple[Order, ...]:
        """Return the orders of runs from a day on of which anything was filled, oldest first."""
        return tuple(order for _, order in self.fills_since(day))

    def fills_since(self, day: date) -> tuple[tuple[date, Order], ...]:
        """Return the same orders as `filled_since`, each with the day of its run."""
        with self._database.reading() as session:
            found = session.exec(
                select(RunRow, OrderRow)
                .where(OrderRow.run_id == RunRow.id, RunRow.account == self._account, RunRow.day >= day)
                .order_by(col(RunRow.day), col(OrderRow.id))
            )
            return tuple((run.day, rows.order_of(row)) for run, row in found if row.filled_quantity > 0)

    def spent_on(self, account: str, day: date) -> Cents:
        """Return what the day's orders have taken or may still take, in cents."""
        with self._database.reading() as session:
            return spent(session, account, day)

    def _find(self, session: Session, key: RunKey) -> RunRow | None:
        if key.account != self._account:
            raise OtherAccount(key, self._account)
        return session.exec(
            select(RunRow).where(
                RunRow.account == key.account,
                RunRow.routine == key.routine,
                RunRow.day == key.day,
                RunRow.number == key.number,
            )
        ).one_or_none()

    def _existing(self, session: Session, key: RunKey) -> RunRow:
        row = self._find(session, key)
        if row is None:
            raise NoSuchRun(key)
        return row


def spent(session: Session, account: str, day: date) -> Cents:
    """Return, within a transaction, what an account's orders of a day have taken or may still take, in cents.

    What a rebalancing buys is paid by what it sold, and does not count.
    """
    found = session.exec(
        select(OrderRow).where(
            OrderRow.run_id == RunRow.id,
            RunRow.account == account,
            RunRow.day == day,
            col(RunRow.routine).in_(_SPENDING),
        )
    )
    return sum(rows.order_of(row).committed for row in found)
