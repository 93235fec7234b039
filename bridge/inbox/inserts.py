"""Inserts callbacks, each once, and makes their calls due: one statement on PostgreSQL, several on SQLite.

Both return the duplicates, as they were stored first.
"""

from collections import Counter
from collections.abc import Sequence, Set
from typing import Any

from sqlalchemy import Connection, select

from bridge.calls.callback import Callback
from bridge.inbox.rows import Row, fetched_at, in_sqlite, readable, rows_of_agents, rows_of_jobs
from bridge.inbox.tables import callbacks
from bridge.json_text import to_json

ONCE = "ON CONFLICT (digest) DO NOTHING"

DUE_AGAIN = """
  ON CONFLICT (root_sid) DO UPDATE SET
    revision = calls.revision + excluded.revision,
    due_at = excluded.due_at,
    ended = calls.ended OR excluded.ended,
    -- News can cure what Twenty refused, or what failed.
    parked_reason = NULL, not_before = NULL, deferrals = 0
"""

IN_ONE_STATEMENT = f"""
WITH given AS (
  SELECT * FROM unnest(
    $1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[], $8::text[]
  ) AS given (digest, root_sid, call_sid, parent_sid, kind, received_at, closes, parameters)
),
new AS (
  INSERT INTO callbacks (digest, root_sid, call_sid, parent_sid, kind, parameters, received_at)
  SELECT digest, root_sid, call_sid, parent_sid, kind, parameters::json, received_at FROM given
  -- Ordered by call, here and below, so that two replicas never deadlock.
  ORDER BY root_sid, digest
  {ONCE}
  RETURNING digest, root_sid, received_at
),
due AS (
  INSERT INTO calls (root_sid, revision, due_at, ended)
  SELECT new.root_sid, count(DISTINCT digest), max(new.received_at), bool_or(closes)
  FROM new JOIN given USING (digest) GROUP BY new.root_sid ORDER BY new.root_sid
  {DUE_AGAIN}
),
shared AS (
  INSERT INTO agent_calls (root_sid, agent, at)
  SELECT root_sid, agent, received_at
  FROM new JOIN unnest($9::bytea[], $10::text[]) AS named (digest, agent) USING (digest)
  ORDER BY root_sid, agent, received_at
  ON CONFLICT DO NOTHING
),
jobs AS (
  INSERT INTO transcript_jobs (recording_sid, root_sid, due_at, changed_at)
  SELECT recording_sid, root_sid, due_at, received_at
  FROM new JOIN unnest($11::bytea[], $12::text[], $13::timestamptz[])
    AS ready (digest, recording_sid, due_at) USING (digest)
  ORDER BY recording_sid, due_at
  ON CONFLICT DO NOTHING
)
SELECT digest FROM new
"""  # noqa: S608 - all of it is ours
"""PostgreSQL commits it in one round trip, where BEGIN, each INSERT and COMMIT would take one."""

GIVEN = ("digest", "root_sid", "call_sid", "parent_sid", "kind", "received_at", "closes")


class InsertInPostgresql:
    """The `Insert` of the group commit in PostgreSQL.

    With `transcribing` each recording that a callback reports is stored as a job, too.
    """

    def __init__(self, *, transcribing: bool = False) -> None:
        self._transcribing = transcribing

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> list[Callback]:
        """Inserts the rows that are new; returns the duplicates, as they were stored first."""
        new = connection.exec_driver_sql(IN_ONE_STATEMENT, self._arrays(rows)).scalars()
        return _recalled(connection, {row["digest"] for row in rows}.difference(new))

    def _arrays(self, rows: Sequence[Row]) -> tuple[list[Any], ...]:
        """The parameters of the statement, in its order."""
        named = [(row["digest"], agent) for row in rows for agent in row["agents"]]
        ready = [row for row in rows if row["recording"]] if self._transcribing else []
        return (
            *([row[column] for row in rows] for column in GIVEN),
            [to_json(row["parameters"]) for row in rows],
            [digest for digest, _ in named],
            [agent for _, agent in named],
            [row["digest"] for row in ready],
            [row["recording"] for row in ready],
            [fetched_at(row) for row in ready],
        )


