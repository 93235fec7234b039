"""Tasks of settled calls that are to be made or brought up to date. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PENDING = sa.text("remind_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("calls", sa.Column("remind_at", sa.DateTime(timezone=True)))
    op.add_column("calls", sa.Column("remind_former", sa.JSON()))
    op.create_index("ix_calls_remind", "calls", ["remind_at"], sqlite_where=PENDING, postgresql_where=PENDING)
