"""What was attempted, what was dropped, what goes on; marks, and who was forgotten. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)

# A callback of a purged call is left out, whichever version of the bridge inserts it.
SQLITE_TRIGGER = """
CREATE TRIGGER callbacks_of_purged_calls BEFORE INSERT ON callbacks
WHEN EXISTS (SELECT 1 FROM calls WHERE root_sid = NEW.root_sid AND purged)
BEGIN SELECT RAISE(IGNORE); END
"""
POSTGRESQL_FUNCTION = """
CREATE FUNCTION callback_unless_purged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM calls WHERE root_sid = NEW.root_sid AND purged) THEN RETURN NULL; END IF;
  RETURN NEW;
END $$
"""
POSTGRESQL_TRIGGER = """
CREATE TRIGGER callbacks_of_purged_calls BEFORE INSERT ON callbacks
FOR EACH ROW EXECUTE FUNCTION callback_unless_purged()
"""


def upgrade() -> None:
    op.add_column("calls", sa.Column("purged", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("calls", sa.Column("open_since", moment))
    is_open = sa.text("open_since IS NOT NULL")
    op.create_index("ix_calls_open", "calls", ["open_since"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "attempts",
        sa.Column("root_sid", sa.String(34), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.String(16), primary_key=True),
        sa.Column("error", sa.Text),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("at", moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "forgotten",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("key_id", sa.LargeBinary(8), nullable=False),
        sa.Column("at", moment, nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SQLITE_TRIGGER)
    else:
        op.execute(POSTGRESQL_FUNCTION)
        op.execute(POSTGRESQL_TRIGGER)
