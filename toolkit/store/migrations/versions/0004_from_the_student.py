"""What the student gives to a session: a consent to its replay, and a wish."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for consents and wishes."""
    op.create_table(
        "consents",
        sa.Column("session_id", sa.String(length=80), nullable=False),
        sa.Column("granted_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_consents_session_id_sessions")
        ),
        sa.PrimaryKeyConstraint("session_id", "granted_at", name=op.f("pk_consents")),
    )
    op.create_table(
        "wishes",
        sa.Column("session_id", sa.String(length=80), nullable=False),
        sa.Column("win", sa.Text(), nullable=False),
        sa.Column("block", sa.Text(), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_wishes_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_wishes")),
    )
