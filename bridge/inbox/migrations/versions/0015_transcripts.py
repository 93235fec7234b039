"""Jobs of transcription, what they made, and how much a day. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
due = sa.text("state = 'due'")


def upgrade() -> None:
    op.create_table(
        "transcript_jobs",
        sa.Column("recording_sid", sa.String(34), primary_key=True),
        sa.Column("root_sid", sa.String(34), nullable=False, index=True),
        sa.Column("state", sa.String(16), nullable=False, server_default="due"),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("holder", sa.LargeBinary(16)),
        sa.Column("held_until", moment),
        sa.Column("engine", sa.String(20)),
        sa.Column("progress", sa.Text, nullable=False, server_default=""),
        sa.Column("charged", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("seconds", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("changed_at", moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_transcript_jobs_due", "transcript_jobs", ["due_at"], sqlite_where=due, postgresql_where=due
    )
    op.create_table(
        "transcripts",
        sa.Column("recording_sid", sa.String(34), primary_key=True),
        sa.Column("root_sid", sa.String(34), nullable=False, index=True),
        sa.Column("starts_at", moment, nullable=False),
        sa.Column("segments", sa.JSON, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("engine", sa.String(20), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "transcript_erasures",
        sa.Column("recording_sid", sa.String(34), primary_key=True),
        sa.Column("engine", sa.String(20), nullable=False),
        sa.Column("progress", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "transcript_usage",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("seconds", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
