"""What the mentor saw live, and what is being written during a session."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for observations and drafts."""
    op.create_table(
        "observations",
        sa.Column("student_id", sa.String(length=60), nullable=False),
        sa.Column("session_id", sa.String(length=80), nullable=False),
        sa.Column("skill", sa.String(length=60), nullable=False),
        sa.Column("aided", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_observations_student_id_students")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_observations_session_id_sessions")
        ),
        sa.PrimaryKeyConstraint("student_id", "session_id", "skill", "aided", name=op.f("pk_observations")),
    )
    op.create_table(
        "drafts",
        sa.Column("session_id", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recap", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_drafts_session_id_sessions")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_drafts")),
    )
