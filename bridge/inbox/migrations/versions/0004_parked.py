"""Parked calls are counted at every scrape of the metrics. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    parked = sa.text("parked_reason IS NOT NULL")
    op.create_index("ix_calls_parked", "calls", ["root_sid"], sqlite_where=parked, postgresql_where=parked)
