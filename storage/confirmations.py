"""Confirmations: a question that waits for one tap, and acts on it once."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.alerts import Alert
from storage.database import Database
from storage.errors import NoSuchConfirmation
from storage.posting import Recipient, post
from storage.tables import PendingRow

# Twelve characters: a button's data holds at most 64 bytes, and nobody guesses 72 bits before they expire.
TOKEN_BYTES = 9


@dataclass(frozen=True, slots=True)
class Taken:
    """The tap counts, this once: act on it."""

    kind: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AlreadyUsed:
    """It was tapped before."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """The tap came too late."""

    at: datetime


@dataclass(frozen=True, slots=True)
class NotYours:
    """Another owner was asked."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """There is no such question in these records."""


Use = Taken | AlreadyUsed | Expired | NotYours | Unknown


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that can still be answered, and the message that shows it, where one does."""

    token: str
    kind: str
    payload: Mapping[str, Any]
    expires: datetime
    chat: int | None
    message_id: int | None


class Confirmations:
    """The pending confirmations of an account. Alerts that ask go to all `recipients`."""

    def __init__(self, database: Database, account: str, recipients: Sequence[Recipient]) -> None:
        self._database = database
        self._account = account
        self._recipients = tuple(recipients)

    def ask(
        self,
        kind: str,
        payload: Mapping[str, Any],
        owner: int | None,
        at: datetime,
        expires: datetime,
        *,
        alert: Callable[[str], Alert] | None = None,
    ) -> str:
        """Commit a question and return its token. `owner` is who may answer it, None for any owner.

        `payload` is what JSON can hold. `alert` makes, from the token, what is said in the same transaction: a
        question that nobody was told of, or an alert whose button does nothing, cannot come to be.
        """
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._database.writing() as session:
            session.add(
                PendingRow(
                    token=token,
                    account=self._account,
                    kind=kind,
                    payload=dict(payload),
                    owner=owner,
                    asked_at=at,
                    expires=expires,
                )
            )
            if alert is not None:
                post(session, self._account, self._recipients, alert(token), at)
        return token

    def attach(self, token: str, chat: int, message_id: int) -> None:
        """Commit which message shows the question. Raises NoSuchConfirmation."""
        with self._database.writing() as session:
            row = self._find(session, token)
            if row is None:
                raise NoSuchConfirmation(token)
            row.chat, row.message_id = chat, message_id

    def use(self, token: str, owner: int, at: datetime) -> Use:
        """Commit a tap, and return whether it counts. Only the first one in time, by the one who was asked, does."""
        with self._database.writing() as session:
            row = self._find(session, token)
            if row is None:
                return Unknown()
            if row.owner is not None and row.owner != owner:
                return NotYours()
            if row.used_at is not None:
                return AlreadyUsed(row.used_at)
            if row.expires <= at:
                return Expired(row.expires)
            row.used_at, row.used_by = at, owner
            return Taken(row.kind, row.payload)

    def asked(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        """Return what every question of a kind was about, answered or not, oldest first."""
        with self._database.reading() as session:
            found = session.exec(
                select(PendingRow)
                .where(PendingRow.account == self._account, PendingRow.kind == kind)
                .order_by(col(PendingRow.asked_at))
            )
            return tuple(row.payload for row in found)

    def waiting(self, kind: str, at: datetime) -> tuple[Waiting, ...]:
        """Return the questions of a kind that can still be answered, oldest first."""
        with self._database.reading() as session:
            found = session.exec(
                select(PendingRow)
                .where(
                    PendingRow.account == self._account,
                    PendingRow.kind == kind,
                    col(PendingRow.used_at).is_(None),
                    PendingRow.expires > at,
                )
                .order_by(col(PendingRow.asked_at))
            )
            return tuple(
                Waiting(row.token, row.kind, row.payload, row.expires, row.chat, row.message_id) for row in found
            )

    def _find(self, session: Session, token: str) -> PendingRow | None:
        row = session.get(PendingRow, token)
        return row if row is not None and row.account == self._account else None
