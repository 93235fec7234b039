"""Rows of the tables ↔ types of the bridge: callbacks, due calls, settled calls, attempts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.dialects import postgresql, sqlite

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.outcome import closes
from bridge.calls.people.matching import Match, Person
from bridge.inbox.tables import attempts
from bridge.json_text import to_json

Row = dict[str, Any]

UNCERTAIN = bytes(16)
"""`written` of a call whose last write is uncertain: Twenty possibly shows an older revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCall:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
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


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many calls are due and parked; `oldest` is since when the longest-waiting ended call is due."""

    due: int
    parked: int
    oldest: datetime | None


def row_of(callback: Callback) -> Row:
    """The row of a callback; `closes` says whether the callback ends its call and is not stored."""
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


def stored(row: Row) -> Row:
    """The columns of `callbacks`: the row without `closes`."""
    return {name: value for name, value in row.items() if name != "closes"}


def in_sqlite(row: Row) -> Row:
    """The row in SQLite's types, equal to what SQLAlchemy writes."""
    return {name: _in_sqlite(value) for name, value in row.items()}


def _in_sqlite(value: Any) -> Any:
    if isinstance(value, dict):
        return to_json(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
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
        "its_match": match and asdict(match),
        "digest": settled.written,
        "at": now,
        "goes_on_since": None if settled.ended else now,
        "kind_unread": settled.unread,
        "is_reminded": settled.reminded,
        "its_task_due": now if settled.reminding else None,
        "its_former": list(settled.formerly) or None,
        "its_fields": settled.fields,
    }


def due_call_of(row: RowMapping, told: Sequence[Callback], *, unread: str | None = None) -> DueCall:
    """A row of `calls`, with its callbacks, as a due call."""
    match = match_of(row["match"]) if row["match"] else None
    return DueCall(
        root_sid=row["root_sid"],
        revision=row["revision"],
        callbacks=tuple(told),
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


def match_of(kept: Any) -> Match:
    person = Person(**kept["person"]) if kept["person"] else None
    return Match(person, tuple(Person(**other) for other in kept["others"]), kept["corrected"])


def callback_of(row: Any) -> Callback:
    """A row of `callbacks` as a callback."""
    return Callback(
        kind=Kind(row["kind"]),
        call_sid=row["call_sid"],
        parent_sid=row["parent_sid"],
        parameters=row["parameters"],
        received_at=row["received_at"],
        digest=row["digest"],
    )


def attempt(
    root_sid: str, revision: int, outcome: AttemptOutcome, *, error: str | None, now: datetime
) -> Row:
    """A row of `attempts`."""
    return {
        "root_sid": root_sid,
        "revision": revision,
        "outcome": outcome.value,
        "error": error,
        "times": 1,
        "first_at": now,
        "last_at": now,
    }


def upsert_attempts(dialect_name: str) -> Any:
    """The statement that stores attempts; an outcome that repeats is counted, with its last error."""
    dialect = postgresql if dialect_name == "postgresql" else sqlite
    made = dialect.insert(attempts)
    return made.on_conflict_do_update(
        index_elements=["root_sid", "revision", "outcome"],
        set_={
            "times": attempts.c.times + 1,
            "last_at": made.excluded.last_at,
            "error": made.excluded.error,
        },
    )
