"""Sessions that several students have together."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Note of each session which group met in it."""
    with op.batch_alter_table("sessions") as table:
        table.add_column(sa.Column("group_id", sa.String(length=80), nullable=True))
        table.create_index("ix_sessions_group_id", ["group_id"])
