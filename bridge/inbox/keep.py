"""What is written of new callbacks, within one transaction."""

from collections import Counter
from collections.abc import Callable, Sequence, Set

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback
from bridge.inbox.rows import callback_of, stored
from bridge.inbox.tables import callbacks, calls
from bridge.inbox.writer import Row

Listener = Callable[[Callback], None]


class Keep:
    """Keeps callbacks, each once, and makes their calls due; `Insert` of the group commit.

    `heard` is told of one that was kept before as it was then: it is no news of now.
    """

    def __init__(self, dialect_name: str, heard: Listener) -> None:
        self._heard = heard
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

    async def __call__(self, connection: AsyncConnection, /, rows: Sequence[Row]) -> None:
        """Writes the rows that are not there yet."""
        # In one order everywhere, here and below, so that two replicas never wait for each other.
        ordered = sorted(rows, key=lambda row: row["digest"])
        kept = (await connection.execute(self._put, [stored(row) for row in ordered])).all()
        if len(kept) < len(rows):
            await self._recall(connection, {row["digest"] for row in rows} - {row.digest for row in kept})
        new = Counter(row.root_sid for row in kept)
        if not new:
            return
        arrived = {row["root_sid"]: row["received_at"] for row in rows}
        ended = {row["root_sid"] for row in rows if row["closes"]}
        told = [
            {"root_sid": sid, "revision": new[sid], "due_at": arrived[sid], "ended": sid in ended}
            for sid in sorted(new)
        ]
        await connection.execute(self._tell, told)

    async def _recall(self, connection: AsyncConnection, digests: Set[bytes]) -> None:
        before = select(callbacks).where(callbacks.c.digest.in_(sorted(digests)))
        for row in (await connection.execute(before)).mappings():
            self._heard(callback_of(row))
