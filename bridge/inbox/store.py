"""The inbox: puts callbacks in, hands due calls out, settles what Twenty has."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from alembic.util import CommandError
from sqlalchemy import RowMapping, Select, bindparam, func, make_url, or_, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bridge import metrics
from bridge.calls.callback import Callback, Kind
from bridge.calls.legs import closes
from bridge.calls.matching import Match, Person
from bridge.errors import InboxUnavailable
from bridge.inbox.engine import open_engine, writing
from bridge.inbox.migrations.migrate import migrate
from bridge.inbox.tables import callbacks, calls, due, unmatched
from bridge.inbox.writer import GroupCommit, Row

KEPT_WITHIN_SECONDS = 8
"""Twilio waits 15 s in all; one that is told in time may try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCall:
    """A call that Twenty is behind on, with all that is known of it.

    `match` is whom it was written to before; None of a call that is to be matched, for the first time or
    anew, and `former_id` is then the person who is gone. `written` digests what was written.
    """

    root_sid: str
    revision: int
    callbacks: tuple[Callback, ...]
    match: Match | None
    former_id: str | None
    written: bytes | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What Twenty has now: the call as of `revision`, for whom was chosen by `number` (E.164), if anybody.

    `written` is None of a call that Twenty shall not show.
    """

    root_sid: str
    revision: int
    number: str | None
    match: Match | None
    written: bytes | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many calls are due and parked, and since when the oldest due one that is over waits."""

    due: int
    parked: int
    oldest: datetime | None


