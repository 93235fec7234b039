"""Summaries of calls, and the jobs that make them. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)
due = sa.text("state = 'due'")


def upgrade() -> None:
    op.create_table(
        "summaries",
        sa.Column("root_sid", sa.String(34), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
        sa.Column("state", sa.String(16), nullable=False, server_default="due"),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("summary", sa.JSON(none_as_null=True)),
        sa.Column("reason", sa.Text),
        sa.Column("changed_at", moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_summaries_due", "summaries", ["due_at"], sqlite_where=due, postgresql_where=due)
