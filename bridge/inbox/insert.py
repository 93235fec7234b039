"""Inserts callbacks, each once, and makes their calls due, within one transaction."""

from collections import Counter
from collections.abc import Sequence, Set
from typing import Any

from sqlalchemy import Connection, literal_column, null, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from bridge.calls.callback import Callback
from bridge.inbox.reading import readable
from bridge.inbox.rows import Row, in_sqlite, stored
from bridge.inbox.tables import callbacks, calls


class InsertCallbacks:
    """The `Insert` of the group commit: SQLAlchemy statements for PostgreSQL."""

    def __init__(self, insert: Any = postgresql.insert) -> None:
        self._put = (
            insert(callbacks)
            .on_conflict_do_nothing(index_elements=["digest"])
            .returning(callbacks.c.root_sid, callbacks.c.digest)
        )
        told = insert(calls)
        self._tell = told.on_conflict_do_update(
            index_elements=["root_sid"],
            set_={
                "revision": calls.c.revision + told.excluded.revision,
                "due_at": told.excluded.due_at,
                "ended": or_(calls.c.ended, told.excluded.ended),
                # News can cure what Twenty refused, or what failed.
                "parked_reason": null(),
                "not_before": null(),
                "deferrals": literal_column("0"),
            },
        )

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> list[Callback]:
        """Inserts the rows that are new; returns the duplicates, as they were stored first."""
        # Ordered by call, here and below, so that two replicas never deadlock.
        kept = self._insert(connection, sorted(rows, key=lambda row: (row["root_sid"], row["digest"])))
        if kept:
            self._make_due(connection, _told(rows, Counter(root_sid for root_sid, _ in kept)))
        if len(kept) == len(rows):
            return []
        return _recalled(connection, {row["digest"] for row in rows} - {digest for _, digest in kept})

    def _insert(self, connection: Connection, rows: Sequence[Row]) -> Sequence[tuple[str, bytes]]:
        return connection.execute(self._put, [stored(row) for row in rows]).all()

    def _make_due(self, connection: Connection, told: Sequence[Row]) -> None:
        connection.execute(self._tell, told)


class InsertInSqlite(InsertCallbacks):
    """The same statements as text, given to the driver: SQLAlchemy's execution took half of a small commit.

    Raises the driver's own errors.
    """

    def __init__(self) -> None:
        super().__init__(sqlite.insert)
        dialect = sqlite.dialect(paramstyle="named")
        columns = [column.name for column in callbacks.columns if column is not callbacks.c.id]
        self._put_text = str(self._put.compile(dialect=dialect, column_keys=columns))
        self._tell_text = str(self._tell.compile(dialect=dialect, column_keys=TOLD))

    def _insert(self, connection: Connection, rows: Sequence[Row]) -> Sequence[tuple[str, bytes]]:
        cursor = connection.connection.cursor()
        return [kept for row in rows for kept in cursor.execute(self._put_text, in_sqlite(row)).fetchall()]

    def _make_due(self, connection: Connection, told: Sequence[Row]) -> None:
        connection.connection.cursor().executemany(self._tell_text, [in_sqlite(row) for row in told])


TOLD = ("root_sid", "revision", "due_at", "ended")


def _told(rows: Sequence[Row], new: Counter[str]) -> list[Row]:
    """The rows of `calls`: how many callbacks are new, when they arrived, whether one ends the call."""
    arrived = {row["root_sid"]: row["received_at"] for row in rows}
    ended = {row["root_sid"] for row in rows if row["closes"]}
    return [
        {"root_sid": sid, "revision": new[sid], "due_at": arrived[sid], "ended": sid in ended}
        for sid in sorted(new)
    ]


def _recalled(connection: Connection, digests: Set[bytes]) -> list[Callback]:
    before = select(callbacks).where(callbacks.c.digest.in_(sorted(digests)))
    return readable(connection.execute(before).mappings())
