"""Whose calls are whose, and what agents say of themselves. It only adds.

The newest callbacks say whose the calls are that are there already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)

NEWEST = 200_000
"""Callbacks that are read: some seconds of work, weeks of calls."""

NAMED = {"From": "client:", "To": "client:", "Agent": ""}
"""Parameter → what stands in it before an agent's identity."""

SQLITE = """
INSERT OR IGNORE INTO agent_calls (root_sid, agent, at)
SELECT root_sid, substr(named, {begin}), min(received_at) FROM (
  SELECT root_sid, received_at,
    CASE WHEN json_valid(parameters) THEN json_extract(parameters, '$.{name}') END AS named
  FROM callbacks WHERE id > (SELECT coalesce(max(id), 0) - {newest} FROM callbacks)
) AS told WHERE named LIKE '{prefix}_%' AND length(named) <= 121 GROUP BY root_sid, named
"""
POSTGRESQL = """
INSERT INTO agent_calls (root_sid, agent, at)
SELECT root_sid, substr(named, {begin}), min(received_at) FROM (
  SELECT root_sid, received_at, parameters ->> '{name}' AS named
  FROM callbacks WHERE id > (SELECT coalesce(max(id), 0) - {newest} FROM callbacks)
) AS told WHERE named LIKE '{prefix}_%' AND length(named) <= 121 GROUP BY root_sid, named
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.create_table(
        "agent_calls",
        sa.Column("root_sid", sa.String(34), primary_key=True),
        sa.Column("agent", sa.String(128), primary_key=True),
        sa.Column("at", moment, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_agent_calls_agent", "agent_calls", ["agent", "at", "root_sid"])
    op.create_table(
        "agent_states",
        sa.Column("identity", sa.String(121), primary_key=True),
        sa.Column("status", sa.String(16)),
        sa.Column("since", moment),
        sa.Column("until", moment),
        sa.Column("seen_at", moment),
        sa.Column("present_until", moment),
        sqlite_with_rowid=False,
    )
    fill = POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE
    for name, prefix in NAMED.items():
        text = fill.format(name=name, prefix=prefix, begin=len(prefix) + 1, newest=NEWEST)
        op.execute(sa.text(text.replace(":", r"\:")))
