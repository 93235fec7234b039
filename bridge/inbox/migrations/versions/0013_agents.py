"""Whose calls are whose, and what agents say of themselves. It only adds.

The newest callbacks say whose the calls are that are there already.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)

NEWEST = 200_000
"""Callbacks that are read: some seconds of work, weeks of calls."""

PAGE = 2_000
NAMED = {"From": "client:", "To": "client:", "Agent": ""}
"""Parameter → what stands in it before an agent's identity."""

IDENTITY = re.compile(r"[A-Za-z0-9_]{1,121}", re.ASCII)

callbacks = sa.table(
    "callbacks",
    sa.column("id", sa.BigInteger),
    sa.column("root_sid", sa.String),
    sa.column("received_at", moment),
    sa.column("parameters", sa.Text),
)


def upgrade() -> None:
    agent_calls = op.create_table(
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
    if rows := _agents(op.get_bind()):
        op.bulk_insert(agent_calls, rows)


def _agents(connection: sa.Connection) -> list[dict[str, Any]]:
    """The rows of `agent_calls` that the newest callbacks say.

    Read here and not by the database, which fails at foreign text that it cannot store: one callback with a
    null character would keep the bridge from starting.
    """
    first: dict[tuple[str, str], datetime] = {}
    last = max((connection.scalar(sa.select(sa.func.max(callbacks.c.id))) or 0) - NEWEST, 0)
    while page := connection.execute(_after(last)).all():
        last = page[-1].id
        for row in page:
            for agent in _named(row.parameters):
                key = row.root_sid, agent
                first[key] = min(first.get(key, row.received_at), row.received_at)
    return [{"root_sid": sid, "agent": agent, "at": at} for (sid, agent), at in first.items()]


def _after(last: int) -> sa.Select[Any]:
    parameters = sa.cast(callbacks.c.parameters, sa.Text).label("parameters")
    columns = callbacks.c.id, callbacks.c.root_sid, callbacks.c.received_at, parameters
    return sa.select(*columns).where(callbacks.c.id > last).order_by(callbacks.c.id).limit(PAGE)


def _named(parameters: str) -> Iterator[str]:
    try:
        form = json.loads(parameters)
    except ValueError:
        return
    if not isinstance(form, dict):
        return
    for name, prefix in NAMED.items():
        named = str(form.get(name) or "")
        if named.startswith(prefix) and IDENTITY.fullmatch(named, len(prefix)):
            yield named[len(prefix) :]
