"""What each outcome was made with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep with an outcome what it was made with; nobody knows it of the earlier ones."""
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("made_with", sa.String(length=64), server_default="", nullable=False))
