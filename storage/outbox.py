"""The outbox: what was said, and its way to each recipient, in order, across restarts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from core.alerts import Alert
from storage.database import Database
from storage.errors import NoSuchDelivery
from storage.rows import alert_of
from storage.tables import AlertRow, DeliveryRow, DeliveryState

# No next try is ever set further ahead than this, whatever wait a channel asks for: one that lies further ahead was
# set before the machine's clock went back, and does not count.
LONGEST_WAIT = timedelta(hours=1)

_OPEN = (DeliveryState.WAITING, DeliveryState.HELD)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Someone to tell, and through which channel."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """An alert on its way to one recipient. `attempts` counts those begun, `created_at` is when the alert was said."""

    id: int
    alert: Alert
    channel: str
    recipient: str
    part: int
    attempts: int
    created_at: datetime


def post(
    session: Session,
    account: str,
    recipients: Sequence[Recipient],
    alert: Alert,
    at: datetime,
    *,
    once_key: str | None = None,
) -> int:
    """Write an alert and a delivery for each recipient within a transaction, and return the alert's id."""
    said = AlertRow(
        account=account,
        kind=alert.kind,
        text=alert.text,
        title=alert.title,
        table=alert.table,
        notes=alert.notes,
        confirmation=alert.confirmation,
        once_key=once_key,
        said_at=at,
    )
    session.add(said)
    session.flush()
    alert_id = said.id
    assert alert_id is not None  # noqa: S101 - flushed: it has its key
    session.add_all(
        DeliveryRow(account=account, alert_id=alert_id, channel=recipient.channel, recipient=recipient.address)
        for recipient in recipients
    )
    return alert_id


