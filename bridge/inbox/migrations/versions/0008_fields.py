"""What the bridge wrote in each field of a call: only its own is emptied. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("fields", sa.LargeBinary(64)))