CALLBACK = ("digest", "root_sid", "call_sid", "parent_sid", "kind", "parameters", "received_at")
DUE = ("root_sid", "revision", "due_at", "ended")
AGENT_CALL = ("root_sid", "agent", "at")
JOB = ("recording_sid", "root_sid", "due_at", "changed_at")

AT_ONCE = 32
"""Rows of one statement, at most; the driver's cache has those of every number prepared."""


class InsertInSqlite:
    """The `Insert` of the group commit in SQLite: statements for many rows each, given to the driver.

    The driver releases the interpreter's lock with each step of a statement, and then waits for the event
    loop, so that few steps are worth more than short ones. Raises the driver's own errors.
    """

    def __init__(self, *, transcribing: bool = False) -> None:
        self._transcribing = transcribing
        self._put = ManyRows("callbacks", CALLBACK, ONCE)
        self._make_due = ManyRows("calls", DUE, DUE_AGAIN)
        self._share = ManyRows("agent_calls", AGENT_CALL, "ON CONFLICT DO NOTHING")
        self._add_jobs = ManyRows("transcript_jobs", JOB, "ON CONFLICT DO NOTHING")

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> list[Callback]:
        """Inserts the rows that are new; returns the duplicates, as they were stored first."""
        cursor = connection.connection.cursor()
        new = self._insert(cursor, rows)
        if new:
            self._make_due.execute(cursor, _told(rows, Counter(root_sid for root_sid, _ in new)))
            self._share.execute(cursor, rows_of_agents(rows, new))
            if self._transcribing:
                self._add_jobs.execute(cursor, rows_of_jobs(rows, new))
        return _recalled(connection, {row["digest"] for row in rows} - {digest for _, digest in new})

    def _insert(self, cursor: Any, rows: Sequence[Row]) -> Sequence[tuple[str, bytes]]:
        inserted = self._put.execute(cursor, rows)
        if inserted == len(rows):
            return [(row["root_sid"], row["digest"]) for row in rows]
        # Within one transaction the new rows have the last ids.
        newest = "SELECT root_sid, digest FROM callbacks ORDER BY id DESC LIMIT ?"
        return list(cursor.execute(newest, (inserted,)))


class ManyRows:
    """An INSERT of rows with these columns, for SQLite's driver."""

    def __init__(self, table: str, columns: Sequence[str], on_conflict: str) -> None:
        self._columns = columns
        row = f"({', '.join('?' for _ in columns)})"
        insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES"
        self._statements = [
            f"{insert} {', '.join([row] * rows)} {on_conflict}" for rows in range(AT_ONCE + 1)
        ]

    def execute(self, cursor: Any, rows: Sequence[Row]) -> int:
        """Inserts the rows; returns how many were inserted or changed."""
        changed = 0
        for at in range(0, len(rows), AT_ONCE):
            some = rows[at : at + AT_ONCE]
            values = [in_sqlite(row[name]) for row in some for name in self._columns]
            changed += cursor.execute(self._statements[len(some)], values).rowcount
        return changed


def _told(rows: Sequence[Row], new: Counter[str]) -> list[Row]:
    """The rows of `calls`: how many callbacks are new, when they arrived, whether one ends the call."""
    arrived = {row["root_sid"]: row["received_at"] for row in rows}
    ended = {row["root_sid"] for row in rows if row["closes"]}
    return [
        {"root_sid": sid, "revision": new[sid], "due_at": arrived[sid], "ended": sid in ended}
        for sid in sorted(new)
    ]


def _recalled(connection: Connection, digests: Set[bytes]) -> list[Callback]:
    if not digests:
        return []
    before = select(callbacks).where(callbacks.c.digest.in_(sorted(digests)))
    return readable(connection.execute(before).mappings())
