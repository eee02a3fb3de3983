"""Activities, snapshots, pictures, the owner's choices, and indexes for a hundred years of runs.

Types are SQLite's own, not the models': those move on, and this file must go on meaning what it meant.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what the reports and the owner's choices need; nothing that is there changes its meaning."""
    _bookkeeping()
    _alerts()
    _choices()
    _indexes()


def _bookkeeping() -> None:
    op.create_table(
        "activity",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("symbol", sa.String()),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("price", sa.String()),
        sa.Column("order_id", sa.String()),
        sa.PrimaryKeyConstraint("account", "id", name="pk_activity"),
    )
    op.create_index("ix_activity_account_day", "activity", ["account", "day"])
    op.create_index("ix_activity_account_kind_day", "activity", ["account", "kind", "day"])
    op.create_table(
        "snapshot",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cash", sa.String(), nullable=False),
        sa.Column("equity", sa.String()),
        sa.Column("reconstructed", sa.Boolean(), nullable=False),
        sa.Column("taken_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("account", "day", name="pk_snapshot"),
    )
    op.create_table(
        "holding",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("cost_basis", sa.String()),
        sa.Column("value", sa.String()),
        sa.PrimaryKeyConstraint("account", "day", "symbol", name="pk_holding"),
        sa.ForeignKeyConstraint(["account", "day"], ["snapshot.account", "snapshot.day"], name="fk_holding_snapshot"),
    )


def _alerts() -> None:
    op.add_column("alert", sa.Column("summary", sa.String(), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("pictures", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("alert", sa.Column("tables", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("delivery", sa.Column("silent", sa.Boolean(), nullable=False, server_default=sa.text("0")))
    op.add_column("delivery", sa.Column("not_before", sa.String(32)))
    op.add_column("delivery", sa.Column("segments", sa.Integer()))


def _choices() -> None:
    op.create_table(
        "choice_version",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("set_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("account", "subject", "number", name="pk_choice_version"),
    )
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER choice_version_keeps_on_{change.lower()} BEFORE {change} ON choice_version "
            f"BEGIN SELECT RAISE(ABORT, 'choice_version is append only'); END"
        )


def _indexes() -> None:
    op.create_index("ix_run_account_day_number", "run", ["account", "day", "number"])
    op.create_index("ix_run_account_state", "run", ["account", "state"])
    op.create_index("ix_run_account_id", "run", ["account", "id"])
    op.create_index("ix_order_account_state", "order", ["account", "state"])
    op.create_index("ix_order_account_id", "order", ["account", "id"])
    op.create_index("ix_alert_account_id", "alert", ["account", "id"])
    op.create_index("ix_alert_account_said_at", "alert", ["account", "said_at"])
    op.drop_index("ix_delivery_state", "delivery")
    op.create_index("ix_delivery_account_state", "delivery", ["account", "state"])
    op.create_index("ix_delivery_account_ended_at", "delivery", ["account", "ended_at"])
    op.create_index("ix_audit_account_id", "audit", ["account", "id"])
    op.create_index("ix_pending_account_kind", "pending", ["account", "kind"])
