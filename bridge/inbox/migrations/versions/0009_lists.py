"""Indexes for lists of calls by time and by number. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# See `listed` in tables.py.
LISTED = sa.text("root_sid > ''")


def upgrade() -> None:
    op.create_index("ix_calls_heard", "calls", ["due_at", "root_sid"], sqlite_where=LISTED)
    op.create_index("ix_calls_number", "calls", ["number"], sqlite_where=LISTED)
