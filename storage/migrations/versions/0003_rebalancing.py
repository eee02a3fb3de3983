"""What a run held back, and orders for a quantity: sales are of shares or coins, not of dollars."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add two columns; what is there has neither remarks nor quantities."""
    op.add_column("run", sa.Column("remarks", sa.JSON()))
    op.add_column("order", sa.Column("quantity", sa.String()))
