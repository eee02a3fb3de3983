"""Posting: what is said becomes deliveries, by the owner's preferences, in the transaction that it belongs to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.alerts import Alert
from core.preferences import AlertPreferences, Mode
from storage.choices import ALERTS, chosen
from storage.outbox_tables import AlertRow, DeliveryRow
from storage.rows import id_of

PICTURE_CHANNELS = frozenset({"telegram"})
"""Channels that can show a picture; the others get the words."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Someone to tell, and through which channel."""

    channel: str
    address: str


def post(
    session: Session,
    account: str,
    recipients: Sequence[Recipient],
    alert: Alert,
    at: datetime,
    *,
    once_key: str | None = None,
) -> int:
    """Write an alert and its deliveries within a transaction, and return the alert's id.

    Each recipient gets the words (part 0) and, where the channel can show them, the pictures after them (parts 1 and
    up), unless the account's alert preferences have this kind off on the channel.
    """
    said = AlertRow(
        account=account,
        kind=alert.kind,
        text=alert.text,
        title=alert.title,
        table=alert.table,
        notes=alert.notes,
        confirmation=alert.confirmation,
        summary=alert.summary,
        pictures=alert.pictures,
        tables=alert.tables,
        once_key=once_key,
        said_at=at,
    )
    session.add(said)
    session.flush()
    alert_id = id_of(said)
    preferences = chosen(session, account, ALERTS, AlertPreferences) or AlertPreferences()
    channels = preferences.channels_for(alert.kind, {recipient.channel for recipient in recipients})
    session.add_all(
        DeliveryRow(
            account=account,
            alert_id=alert_id,
            channel=recipient.channel,
            recipient=recipient.address,
            part=part,
            silent=preferences.mode_of(alert.kind, recipient.channel, at) is Mode.SILENT,
            not_before=preferences.held_until(alert.kind, recipient.channel, at),
        )
        for part, recipient in _parts(alert, recipients)
        if recipient.channel in channels
    )
    return alert_id


def _parts(alert: Alert, recipients: Sequence[Recipient]) -> Iterator[tuple[int, Recipient]]:
    """Give everybody's words before anybody's pictures: the order in which deliveries are numbered, and go."""
    for part in range(len(alert.pictures) + 1):
        for recipient in recipients:
            if part == 0 or recipient.channel in PICTURE_CHANNELS:
                yield part, recipient
