"""What is written of new callbacks, within one transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from sqlalchemy import Connection, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from bridge.calls.callback import Callback
from bridge.inbox.rows import callback_of, stored
from bridge.inbox.tables import callbacks, calls
from bridge.inbox.writer import Row


class Keep:
    """Keeps callbacks, each once, and makes their calls due; `Insert` of the group commit."""

    def __init__(self, dialect_name: str) -> None:
        dialect = postgresql if dialect_name == "postgresql" else sqlite
        self._put = (
            dialect.insert(callbacks)
            .on_conflict_do_nothing(index_elements=["digest"])
            .returning(callbacks.c.root_sid, callbacks.c.digest)
        )
        told = dialect.insert(calls)
        self._tell = told.on_conflict_do_update(
            index_elements=["root_sid"],
            set_={
                "revision": calls.c.revision + told.excluded.revision,
                "due_at": told.excluded.due_at,
                "ended": or_(calls.c.ended, told.excluded.ended),
                # What is new may mend what was refused.
                "parked_reason": None,
            },
        )

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> list[Callback]:
        """Writes the rows that are not there yet; gives back the others, as they were kept before."""
        # In one order everywhere, here and below, so that two replicas never wait for each other.
        ordered = sorted(rows, key=lambda row: row["digest"])
        kept = connection.execute(self._put, [stored(row) for row in ordered]).all()
        new = Counter(row.root_sid for row in kept)
        if new:
            self._make_due(connection, rows, new)
        if len(kept) == len(rows):
            return []
        return _recalled(connection, {row["digest"] for row in rows} - {row.digest for row in kept})

    def _make_due(self, connection: Connection, rows: Sequence[Row], new: Mapping[str, int]) -> None:
        arrived = {row["root_sid"]: row["received_at"] for row in rows}
        ended = {row["root_sid"] for row in rows if row["closes"]}
        told = [
            {"root_sid": sid, "revision": new[sid], "due_at": arrived[sid], "ended": sid in ended}
            for sid in sorted(new)
        ]
        connection.execute(self._tell, told)


def _recalled(connection: Connection, digests: Set[bytes]) -> list[Callback]:
    before = select(callbacks).where(callbacks.c.digest.in_(sorted(digests)))
    return [callback_of(row) for row in connection.execute(before).mappings()]
