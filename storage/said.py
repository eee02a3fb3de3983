"""What was said, looked back at: which alerts, how far each delivery came, and what the SMS were billed as."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from core.alerts import Alert
from storage import rows
from storage.database import AccountRecords
from storage.outbox_tables import AlertRow, DeliveryRow, DeliveryState
from storage.posting import Recipient

OPEN = (DeliveryState.WAITING, DeliveryState.HELD)

MOST_AT_ONCE = 20
"""No instant has so many alerts: a tick says one for each of the runs that it ends."""


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """How far one part of an alert came on its way to one recipient."""

    recipient: Recipient
    part: int
    state: DeliveryState
    attempts: int
    error: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SaidAlert:
    """An alert with its deliveries, in the order in which they go; none when it was off everywhere."""

    id: int
    alert: Alert
    at: datetime
    deliveries: tuple[DeliveryStatus, ...]


class Said(AccountRecords):
    """What was said for one account."""

    def recent(self, limit: int, before: int | None = None) -> tuple[SaidAlert, ...]:
        """Return the newest alerts, newest first; with `before` those older than the alert of that id."""
        newest = (
            select(AlertRow).where(AlertRow.account == self._account).order_by(col(AlertRow.id).desc()).limit(limit)
        )
        if before is not None:
            newest = newest.where(col(AlertRow.id) < before)
        with self._database.reading() as session:
            return _said(session, session.exec(newest).all())

    def at(self, instant: datetime) -> tuple[SaidAlert, ...]:
        """Return the alerts that were said at exactly this instant, oldest first: a run's are said as it ends."""
        with self._database.reading() as session:
            found = session.exec(
                select(AlertRow)
                .where(AlertRow.account == self._account, AlertRow.said_at == instant)
                .order_by(col(AlertRow.id))
                .limit(MOST_AT_ONCE)
            )
            return _said(session, found.all())

    def undelivered_count(self, recipient: Recipient | None = None) -> int:
        """Return how many deliveries, of one recipient or of all, wait or are held."""
        count = select(func.count()).where(DeliveryRow.account == self._account, col(DeliveryRow.state).in_(OPEN))
        if recipient is not None:
            count = count.where(DeliveryRow.channel == recipient.channel, DeliveryRow.recipient == recipient.address)
        with self._database.reading() as session:
            return session.exec(count.select_from(DeliveryRow)).one()

    def segments_since(self, at: datetime) -> int:
        """Return how many segments the SMS delivered from an instant on were billed as."""
        with self._database.reading() as session:
            billed = session.exec(
                select(func.sum(DeliveryRow.segments)).where(
                    DeliveryRow.account == self._account,
                    col(DeliveryRow.ended_at) >= at,
                    DeliveryRow.state == DeliveryState.DELIVERED,
                )
            ).one()
            return billed or 0


def _said(session: Session, alerts: Sequence[AlertRow]) -> tuple[SaidAlert, ...]:
    deliveries = _deliveries(session, (rows.id_of(alert) for alert in alerts))
    return tuple(
        SaidAlert(id_, rows.alert_of(alert), alert.said_at, tuple(deliveries.get(id_, ())))
        for alert in alerts
        for id_ in [rows.id_of(alert)]
    )


def _deliveries(session: Session, alerts: Iterable[int]) -> dict[int, list[DeliveryStatus]]:
    found = session.exec(
        select(DeliveryRow).where(col(DeliveryRow.alert_id).in_(list(alerts))).order_by(col(DeliveryRow.id))
    )
    of: dict[int, list[DeliveryStatus]] = {}
    for row in found:
        recipient = Recipient(row.channel, row.recipient)
        of.setdefault(row.alert_id, []).append(
            DeliveryStatus(recipient, row.part, DeliveryState(row.state), row.attempts, row.error, row.ended_at)
        )
    return of
