"""What a rebalancing set out to do: its purchases come after its sales, and whoever carries it on must know them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a column; the runs that are there have nothing in it."""
    op.add_column("run", sa.Column("undertaking", sa.JSON()))
