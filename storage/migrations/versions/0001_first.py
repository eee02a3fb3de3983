"""The first schema.

Types are SQLite's own, not the models': those move on, and this file must go on meaning what it meant.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

APPEND_ONLY = ("allocation_version", "target", "audit")


def upgrade() -> None:
    """Make every table."""
    _accounts()
    _runs()
    _alerts()
    _chat()
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_keeps_on_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
            )


def _accounts() -> None:
    op.create_table(
        "broker_account",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("broker_account_id", sa.String(), nullable=False),
        sa.Column("first_contact_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_broker_account"),
    )
    op.create_table(
        "allocation_version",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("set_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("account", "number", name="pk_allocation_version"),
    )
    op.create_table(
        "target",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "number", "position", name="pk_target"),
        sa.ForeignKeyConstraint(
            ["account", "number"],
            ["allocation_version.account", "allocation_version.number"],
            name="fk_target_allocation_version",
        ),
        sa.UniqueConstraint("account", "number", "sector", name="uq_target_account_number_sector"),
        sa.UniqueConstraint("account", "number", "symbol", name="uq_target_account_number_symbol"),
        sa.CheckConstraint("weight BETWEEN 1 AND 10000", name="ck_target_weight_possible"),
    )


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("routine", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cash", sa.Integer(), nullable=False),
        sa.Column("allocation_version", sa.Integer()),
        sa.Column("window_opens", sa.String(32)),
        sa.Column("window_closes", sa.String(32)),
        sa.Column("outcome", sa.JSON()),
        sa.Column("opened_at", sa.String(32), nullable=False),
        sa.Column("ended_at", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
        sa.UniqueConstraint("account", "routine", "day", "number", name="uq_run_account_routine_day_number"),
        sa.ForeignKeyConstraint(
            ["account", "allocation_version"],
            ["allocation_version.account", "allocation_version.number"],
            name="fk_run_allocation_version",
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'submitting', 'settling', 'done', 'skipped', 'missed', 'failed')",
            name="ck_run_state_known",
        ),
        sa.CheckConstraint("number >= 0", name="ck_run_number_possible"),
    )
    op.create_table(
        "order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("client_order_id", sa.String(48), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("notional", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("broker_id", sa.String()),
        sa.Column("filled_quantity", sa.String(), nullable=False),
        sa.Column("filled_price", sa.String()),
        sa.Column("reason", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_order"),
        sa.UniqueConstraint("client_order_id", name="uq_order_client_order_id"),
        sa.UniqueConstraint("run_id", "position", name="uq_order_run_id_position"),
        sa.CheckConstraint(
            "state IN ('planned', 'accepted', 'partially_filled', 'filled', 'rejected', 'canceled', 'expired', "
            "'unknown', 'not_sent')",
            name="ck_order_state_known",
        ),
        sa.CheckConstraint("notional > 0", name="ck_order_notional_possible"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_order_run"),
    )


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("table", sa.JSON()),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("confirmation", sa.String()),
        sa.Column("once_key", sa.String()),
        sa.Column("said_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
        sa.UniqueConstraint("account", "once_key", name="uq_alert_account_once_key"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.String(32)),
        sa.Column("next_try", sa.String(32)),
        sa.Column("receipt", sa.String()),
        sa.Column("error", sa.String()),
        sa.Column("ended_at", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint(
            "alert_id", "channel", "recipient", "part", name="uq_delivery_alert_id_channel_recipient_part"
        ),
        sa.CheckConstraint("state IN ('waiting', 'held', 'delivered', 'given_up')", name="ck_delivery_state_known"),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name="fk_delivery_alert"),
    )
    op.create_index("ix_delivery_state", "delivery", ["state"])


def _chat() -> None:
    op.create_table(
        "control",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("paused_since", sa.String(32), nullable=False),
        sa.Column("paused_by", sa.String(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("resumed_at", sa.String(32)),
        sa.Column("resumed_by", sa.String()),
        sa.PrimaryKeyConstraint("id", name="pk_control"),
    )
    op.create_table(
        "pending",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("owner", sa.Integer()),
        sa.Column("chat", sa.Integer()),
        sa.Column("message_id", sa.Integer()),
        sa.Column("asked_at", sa.String(32), nullable=False),
        sa.Column("expires", sa.String(32), nullable=False),
        sa.Column("used_at", sa.String(32)),
        sa.Column("used_by", sa.Integer()),
        sa.PrimaryKeyConstraint("token", name="pk_pending"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