class Inbox:
    """The database's use by the rest of the bridge; made by `open_inbox`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.news = asyncio.Event()
        """Set when a call has become due."""
        self._writer = GroupCommit(writing(engine), insert=self._insert, committed=self.news.set)
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
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

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Takes callbacks until left; then writes what was promised."""
        self._writer.start()
        try:
            yield
        finally:
            await self._writer.close()

    async def put(self, callback: Callback) -> None:
        """Keep a callback; back when it is on the disk, InboxUnavailable when it cannot be.

        One that is there already changes nothing.
        """
        metrics.CALLBACKS.inc(callback.kind)
        try:
            await asyncio.wait_for(self._writer.add(_row(callback)), KEPT_WITHIN_SECONDS)
        except TimeoutError as late:
            raise InboxUnavailable("the database did not answer in time") from late

    def put_soon(self, callback: Callback) -> asyncio.Future[None]:
        """Keep a callback without waiting for it; the promise tells how it went."""
        metrics.CALLBACKS.inc(callback.kind)
        return self._writer.add(_row(callback))

    async def claim(self, limit: int, *, live: bool = True) -> list[DueCall]:
        """Up to `limit` due calls: those that ended first, the longest due first.

        Without `live` those alone.
        """
        async with self._reading() as connection:
            # Calls before callbacks: news in between only mean that the call is found due again.
            rows = await self._due(connection, limit, ended=True)
            if live and len(rows) < limit:
                rows += await self._due(connection, limit - len(rows), ended=False)
            told = await self._callbacks_of(connection, [row["root_sid"] for row in rows])
        return [_due_call(row, told[row["root_sid"]]) for row in rows]

    async def _due(self, connection: AsyncConnection, limit: int, *, ended: bool) -> list[RowMapping]:
        found = select(calls).where(due, calls.c.ended == ended).order_by(calls.c.due_at).limit(limit)
        return list((await connection.execute(found)).mappings())

    async def settle(self, settled: Sequence[Settled], *, now: datetime) -> None:
        """Twenty has these. A call of which more arrived meanwhile stays due."""
        statement = (
            update(calls)
            .where(calls.c.root_sid == bindparam("sid"))
            .values(
                synced_revision=bindparam("revision_written"),
                matched=bindparam("is_matched"),
                number=bindparam("its_number"),
                person_id=bindparam("its_person_id"),
                match=bindparam("its_match"),
                written=bindparam("digest"),
                settled_at=now,
                attempts=0,
                last_error=None,
            )
        )
        await self._execute(
            statement,
            [
                {
                    "sid": s.root_sid,
                    "revision_written": s.revision,
                    "is_matched": s.match is not None,
                    "its_number": s.number,
                    "its_person_id": s.match and s.match.person and s.match.person.id,
                    "its_match": s.match and asdict(s.match),
                    "digest": s.written,
                }
                for s in settled
            ],
        )

    async def park(self, due_call: DueCall, reason: str) -> None:
        """Leave a call until a person or news mends it; one that has news already stays due."""
        statement = (
            update(calls)
            .where(calls.c.root_sid == due_call.root_sid, calls.c.revision == due_call.revision)
            .values(parked_reason=reason, last_error=reason, attempts=calls.c.attempts + 1)
        )
        await self._execute(statement)

    async def relink(self, numbers: Collection[str] | None, *, since: datetime) -> int:
        """Makes calls without a person due again, so that they are matched anew; how many.

        Those of these numbers (E.164; None: of any) of which something was heard after `since`.
        """
        wanted = [unmatched, calls.c.due_at > since]
        if numbers is not None:
            wanted.append(calls.c.number.in_(list(numbers)))
        statement = (
            update(calls)
            .where(*wanted)
            .values(revision=calls.c.revision + 1, matched=False, parked_reason=None)
        )
        relinked = await self._execute(statement)
        self.news.set()
        return relinked

    async def unlink(self, person_id: str) -> int:
        """Forgets that calls are this person's, who is gone: their next write matches anew; how many."""
        statement = update(calls).where(calls.c.person_id == person_id).values(matched=False, person_id=None)
        return await self._execute(statement)

    async def backlog(self) -> Backlog:
        """How far Twenty is behind."""
        over = select(func.min(calls.c.due_at)).where(due, calls.c.ended == true())
        parked = select(func.count()).select_from(calls).where(calls.c.parked_reason.is_not(None))
        waiting = select(func.count()).select_from(calls).where(due)
        async with self._reading() as connection:
            return Backlog(
                due=await connection.scalar(waiting) or 0,
                parked=await connection.scalar(parked) or 0,
                oldest=await connection.scalar(over),
            )

    async def due_count(self) -> int:
        """How many calls Twenty is behind on."""
        async with self._reading() as connection:
            return await connection.scalar(select(func.count()).select_from(calls).where(due)) or 0

    async def check(self) -> None:
        """InboxUnavailable if a callback could not be kept now."""

        async def read(connection: AsyncConnection) -> None:
            await connection.execute(select(calls.c.root_sid).limit(1))

        # By the writer, which has to get hold of the database for it.
        await self._writer.run(read)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as problem:
            raise InboxUnavailable(f"the database cannot be read: {type(problem).__name__}") from problem

    async def _execute(self, statement: Any, parameters: list[Row] | None = None) -> int:
        changed = 0

        async def operation(connection: AsyncConnection) -> None:
            nonlocal changed
            changed = (await connection.execute(statement, parameters)).rowcount

        await self._writer.run(operation)
        return changed

    async def _insert(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        new = Counter((await connection.execute(self._put, [_stored(row) for row in rows])).scalars())
        if not new:
            return
        arrived = {row["root_sid"]: row["received_at"] for row in rows}
        ended = {row["root_sid"] for row in rows if row["closes"]}
        # In one order everywhere, so that two replicas never wait for each other.
        told = [
            {"root_sid": sid, "revision": new[sid], "due_at": arrived[sid], "ended": sid in ended}
            for sid in sorted(new)
        ]
        await connection.execute(self._tell, told)

    async def _callbacks_of(
        self, connection: AsyncConnection, root_sids: Sequence[str]
    ) -> defaultdict[str, list[Callback]]:
        told: defaultdict[str, list[Callback]] = defaultdict(list)
        statement: Select[Any] = select(callbacks).where(callbacks.c.root_sid.in_(root_sids))
        for row in (await connection.execute(statement)).mappings():
            told[row["root_sid"]].append(_callback(row))
        return told


@asynccontextmanager
async def open_inbox(url: str) -> AsyncIterator[Inbox]:
    """The inbox at a database URL, brought up to date; closes when all that was promised is written."""
    engine = _open(url)
    try:
        await _bring_up_to_date(engine)
        inbox = Inbox(engine)
        async with inbox.writing():
            yield inbox
    finally:
        await engine.dispose()


def _open(url: str) -> AsyncEngine:
    where = make_url(url).render_as_string(hide_password=True)
    try:
        return open_engine(url)
    except OSError as problem:
        raise InboxUnavailable(f"The folder of the database {where} cannot be made: {problem}") from problem
    except ModuleNotFoundError as missing:
        raise InboxUnavailable(
            f"The database {where} needs {missing.name}: install twenty-twilio-bridge[postgres]"
        ) from missing


async def _bring_up_to_date(engine: AsyncEngine) -> None:
    try:
        await migrate(engine)
    except (SQLAlchemyError, CommandError, OSError) as problem:
        where = engine.url.render_as_string(hide_password=True)
        raise InboxUnavailable(f"The database {where} cannot be opened: {_cause(problem)}") from problem


def _cause(problem: Exception) -> str:
    return str(getattr(problem, "orig", None) or problem)


def _row(callback: Callback) -> Row:
    return {
        "digest": callback.digest,
        "root_sid": callback.root_sid,
        "call_sid": callback.call_sid,
        "parent_sid": callback.parent_sid,
        "kind": callback.kind.value,
        "parameters": dict(callback.parameters),
        "received_at": callback.received_at,
        "closes": closes(callback),
    }


def _stored(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "closes"}


def _due_call(row: RowMapping, told: Sequence[Callback]) -> DueCall:
    match = _match(row["match"]) if row["match"] else None
    return DueCall(
        root_sid=row["root_sid"],
        revision=row["revision"],
        callbacks=tuple(told),
        match=match if row["matched"] else None,
        former_id=match.person.id if match and match.person and not row["matched"] else None,
        written=row["written"],
        settled_at=row["settled_at"],
    )


def _match(kept: Any) -> Match:
    person = Person(**kept["person"]) if kept["person"] else None
    return Match(person, tuple(Person(**other) for other in kept["others"]), kept["corrected"])


def _callback(row: Any) -> Callback:
    return Callback(
        kind=Kind(row["kind"]),
        call_sid=row["call_sid"],
        parent_sid=row["parent_sid"],
        parameters=row["parameters"],
        received_at=row["received_at"],
        digest=row["digest"],
    )
