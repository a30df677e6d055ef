"""What is said about a skill, how each exercise stands with each student, what was said to an attempt."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for opinions, and for what the cohort is read from."""
    op.create_table(
        "opinions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.String(length=60), nullable=False),
        sa.Column("skill", sa.String(length=60), nullable=False),
        sa.Column("by", sa.String(length=7), nullable=False),
        sa.Column("stance", sa.String(length=40), nullable=False),
        sa.Column("said_at", sa.DateTime(), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("session_id", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_opinions_session_id_sessions")
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name=op.f("fk_opinions_student_id_students")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinions")),
    )
    op.create_index("ix_opinions_student_id", "opinions", ["student_id"])
    op.create_table(
        "tried",
        sa.Column("student_id", sa.String(length=60), nullable=False),
        sa.Column("exercise_id", sa.String(length=120), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=True),
        sa.Column("solved_at", sa.DateTime(), nullable=True),
        sa.Column("shown_at", sa.DateTime(), nullable=True),
        sa.Column("shown_last_at", sa.DateTime(), nullable=True),
        sa.Column("failing", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["student_id"], ["students.id"], name=op.f("fk_tried_student_id_students")),
        sa.PrimaryKeyConstraint("student_id", "exercise_id", name=op.f("pk_tried")),
    )
    op.create_table(
        "remarks",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("cell", sa.String(length=120), nullable=False),
        sa.Column("exercise_id", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_remarks_attempt_id_attempts")),
        sa.PrimaryKeyConstraint("attempt_id", "cell", name=op.f("pk_remarks")),
    )
    op.create_index("ix_remarks_exercise_id", "remarks", ["exercise_id"])
    # What is to come is found among the few planned sessions, not among all that were held.
    op.create_index("ix_sessions_state_starts_at", "sessions", ["state", "starts_at"])
    # And a student's last one without any other's.
    op.create_index("ix_sessions_student_state", "sessions", ["student_id", "state", "starts_at"])
    op.drop_index("ix_sessions_student_id", "sessions")


def downgrade() -> None:
    """Undo it."""
    op.create_index("ix_sessions_student_id", "sessions", ["student_id"])
    op.drop_index("ix_sessions_student_state", "sessions")
    op.drop_index("ix_sessions_state_starts_at", "sessions")
    op.drop_table("remarks")
    op.drop_table("tried")
    op.drop_table("opinions")
