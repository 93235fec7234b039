"""A call is found by the SID of any of its legs. It only adds."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_leg = sa.text("parent_sid IS NOT NULL")
    op.create_index(
        "ix_callbacks_leg", "callbacks", ["call_sid"], sqlite_where=of_leg, postgresql_where=of_leg
    )
