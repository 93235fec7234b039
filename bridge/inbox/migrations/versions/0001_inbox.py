"""The inbox: callbacks and calls."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

count = sa.BigInteger().with_variant(sa.Integer, "sqlite")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("id", count, primary_key=True, autoincrement=True),
        sa.Column("digest", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("root_sid", sa.String(34), nullable=False),
        sa.Column("call_sid", sa.String(34), nullable=False),
        sa.Column("parent_sid", sa.String(34)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("received_at", moment, nullable=False),
    )
    op.create_index("ix_callbacks_root_sid", "callbacks", ["root_sid"])
    op.create_table(
        "calls",
        sa.Column("root_sid", sa.String(34), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("synced_revision", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.Text),
        sa.Column("parked_reason", sa.Text),
        sa.Column("ended", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("matched", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("number", sa.String(20)),
        sa.Column("person_id", sa.String(36)),
        sa.Column("match", sa.JSON),
        sa.Column("written", sa.LargeBinary(16)),
        sa.Column("settled_at", moment),
    )
    due = sa.text("revision > synced_revision AND parked_reason IS NULL")
    op.create_index("ix_calls_due", "calls", ["ended", "due_at"], sqlite_where=due, postgresql_where=due)
    # Written as the queries write it, or SQLite does not see that the index serves them.
    unmatched = sa.and_(
        sa.column("matched", sa.Boolean),
        sa.column("person_id").is_(None),
        sa.column("number").is_not(None),
    )
    op.create_index(
        "ix_calls_unmatched", "calls", ["number"], sqlite_where=unmatched, postgresql_where=unmatched
    )
    op.create_index("ix_calls_person", "calls", ["person_id"])
