"""The outbox: what was said, and its way to each recipient, in order, across restarts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, and_, col, func, or_, select

from core.alerts import Alert
from storage.database import Database
from storage.errors import NoSuchDelivery
from storage.outbox_tables import AlertRow, DeliveryRow, DeliveryState
from storage.posting import Recipient, post
from storage.rows import alert_of
from storage.said import OPEN, Said

__all__ = ["LONGEST_QUIET", "LONGEST_WAIT", "Delivery", "Outbox", "Recipient"]

# No next try is ever set further ahead than this, whatever wait a channel asks for: one that lies further ahead was
# set before the machine's clock went back, and does not count.
LONGEST_WAIT = timedelta(hours=1)

# Quiet hours end within a day, even one of 25 hours; what is kept back for longer was so before the clock went back.
LONGEST_QUIET = timedelta(hours=25)

# The turn of what waits for nothing. Not when it was said: that is the market's time, which may be ahead of this one.
_AT_ONCE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An alert on its way to one recipient.

    `part` 0 is its words, part n its nth picture (`alert.pictures[n - 1]`). `attempts` counts those begun, `created_at`
    is when the alert was said. A `silent` one is shown without a sound.
    """

    id: int
    alert: Alert
    channel: str
    recipient: str
    part: int
    attempts: int
    created_at: datetime
    silent: bool = False


class Outbox(Said):
    """The deliveries of an account. Each change is committed when its method returns."""

    def __init__(self, database: Database, account: str, recipients: Sequence[Recipient]) -> None:
        super().__init__(database, account)
        self._recipients = tuple(recipients)

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Everyone who hears every alert."""
        return self._recipients

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

        What waits, or is held, keeps back everything behind it, so nobody reads the news in the wrong order. Two things
        let others pass: what is kept back by quiet hours, because money does not wait for the morning, and a picture
        that waits for its next try, because pictures never cost words.
        """
        with self._database.reading() as session:
            return tuple(
                _delivery(row, said)
                for row, said in self._foremost(session, now)
                if row.next_try is None or row.next_try <= now or row.next_try > now + LONGEST_WAIT
            )

    def next_due(self) -> datetime | None:
        """Return when something is due next, None when nothing waits. A time in the past means now."""
        with self._database.reading() as session:
            return min(self._turns(session), default=None)

    def attempting(self, delivery: int, at: datetime) -> None:
        """Count an attempt, before it is made: one that kills the process counts too.

        From now on it keeps its place: the quiet hours that kept it back are over.
        """
        with self._database.writing() as session:
            row = self._open(session, delivery)
            row.attempts += 1
            row.attempted_at, row.not_before = at, None

    def delivered(self, delivery: int, receipt: str | None, at: datetime, segments: int | None = None) -> None:
        """End a delivery that the channel accepted; `segments` is what an SMS is billed as, None when it is none."""
        with self._database.writing() as session:
            row = self._open(session, delivery)
            row.segments = segments
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

    def _held(self, session: Session, recipient: Recipient) -> Sequence[DeliveryRow]:
        return session.exec(
            select(DeliveryRow).where(
                DeliveryRow.account == self._account,
                DeliveryRow.channel == recipient.channel,
                DeliveryRow.recipient == recipient.address,
                DeliveryRow.state == DeliveryState.HELD,
            )
        ).all()

    def _foremost(self, session: Session, now: datetime) -> list[tuple[DeliveryRow, AlertRow]]:
        """Return, oldest first, the one delivery of each recipient of a channel whose turn it is, unless it is held."""
        kept_back, next_try = col(DeliveryRow.not_before), col(DeliveryRow.next_try)
        foremost = (
            select(func.min(DeliveryRow.id))
            .where(
                DeliveryRow.account == self._account,
                col(DeliveryRow.state).in_(OPEN),
                or_(kept_back.is_(None), kept_back <= now, kept_back > now + LONGEST_QUIET),
                or_(
                    DeliveryRow.part == 0,
                    DeliveryRow.state == DeliveryState.HELD,
                    next_try.is_(None),
                    next_try <= now,
                    next_try > now + LONGEST_WAIT,
                ),
            )
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

    def _turns(self, session: Session) -> Iterator[datetime]:
        """Give when the turn of each delivery comes that nothing before it keeps back until further notice."""
        # The first words of a recipient that quiet hours do not keep back: nothing behind them has a turn.
        blocking = (
            select(DeliveryRow.channel, DeliveryRow.recipient, func.min(DeliveryRow.id).label("id"))
            .where(
                DeliveryRow.account == self._account,
                col(DeliveryRow.state).in_(OPEN),
                col(DeliveryRow.not_before).is_(None),
                or_(DeliveryRow.part == 0, DeliveryRow.state == DeliveryState.HELD),
            )
            .group_by(col(DeliveryRow.channel), col(DeliveryRow.recipient))
            .subquery()
        )
        found = session.exec(
            select(DeliveryRow.not_before, DeliveryRow.next_try)
            .outerjoin(
                blocking,
                and_(blocking.c.channel == DeliveryRow.channel, blocking.c.recipient == DeliveryRow.recipient),
            )
            .where(
                DeliveryRow.account == self._account,
                DeliveryRow.state == DeliveryState.WAITING,
                or_(blocking.c.id.is_(None), col(DeliveryRow.id) <= blocking.c.id),
            )
        )
        for not_before, next_try in found:
            yield not_before or next_try or _AT_ONCE

    def _open(self, session: Session, delivery: int) -> DeliveryRow:
        row = session.get(DeliveryRow, delivery)
        if row is None or row.account != self._account or row.state not in OPEN:
            raise NoSuchDelivery(delivery)
        return row

    def _said(self, session: Session, *once_keys: str) -> Sequence[AlertRow]:
        return session.exec(
            select(AlertRow).where(AlertRow.account == self._account, col(AlertRow.once_key).in_(once_keys))
        ).all()


def _delivery(row: DeliveryRow, said: AlertRow) -> Delivery:
    assert row.id is not None  # noqa: S101 - read from the table: it has its key
    return Delivery(
        row.id, alert_of(said), row.channel, row.recipient, row.part, row.attempts, said.said_at, row.silent
    )