class Outbox:
    """The deliveries of an account. Each change is committed when its method returns."""

    def __init__(self, database: Database, account: str, recipients: Sequence[Recipient]) -> None:
        self._database = database
        self._account = account
        self._recipients = tuple(recipients)

    def say(
        self,
        alert: Alert,
        at: datetime,
        *,
        once_key: str | None = None,
        except_by: str | None = None,
        except_to: Recipient | None = None,
    ) -> int | None:
        """Say something to every recipient, save those of the channel `except_by` and the one `except_to`.

        Returns the alert's id. With a `once_key` under which something was said and not cleared since, nothing is
        said and None is returned.
        """
        with self._database.writing() as session:
            if once_key is not None and self._said(session, once_key):
                return None
            recipients = [one for one in self._recipients if one.channel != except_by and one != except_to]
            return post(session, self._account, recipients, alert, at, once_key=once_key)

    def clear(self, *once_keys: str) -> bool:
        """Let keys be said again; return whether any was said."""
        with self._database.writing() as session:
            said = self._said(session, *once_keys)
            for alert in said:
                alert.once_key = None
            return bool(said)

    def due(self, now: datetime) -> tuple[Delivery, ...]:
        """Return what to send now, oldest first: for each recipient of a channel at most its oldest open delivery.

        What waits, or is held, keeps back everything behind it, so nobody reads the news in the wrong order.
        """
        with self._database.reading() as session:
            return tuple(
                _delivery(row, said)
                for row, said in self._foremost(session)
                if row.next_try is None or row.next_try <= now or row.next_try > now + LONGEST_WAIT
            )

    def next_due(self) -> datetime | None:
        """Return when something is due next, None when nothing waits. A time in the past means now."""
        with self._database.reading() as session:
            return min((row.next_try or said.said_at for row, said in self._foremost(session)), default=None)

    def attempting(self, delivery: int, at: datetime) -> None:
        """Count an attempt, before it is made: one that kills the process counts too."""
        with self._database.writing() as session:
            row = self._open(session, delivery)
            row.attempts += 1
            row.attempted_at = at

    def delivered(self, delivery: int, receipt: str | None, at: datetime) -> None:
        """End a delivery that the channel accepted."""
        with self._database.writing() as session:
            row = self._open(session, delivery)
            row.state, row.receipt, row.error, row.ended_at = DeliveryState.DELIVERED, receipt, None, at

    def failed(self, delivery: int, error: str, at: datetime, wait: timedelta) -> None:
        """Let a delivery wait for its next try, from `at` on and at most LONGEST_WAIT."""
        with self._database.writing() as session:
            row = self._open(session, delivery)
            row.error, row.next_try = error, at + min(wait, LONGEST_WAIT)

    def refused(self, delivery: int, error: str, at: datetime, wait: timedelta) -> None:
        """Let a delivery wait as `failed` does, and take the attempt back: the channel took nothing, whatever it was.

        However long somebody needs to mend the channel, what waits for that does not come closer to being given up.
        """
        with self._database.writing() as session:
            row = self._open(session, delivery)
            row.error, row.next_try = error, at + min(wait, LONGEST_WAIT)
            row.attempts = max(0, row.attempts - 1)

    def hold(self, delivery: int, error: str) -> None:
        """Let a delivery wait until its recipient is released: someone who never pressed Start cannot be written to."""
        with self._database.writing() as session:
            row = self._open(session, delivery)
            row.state, row.error = DeliveryState.HELD, error

    def release(self, recipient: Recipient, at: datetime) -> int:
        """Let the held deliveries of a recipient be due from `at` on, and return how many there were.

        Cheap while nothing is held: it only reads then, and waits for no writer.
        """
        with self._database.reading() as session:
            if not self._held(session, recipient):
                return 0
        with self._database.writing() as session:
            held = self._held(session, recipient)
            for row in held:
                row.state, row.next_try = DeliveryState.WAITING, at
            return len(held)

    def give_up(self, delivery: int, error: str, at: datetime) -> None:
        """End a delivery that will not be tried again; what is behind it goes on."""
        with self._database.writing() as session:
            row = self._open(session, delivery)
            row.state, row.error, row.ended_at = DeliveryState.GIVEN_UP, error, at

    def undelivered_count(self, recipient: Recipient | None = None) -> int:
        """Return how many deliveries, of one recipient or of all, wait or are held."""
        count = select(func.count()).where(DeliveryRow.account == self._account, col(DeliveryRow.state).in_(_OPEN))
        if recipient is not None:
            count = count.where(DeliveryRow.channel == recipient.channel, DeliveryRow.recipient == recipient.address)
        with self._database.reading() as session:
            return session.exec(count.select_from(DeliveryRow)).one()

    def _held(self, session: Session, recipient: Recipient) -> Sequence[DeliveryRow]:
        return session.exec(
            select(DeliveryRow).where(
                DeliveryRow.account == self._account,
                DeliveryRow.channel == recipient.channel,
                DeliveryRow.recipient == recipient.address,
                DeliveryRow.state == DeliveryState.HELD,
            )
        ).all()

    def _foremost(self, session: Session) -> list[tuple[DeliveryRow, AlertRow]]:
        """Return, oldest first, the oldest open delivery of each recipient of a channel that is not held."""
        foremost = (
            select(func.min(DeliveryRow.id))
            .where(DeliveryRow.account == self._account, col(DeliveryRow.state).in_(_OPEN))
            .group_by(col(DeliveryRow.channel), col(DeliveryRow.recipient))
        )
        found = session.exec(
            select(DeliveryRow, AlertRow)
            .where(
                DeliveryRow.alert_id == AlertRow.id,
                col(DeliveryRow.id).in_(foremost),
                DeliveryRow.state == DeliveryState.WAITING,
            )
            .order_by(col(DeliveryRow.id))
        )
        return [(row, said) for row, said in found]

    def _open(self, session: Session, delivery: int) -> DeliveryRow:
        row = session.get(DeliveryRow, delivery)
        if row is None or row.account != self._account or row.state not in _OPEN:
            raise NoSuchDelivery(delivery)
        return row

    def _said(self, session: Session, *once_keys: str) -> Sequence[AlertRow]:
        return session.exec(
            select(AlertRow).where(AlertRow.account == self._account, col(AlertRow.once_key).in_(once_keys))
        ).all()


def _delivery(row: DeliveryRow, said: AlertRow) -> Delivery:
    assert row.id is not None  # noqa: S101 - read from the table: it has its key
    return Delivery(row.id, alert_of(said), row.channel, row.recipient, row.part, row.attempts, said.said_at)
