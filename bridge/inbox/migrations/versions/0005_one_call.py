"""What is wrong with one call concerns that call alone; a callback waits for an erasure. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Without the lock a callback that arrives beside an erasure does not see it, and stays.
POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION callback_unless_purged() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE dropped boolean;
BEGIN
  SELECT purged INTO dropped FROM calls WHERE root_sid = NEW.root_sid FOR NO KEY UPDATE;
  IF dropped THEN RETURN NULL; END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column("calls", sa.Column("anew_revision", sa.Integer, nullable=False, server_default="0"))
    op.add_column("calls", sa.Column("not_before", sa.DateTime(timezone=True)))
    op.add_column("calls", sa.Column("deferrals", sa.Integer, nullable=False, server_default="0"))
    op.add_column("calls", sa.Column("unread", sa.String(16)))
    for column in ("not_before", "unread"):
        there = sa.column(column).is_not(None)
        op.create_index(f"ix_calls_{column}", "calls", [column], sqlite_where=there, postgresql_where=there)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL_FUNCTION)
