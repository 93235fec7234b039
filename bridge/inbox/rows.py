"""What the tables hold, in the words of the rest of the house."""

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
"""What was `written` of a call of which Twenty may show something older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCall:
    """A call that Twenty is behind on, with all that is known of it.

    `match` is whom it was written to before; None of a call that is to be matched, for the first time or
    anew, and `former_id` is then the person who is gone. `written` digests what was written. `tried` tells
    that a write failed since, and may have been carried out; `anew` that Twenty is to be asked how the call
    stands, whatever is known of it; `reminded` that there was a task for it.
    """

    root_sid: str
    revision: int
    callbacks: tuple[Callback, ...]
    match: Match | None
    former_id: str | None
    written: bytes | None
    settled_at: datetime | None
    deferrals: int = 0
    """Attempts that failed by themselves since there was news."""
    unread: str | None = None
    """The kind of a callback that this version of the bridge does not know, and left out."""
    problem: str | None = None
    """Why the call cannot be read; its callbacks are not here then."""
    tried: bool = False
    anew: bool = False
    reminded: bool = False
    number: str | None = None
    """The number (E.164) by which it was matched before."""
    fields: bytes | None = None
    """What is kept of each field that was written."""
    mistaken: bool = False
    """Whether it was matched before by a number that is not the other party's."""
    leg_of: str | None = None
    """The call that it is a leg of; its callbacks did not say so."""
    shown_legs: frozenset[str] = frozenset()
    """Legs of it that Twenty shows as calls of their own."""


class Outcome(StrEnum):
    """What came of writing a call."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    """Twenty showed it already."""
    SKIPPED = "skipped"
    """Twenty shall not show it: a policy, or a user who deleted it."""
    PARKED = "parked"
    FAILED = "failed"
    """Not the call's fault; it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What Twenty has now: the call as of `revision`, for whom was chosen by `number` (E.164), if anybody.

    `written` is None of a call that Twenty shall not show; `ended` tells whether it is over.
    """

    root_sid: str
    revision: int
    number: str | None
    match: Match | None
    written: bytes | None
    ended: bool = True
    reminded: bool = False
    outcome: Outcome = Outcome.WRITTEN
    unread: str | None = None
    fields: bytes | None = None
    """See `DueCall`."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many calls are due and parked, and since when the oldest due one that is over waits."""

    due: int
    parked: int
    oldest: datetime | None


def row_of(callback: Callback) -> Row:
    """What is kept of a callback, and whether it tells of an end."""
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
    """The row as it goes into `callbacks`."""
    return {name: value for name, value in row.items() if name != "closes"}


def in_sqlite(row: Row) -> Row:
    """The row in SQLite's own types, as SQLAlchemy writes them."""
    return {name: _in_sqlite(value) for name, value in row.items()}


def _in_sqlite(value: Any) -> Any:
    if isinstance(value, dict):
        return to_json(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value


def settled_row_of(settled: Settled, now: datetime) -> Row:
    """The parameters of settling a call."""
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
        "its_fields": settled.fields,
    }


def due_call_of(row: RowMapping, told: Sequence[Callback], *, unread: str | None = None) -> DueCall:
    """The call that a row of `calls` is, with its callbacks."""
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
        number=row["number"],
        fields=row["fields"],
    )


def unreadable_call(
    root_sid: str, revision: int, problem: str, *, deferrals: int = 0, unread: str | None = None
) -> DueCall:
    """A due call that cannot be read."""
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
    """The callback that a row of `callbacks` is."""
    return Callback(
        kind=Kind(row["kind"]),
        call_sid=row["call_sid"],
        parent_sid=row["parent_sid"],
        parameters=row["parameters"],
        received_at=row["received_at"],
        digest=row["digest"],
    )


def attempt(root_sid: str, revision: int, outcome: Outcome, *, error: str | None, now: datetime) -> Row:
    """One attempt at writing a call as of a revision."""
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
    """The statement that keeps attempts; what comes of a revision again is counted, with its last error."""
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
