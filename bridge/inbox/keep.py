"""What is written of new callbacks, within one transaction."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.inbox.rows import stored
from bridge.inbox.tables import callbacks, calls
from bridge.inbox.writer import Row


class Keep:
    """Keeps callbacks, each once, and makes their calls due; `Insert` of the group commit."""

    def __init__(self, dialect_name: str) -> None:
        dialect = postgresql if dialect_name == "postgresql" else sqlite
        self._put = (
            dialect.insert(callbacks)
            .on_conflict_do_nothing(index_elements=["digest"])
            .returning(callbacks.c.root_sid)
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

    async def __call__(self, connection: AsyncConnection, /, rows: Sequence[Row]) -> None:
        """Writes the rows that are not there yet."""
        # In one order everywhere, here and below, so that two replicas never wait for each other.
        ordered = sorted(rows, key=lambda row: row["digest"])
        new = Counter((await connection.execute(self._put, [stored(row) for row in ordered])).scalars())
        if not new:
            return
        arrived = {row["root_sid"]: row["received_at"] for row in rows}
        ended = {row["root_sid"] for row in rows if row["closes"]}
        told = [
            {"root_sid": sid, "revision": new[sid], "due_at": arrived[sid], "ended": sid in ended}
            for sid in sorted(new)
        ]
        await connection.execute(self._tell, told)
