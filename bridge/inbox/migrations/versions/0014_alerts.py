"""What needs a person, and which calls' webhooks were lost. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("channel", sa.String(16), primary_key=True),
        sa.Column("since", moment, nullable=False),
        sa.Column("sent_at", moment),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lost_webhooks",
        sa.Column("root_sid", sa.String(34), primary_key=True),
        sa.Column("at", moment, nullable=False, index=True),
        sqlite_with_rowid=False,
    )
