"""The tables of the account's history: what moved its money, and what it held at each day's end."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from storage.tables import Row
from storage.types import Exact, Instant


class ActivityRow(Row, table=True):
    """One activity of the broker's list, by the broker's id; amounts are in dollars."""

    __tablename__ = "activity"
    __table_args__ = (Index(None, "account", "day"), Index(None, "account", "kind", "day"))

    account: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    type: str
    kind: str
    day: date
    amount: Decimal = Field(sa_type=Exact)
    symbol: str | None = None
    quantity: Decimal = Field(sa_type=Exact)
    price: Decimal | None = Field(default=None, sa_type=Exact)
    order_id: str | None = None


class SnapshotRow(Row, table=True):
    """The account at a trading day's end, in dollars; `equity` None when a holding's value was not known."""

    __tablename__ = "snapshot"

    account: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    cash: Decimal = Field(sa_type=Exact)
    equity: Decimal | None = Field(default=None, sa_type=Exact)
    reconstructed: bool
    taken_at: datetime = Field(sa_type=Instant)


class HoldingRow(Row, table=True):
    """What a snapshot held of one symbol; `position` keeps the snapshot's order."""

    __tablename__ = "holding"
    __table_args__ = (ForeignKeyConstraint(["account", "day"], ["snapshot.account", "snapshot.day"]),)

    account: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    symbol: str = Field(primary_key=True)
    position: int
    quantity: Decimal = Field(sa_type=Exact)
    cost_basis: Decimal | None = Field(default=None, sa_type=Exact)
    value: Decimal | None = Field(default=None, sa_type=Exact)
