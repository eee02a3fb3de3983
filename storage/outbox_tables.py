"""The tables of what was said, and of its way to each recipient."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from core.alerts import Table
from core.reporting.pictures import AccountValue, Picture, Returns, Weights
from storage.tables import Row, one_of
from storage.types import AsJson, Instant, SeveralOf

# The words stay as they are even when a class is renamed: they are in the databases.
PICTURES: dict[str, type] = {"weights": Weights, "account_value": AccountValue, "returns": Returns}


class DeliveryState(StrEnum):
    """Where a delivery stands; the last two are final. `HELD` waits until the recipient can be written to."""

    WAITING = "waiting"
    HELD = "held"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class AlertRow(Row, table=True):
    """What was said. `once_key` is set while the same thing must not be said again."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("account", "once_key"),
        Index(None, "account", "id"),
        Index(None, "account", "said_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    account: str
    kind: str
    text: str
    title: str
    table: Table | None = Field(default=None, sa_type=AsJson(Table))
    notes: tuple[str, ...] = Field(default=(), sa_type=AsJson(tuple[str, ...]))
    confirmation: str | None = None
    summary: str = ""
    pictures: tuple[Picture, ...] = Field(default=(), sa_type=SeveralOf(PICTURES))
    tables: tuple[Table, ...] = Field(default=(), sa_type=AsJson(tuple[Table, ...]))
    once_key: str | None = None
    said_at: datetime = Field(sa_type=Instant)


class DeliveryRow(Row, table=True):
    """An alert on its way to one recipient: part 0 is its words, part n its nth picture.

    `next_try` None: at once. `not_before` is when the quiet hours end that keep it back. `segments` is what an SMS was
    billed as.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("alert_id", "channel", "recipient", "part"),
        one_of("state", DeliveryState),
        Index(None, "account", "state"),
        Index(None, "account", "ended_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    account: str
    alert_id: int = Field(foreign_key="alert.id")
    channel: str
    recipient: str
    part: int = 0
    state: str = DeliveryState.WAITING
    silent: bool = False
    attempts: int = 0
    attempted_at: datetime | None = Field(default=None, sa_type=Instant)
    next_try: datetime | None = Field(default=None, sa_type=Instant)
    not_before: datetime | None = Field(default=None, sa_type=Instant)
    receipt: str | None = None
    segments: int | None = None
    error: str | None = None
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
