"""The tables of runs and of what the owner decides; `outbox_tables` and `book_tables` have the others.

Every row names its account; money is integer cents or Decimal text; times are UTC.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, MetaData, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.orders import OrderState, Side
from core.rebalancing.plan import Undertaking
from core.runs import LONGEST_CLIENT_ORDER_ID, RunState
from storage.outcomes import KINDS, Outcome
from storage.types import AsJson, Exact, Instant, OneOf


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Return the check that a column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Row(SQLModel):
    """What all tables share: names for their constraints, without which SQLite could never change them."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        }
    )


class BrokerAccountRow(Row, table=True):
    """An account's name, bound to the broker's account id at the first contact."""

    __tablename__ = "broker_account"

    account: str = Field(primary_key=True)
    broker_account_id: str
    first_contact_at: datetime = Field(sa_type=Instant)


class AllocationVersionRow(Row, table=True):
    """A whole allocation. Append only; the highest number is active."""

    __tablename__ = "allocation_version"

    account: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    set_by: str
    why: str
    set_at: datetime = Field(sa_type=Instant)


class TargetRow(Row, table=True):
    """One sector of an allocation; the weight is in basis points."""

    __tablename__ = "target"
    __table_args__ = (
        ForeignKeyConstraint(["account", "number"], ["allocation_version.account", "allocation_version.number"]),
        UniqueConstraint("account", "number", "sector"),
        UniqueConstraint("account", "number", "symbol"),
        CheckConstraint("weight BETWEEN 1 AND 10000", name="weight_possible"),
    )

    account: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    sector: str
    symbol: str
    weight: int


class ChoiceVersionRow(Row, table=True):
    """What was chosen of one subject, whole. Append only; the highest number is active."""

    __tablename__ = "choice_version"

    account: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    value: dict[str, Any] = Field(sa_type=JSON)
    set_by: str
    why: str
    set_at: datetime = Field(sa_type=Instant)


class RunRow(Row, table=True):
    """One routine on one trading day; `cash` is in cents."""

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("account", "routine", "day", "number"),
        ForeignKeyConstraint(
            ["account", "allocation_version"], ["allocation_version.account", "allocation_version.number"]
        ),
        one_of("state", RunState),
        CheckConstraint("number >= 0", name="number_possible"),
        Index(None, "account", "day", "number"),
        Index(None, "account", "state"),
        Index(None, "account", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    account: str
    routine: str
    day: date
    number: int
    state: str
    cash: int
    allocation_version: int | None = None
    window_opens: datetime | None = Field(default=None, sa_type=Instant)
    window_closes: datetime | None = Field(default=None, sa_type=Instant)
    outcome: Outcome | None = Field(default=None, sa_type=OneOf(KINDS))
    remarks: tuple[str, ...] | None = Field(default=None, sa_type=AsJson(tuple[str, ...]))
    undertaking: Undertaking | None = Field(default=None, sa_type=AsJson(Undertaking))
    opened_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class OrderRow(Row, table=True):
    """One intent and what became of it; `notional` is in cents, the price in dollars for one share or coin.

    `quantity` is what a sale is of; None for a purchase.
    """

    __tablename__ = "order"
    __table_args__ = (
        UniqueConstraint("client_order_id"),
        UniqueConstraint("run_id", "position"),
        one_of("state", OrderState),
        CheckConstraint("notional > 0", name="notional_possible"),
        Index(None, "account", "state"),
        Index(None, "account", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    account: str
    run_id: int = Field(foreign_key="run.id")
    position: int
    client_order_id: str = Field(max_length=LONGEST_CLIENT_ORDER_ID)
    sector: str
    symbol: str
    side: str = Side.BUY
    notional: int
    quantity: Decimal | None = Field(default=None, sa_type=Exact)
    state: str
    broker_id: str | None = None
    filled_quantity: Decimal = Field(sa_type=Exact)
    filled_price: Decimal | None = Field(default=None, sa_type=Exact)
    reason: str | None = None


class ControlRow(Row, table=True):
    """A pause, and who ended it. `until` is the day on which investing resumes."""

    __tablename__ = "control"

    id: int | None = Field(default=None, primary_key=True)
    account: str
    paused_since: datetime = Field(sa_type=Instant)
    paused_by: str
    until: date | None = None
    resumed_at: datetime | None = Field(default=None, sa_type=Instant)
    resumed_by: str | None = None


class PendingRow(Row, table=True):
    """A confirmation that waits for a tap. `owner` None: any owner's tap will do."""

    __tablename__ = "pending"
    __table_args__ = (Index(None, "account", "kind"),)

    token: str = Field(primary_key=True)
    account: str
    kind: str
    payload: dict[str, Any] = Field(sa_type=JSON)
    owner: int | None = None
    chat: int | None = None
    message_id: int | None = None
    asked_at: datetime = Field(sa_type=Instant)
    expires: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    used_by: int | None = None


class AuditRow(Row, table=True):
    """Who asked for what, and what came of it. Append only."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "account", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    account: str
    at: datetime = Field(sa_type=Instant)
    who: str
    what: str
    outcome: str
