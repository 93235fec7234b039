"""Rows of the tables ↔ types of the bridge: callbacks, due calls, settled calls.

An unreadable row affects only its own call. A newer version of the bridge writes kinds of callbacks that this
one does not know: while replicas are upgraded one after the other, and before an upgrade is rolled back. They
are stored, logged and left out.

Callbacks of a dialled leg that do not name their call join it as soon as another callback names both: one
of the leg that has a ParentCallSid, or the action of the Dial that made the leg.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import structlog
from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import ColumnElement, RowMapping, Select, Text, bindparam, case, cast, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.agent_call import agents_named
from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.legs import legs_named, may_be_leg
from bridge.calls.fold.outcome import closes
from bridge.calls.people.matching import Match, Person
from bridge.calls.transcripts.recorded import READY, finished_recording
from bridge.inbox.tables import callbacks, calls, of_leg
from bridge.json_text import to_json

Row = dict[str, Any]

UNCERTAIN = bytes(16)
"""`written` of a call whose last write is uncertain: Twenty possibly shows an older revision."""


class DueCall(Struct, frozen=True, kw_only=True):
    """A call whose newest revision Twenty does not have, with its callbacks.

    - `match`: the person it was written to; None if the call has to be matched, for the first time or again.
      `former_id` is then the deleted person.
    - `written`: digest of what was written.
    - `tried`: a write failed since, and Twenty possibly carried it out.
    - `anew`: ask Twenty for the call's state, even where the inbox has a record of it.
    - `reminded`: it has a reminder task. `reminding`: its task is to be made or brought up to date; it can be
      on tasks of the people with whom the call was `formerly` matched.
    - `synced_revision`: the revision that was settled last.
    """

    root_sid: str
    revision: int
    callbacks: tuple[Callback, ...]
    match: Match | None
    former_id: str | None
    written: bytes | None
    settled_at: datetime | None
    deferrals: int = 0
    """Attempts that failed for this call alone since its last news."""
    unread: str | None = None
    """The kind of a callback that this version of the bridge does not know and left out."""
    problem: str | None = None
    """Why the call cannot be read; `callbacks` is then empty."""
    tried: bool = False
    anew: bool = False
    reminded: bool = False
    reminding: bool = False
    formerly: tuple[str, ...] = ()
    synced_revision: int = 0
    number: str | None = None
    """The number (E.164) by which it was last matched."""
    fields: bytes | None = None
    """Digests of the fields that were written."""
    mistaken: bool = False
    """Whether it was last matched by a number that is not the other party's."""
    leg_of: str | None = None
    """The call that it is a leg of, where its own callbacks did not name that call."""
    shown_legs: frozenset[str] = frozenset()
    """Legs of it that Twenty shows as separate calls."""


