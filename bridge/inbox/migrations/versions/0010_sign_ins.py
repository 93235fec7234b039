"""One-time links, and the devices that signed in by them, as hashes. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("link_digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("identity", sa.String(121), nullable=False),
        sa.Column("link_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(32), unique=True),
        sa.Column("key_expires_at", sa.DateTime(timezone=True)),
        sqlite_with_rowid=False,
    )