class AttemptOutcome(StrEnum):
    """How an attempt at writing a call ended."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    """Twenty already showed it."""
    SKIPPED = "skipped"
    """Twenty is not to show it: by policy, or because a user deleted it."""
    PARKED = "parked"
    FAILED = "failed"
    """The cause was not this call; the bridge tries again."""


class Settled(Struct, frozen=True, kw_only=True):
    """What Twenty has now: the call as of `revision`, on the person of `match`, found by `number` (E.164).

    `written` is None of a call that Twenty is not to show; `ended` is True once the call is over.
    """

    root_sid: str
    revision: int
    number: str | None
    match: Match | None
    written: bytes | None
    ended: bool = True
    reminded: bool = False
    reminding: bool = False
    formerly: tuple[str, ...] = ()
    outcome: AttemptOutcome = AttemptOutcome.WRITTEN
    unread: str | None = None
    fields: bytes | None = None
    """See `DueCall`."""


class Backlog(Struct, frozen=True):
    """How many calls are due and parked; `oldest` is since when the longest-waiting ended call is due."""

    due: int
    parked: int
    oldest: datetime | None


def row_of(callback: Callback) -> Row:
    """The row of a callback.

    Not stored in it are `closes`, whether the callback ends its call, `agents`, whose call it is, and
    `recording`, the SID of a recording that is ready.
    """
    return {
        "digest": callback.digest,
        "root_sid": callback.root_sid,
        "call_sid": callback.call_sid,
        "parent_sid": callback.parent_sid,
        "kind": callback.kind.value,
        "parameters": dict(callback.parameters),
        "received_at": callback.received_at,
        "closes": closes(callback),
        "agents": agents_named(callback),
        "recording": finished_recording(callback) if callback.kind in READY else None,
    }


def rows_of_agents(rows: Sequence[Row], new: Collection[tuple[str, bytes]]) -> list[Row]:
    """The rows of `agent_calls` for those of these callbacks that are new, ordered by call."""
    known = set(new)
    named = {
        (row["root_sid"], agent): row["received_at"]
        for row in rows
        if (row["root_sid"], row["digest"]) in known
        for agent in row["agents"]
    }
    return [{"root_sid": sid, "agent": agent, "at": named[sid, agent]} for sid, agent in sorted(named)]


SOON = timedelta(seconds=5)
"""After the Record action, which comes a moment before Twilio has the file."""


def rows_of_jobs(rows: Sequence[Row], new: Collection[tuple[str, bytes]]) -> list[Row]:
    """The rows of `transcript_jobs` for those of these callbacks that are new, ordered by recording."""
    known = set(new)
    named = {
        row["recording"]: row
        for row in rows
        if row["recording"] and (row["root_sid"], row["digest"]) in known
    }
    return [
        {
            "recording_sid": sid,
            "root_sid": named[sid]["root_sid"],
            "due_at": fetched_at(named[sid]),
            "changed_at": named[sid]["received_at"],
        }
        for sid in sorted(named)
    ]


def fetched_at(row: Row) -> datetime:
    """When to fetch the recording that a callback reports."""
    at: datetime = row["received_at"]
    return at + SOON if row["kind"] == Kind.VOICEMAIL.value else at


def in_sqlite(value: Any) -> Any:
    """The value in SQLite's types, equal to what SQLAlchemy writes."""
    if isinstance(value, dict):
        return to_json(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")
    return value


def settled_row_of(settled: Settled, now: datetime) -> Row:
    """The bound parameters of the statement that settles a call."""
    match = settled.match
    return {
        "sid": settled.root_sid,
        "revision_written": settled.revision,
        "is_matched": match is not None,
        "its_number": settled.number,
        "its_person_id": match and match.person and match.person.id,
        "its_match": match and stored_match(match),
        "digest": settled.written,
        "at": now,
        "goes_on_since": None if settled.ended else now,
        "kind_unread": settled.unread,
        "is_reminded": settled.reminded,
        "its_task_due": now if settled.reminding else None,
        "its_former": list(settled.formerly) or None,
        "its_fields": settled.fields,
    }


def due_call_of(row: RowMapping, stored: Sequence[Callback], *, unread: str | None = None) -> DueCall:
    """A row of `calls`, with its callbacks, as a due call."""
    match = match_of(row["match"]) if row["match"] else None
    return DueCall(
        root_sid=row["root_sid"],
        revision=row["revision"],
        callbacks=tuple(stored),
        match=match if row["matched"] else None,
        former_id=match.person.id if match and match.person and not row["matched"] else None,
        written=row["written"],
        settled_at=row["settled_at"],
        deferrals=row["deferrals"],
        unread=unread,
        tried=row["attempts"] > 0,
        anew=row["anew_revision"] > row["synced_revision"],
        reminded=row["reminded"],
        reminding=row["remind_at"] is not None,
        formerly=tuple(row["remind_former"] or ()),
        synced_revision=row["synced_revision"],
        number=row["number"],
        fields=row["fields"],
    )


def unreadable_call(
    root_sid: str, revision: int, problem: str, *, deferrals: int = 0, unread: str | None = None
) -> DueCall:
    """A due call whose row or callbacks cannot be read; `problem` says why."""
    return DueCall(
        root_sid=root_sid,
        revision=revision,
        callbacks=(),
        match=None,
        former_id=None,
        written=None,
        settled_at=None,
        deferrals=deferrals,
        unread=unread,
        problem=problem,
    )


COLUMNS_OF_PERSON = Person.__struct_fields__


def stored_match(match: Match) -> Row:
    """A match as JSON, which `match_of` reads; `asdict` leaves what is within as it is."""
    return {
        "person": match.person and _stored_person(match.person),
        "others": [_stored_person(other) for other in match.others],
        "corrected": match.corrected,
    }


def _stored_person(person: Person) -> Row:
    return {column: getattr(person, column) for column in COLUMNS_OF_PERSON}


def match_of(kept: Any) -> Match:
    person = Person(**kept["person"]) if kept["person"] else None
    return Match(person, tuple(Person(**other) for other in kept["others"]), kept["corrected"])


TEXT = frozenset([str])


def _texts(parameters: Any) -> dict[str, str]:
    if not isinstance(parameters, dict) or not TEXT.issuperset(map(type, parameters.values())):
        raise ValueError("parameters that are no texts")
    return parameters


def callback_of(row: Any) -> Callback:
    """A row of `callbacks` as a callback; raises ValueError where its parameters are not texts."""
    return Callback(
        kind=Kind(row["kind"]),
        call_sid=row["call_sid"],
        parent_sid=row["parent_sid"],
        parameters=_texts(row["parameters"]),
        received_at=row["received_at"],
        digest=row["digest"],
    )


RECENT = 20_000
"""How many of the newest callbacks are searched for a Dial's action, which has no index."""


async def calls_of_legs(connection: AsyncConnection, leg_sids: Collection[str]) -> dict[str, str]:
    """Leg SID → call SID, of those legs that a callback names together with their call."""
    named = select(callbacks.c.call_sid, callbacks.c.root_sid).where(
        callbacks.c.call_sid.in_(leg_sids), of_leg
    )
    found = {row[0]: row[1] for row in await connection.execute(named)}
    return found | await _dialled(connection, set(leg_sids) - found.keys())


async def _dialled(connection: AsyncConnection, leg_sids: Collection[str]) -> dict[str, str]:
    if not leg_sids:
        return {}
    leg = _dial_call_sid(connection.dialect.name)
    recent = select(func.max(callbacks.c.id) - RECENT).scalar_subquery()
    actions = select(leg, callbacks.c.root_sid).where(
        callbacks.c.id > recent, callbacks.c.kind == Kind.DIAL.value, leg.in_(leg_sids)
    )
    return {row[0]: row[1] for row in await connection.execute(actions) if row[0] != row[1]}


def _dial_call_sid(dialect: str) -> Any:
    """`DialCallSid` of a callback's parameters; one row that the database cannot read fails no query."""
    if dialect == "sqlite":
        leg: Any = callbacks.c.parameters["DialCallSid"].as_string()
        return case((func.json_valid(callbacks.c.parameters) == 1, leg))
    # PostgreSQL's `->>` fails at a null character or half a surrogate pair, in whichever parameter it stands.
    # Within a string of JSON a quote is escaped, so foreign text cannot look like the parameter.
    return func.substring(cast(callbacks.c.parameters, Text), '"DialCallSid": ?"(CA[0-9a-fA-F]{32})"')


KINDS = frozenset(kind.value for kind in Kind)

PAGE = 1000
"""Rows of one read."""

SIDS = 200
"""Call SIDs that one statement names."""

EMPTY = "The call has no callbacks"

log = structlog.get_logger()

T = TypeVar("T")


class StoredCallbacks(Struct):
    """Callbacks by call SID.

    `unread`: call SID → a kind that this version does not know; `broken`: call SID → why a callback cannot be
    read; `joined`: call SID → legs whose callbacks did not name the call.
    """

    by_call: defaultdict[str, list[Callback]] = field(default_factory=lambda: defaultdict(list))
    unread: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    joined: dict[str, set[str]] = field(default_factory=dict)

    def add(self, row: RowMapping) -> None:
        """Adds a row of `callbacks`."""
        if row["kind"] in KINDS:
            self.by_call[row["root_sid"]].append(callback_of(row))
        else:
            self.unread[row["root_sid"]] = row["kind"]

    def join(self, root_sid: str, lone: Mapping[str, Sequence[Callback]]) -> None:
        """Adds the callbacks of legs that did not name their call."""
        self.joined[root_sid] = set(lone)
        for stored in lone.values():
            self.by_call[root_sid] += [replace(callback, parent_sid=root_sid) for callback in stored]


def readable(rows: Iterable[RowMapping]) -> list[Callback]:
    """The callbacks of these rows; those of an unknown kind or form are logged and left out."""
    found = []
    for row in rows:
        if row["kind"] in KINDS:
            try:
                found.append(callback_of(row))
            except ValueError as problem:
                log.error("inbox.callback_unreadable", call_sid=row["call_sid"], reason=reason(problem))
        else:
            log.warning("inbox.callback_unknown", kind=row["kind"], call_sid=row["call_sid"])
    return found


async def fetched(
    connection: AsyncConnection, found: Select[Any], *, key: ColumnElement[Any]
) -> list[RowMapping]:
    """The rows of a query; where one cannot be decoded, the others, read one by one by `key`.

    Raises SQLAlchemyError.
    """
    try:
        return list((await connection.execute(found)).mappings())
    except SQLAlchemyError:
        raise
    # Invalid JSON or an invalid time: the driver does not say in which row.
    except Exception:
        keys = (await connection.scalars(found.with_only_columns(key))).all()
    rows: list[RowMapping] = []
    for one in keys:
        try:
            rows += (await connection.execute(select(*found.selected_columns).where(key == one))).mappings()
        except SQLAlchemyError:
            raise
        except Exception as problem:
            log.error("inbox.row_unreadable", table=key.table.name, key=one, problem=reason(problem))
    return rows


def reason(problem: Exception) -> str:
    """The error's type alone: its message can quote stored data."""
    return type(problem).__name__


def chunks(sids: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as one statement names."""
    return (sids[first : first + SIDS] for first in range(0, len(sids), SIDS))


async def callbacks_of(
    connection: AsyncConnection, root_sids: Collection[str]
) -> defaultdict[str, list[Callback]]:
    """Call SID → its callbacks."""
    return (await stored_callbacks(connection, root_sids)).by_call


async def stored_callbacks(connection: AsyncConnection, root_sids: Collection[str]) -> StoredCallbacks:
    """The callbacks of these calls, and those of their legs that do not name the call."""
    stored = await _stored_callbacks(connection, root_sids)
    legs = {sid: legs_named(stored.by_call[sid]) - {sid} for sid in list(stored.by_call)}
    every = sorted(set().union(*legs.values()))
    lone: dict[str, list[Callback]] = {}
    for some in chunks(every):
        of_legs = (await _stored_callbacks(connection, some)).by_call
        lone |= {leg: told_by for leg, told_by in of_legs.items() if may_be_leg(told_by)}
    for sid, named in legs.items():
        if theirs := {leg: lone[leg] for leg in named & lone.keys()}:
            stored.join(sid, theirs)
    return stored


async def _stored_callbacks(connection: AsyncConnection, root_sids: Collection[str]) -> StoredCallbacks:
    stored = StoredCallbacks()
    try:
        await _add(connection, root_sids, stored.add)
        return stored
    except SQLAlchemyError:
        raise
    except Exception:
        stored = StoredCallbacks()
    for sid in root_sids:
        try:
            await _add(connection, [sid], stored.add)
        except SQLAlchemyError:
            raise
        except Exception as problem:
            stored.broken[sid] = f"A callback of the call cannot be read: {reason(problem)}"
    return stored


async def _add(
    connection: AsyncConnection, root_sids: Collection[str], add: Callable[[RowMapping], None]
) -> None:
    for row in (await connection.execute(_OF_CALLS, {"sids": list(root_sids)})).mappings():
        add(row)


async def due_calls(connection: AsyncConnection, which: Select[Any]) -> list[DueCall]:
    """The due calls of a query for rows of `calls`; an unreadable one has its `problem`."""
    try:
        rows = list((await connection.execute(which)).mappings())
    except SQLAlchemyError:
        raise
    except Exception:
        return await _each(connection, which)
    if not rows:
        return []
    stored = await stored_callbacks(connection, [row["root_sid"] for row in rows])
    return await _joined(connection, [_due_call(row, stored) for row in rows], stored)


async def _joined(
    connection: AsyncConnection, claimed: Sequence[DueCall], stored: StoredCallbacks
) -> list[DueCall]:
    """These calls with `leg_of` and `shown_legs` set."""
    lone = {call.root_sid for call in claimed if may_be_leg(call.callbacks)}
    roots = await calls_of_legs(connection, lone) if lone else {}
    joined = set().union(*stored.joined.values())
    written = select(calls.c.root_sid).where(calls.c.root_sid.in_(joined), calls.c.written.is_not(None))
    shown = set(await connection.scalars(written)) if joined else set()
    return [
        replace(
            call,
            leg_of=roots.get(call.root_sid),
            shown_legs=frozenset(shown & stored.joined.get(call.root_sid, set())),
        )
        for call in claimed
    ]


async def _each(connection: AsyncConnection, which: Select[Any]) -> list[DueCall]:
    found: list[DueCall] = []
    for sid, revision in (await connection.execute(which.with_only_columns(*_NAMED))).all():
        try:
            row = (await connection.execute(select(calls).where(calls.c.root_sid == sid))).mappings().one()
        except SQLAlchemyError:
            raise
        except Exception as problem:
            found.append(unreadable_call(sid, revision, f"The call cannot be read: {reason(problem)}"))
        else:
            found.append(_due_call(row, await stored_callbacks(connection, [sid])))
    return found


_OF_CALLS = select(callbacks).where(callbacks.c.root_sid.in_(bindparam("sids", expanding=True)))
_NAMED: Sequence[ColumnElement[Any]] = (calls.c.root_sid, calls.c.revision)


def _due_call(row: RowMapping, stored: StoredCallbacks) -> DueCall:
    sid, revision = row["root_sid"], row["revision"]
    unread = stored.unread.get(sid)
    problem = stored.broken.get(sid)
    if problem is None and not stored.by_call[sid]:
        problem = f"Its callbacks are of a kind that a newer version writes: {unread}" if unread else EMPTY
    if problem:
        return unreadable_call(sid, revision, problem, deferrals=row["deferrals"], unread=unread)
    try:
        return due_call_of(row, stored.by_call[sid], unread=unread)
    # For example a person stored by a newer version.
    except Exception as broken:
        return unreadable_call(sid, revision, f"The call cannot be read: {reason(broken)}")
