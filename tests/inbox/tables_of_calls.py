"""Calls in every state, also in ones that the bridge never makes, and the plain meaning of the conditions."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.callback import Callback, Kind
from bridge.calls.people.matching import Match, Person
from bridge.inbox.rows import DueCall, row_of, stored_match
from bridge.inbox.store import Inbox
from bridge.inbox.tables import attempts, callbacks, calls
from tests.support import TEN, told

Values = dict[str, Any]

NUMBER, OTHER = "+33639980001", "+33639980002"
PEOPLE = {sid: Person(sid, f"Jane {sid}", "c1", "o1") for sid in ("p1", "p2")}
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
COUNT = 500
COLUMNS = {column.name for column in calls.c}
CALLBACK = tuple(column.name for column in callbacks.c if column.name != "id")


def rows_of_calls() -> list[Values]:
    """The rows of `calls`, in order of their SIDs."""
    rng = random.Random(26)

    def one(number: int) -> Values:
        person = rng.choice([None, *PEOPLE])
        revision = rng.choice([1, 2, 3])
        return {
            "root_sid": f"CA{number:032x}",
            "revision": revision,
            "synced_revision": rng.choice([0, revision - 1, revision, 3]),
            # No two at one time: each order is one.
            "due_at": TEN
            + rng.choice([-3 * DAY, -DAY, -MINUTE, 0 * DAY, MINUTE, DAY])
            + number * 101 % 499 * SECOND
            + number * SECOND / 1000,
            "attempts": rng.choice([0, 2]),
            "last_error": rng.choice([None, "down"]),
            "parked_reason": rng.choice([None, None, None, "no", "never"]),
            "ended": rng.random() < 0.5,
            "matched": rng.random() < 0.6,
            "number": rng.choice([None, NUMBER, OTHER]),
            "person_id": person,
            "match": rng.choice(
                [None, person and stored_match(Match(PEOPLE[person], (PEOPLE["p2"],), True))]
            ),
            "written": rng.choice([None, b"1" * 16]),
            "settled_at": rng.choice([None, *(TEN + n * MINUTE for n in (-71, -69, 0, 69, 71))]),
            "purged": rng.random() < 0.2,
            "open_since": rng.choice([None, TEN]),
            "anew_revision": rng.choice([0, 2, 3]),
            "not_before": rng.choice(
                [None, *(TEN + n * MINUTE + number * SECOND / 999 for n in (-1, 20, 61))]
            ),
            "deferrals": rng.choice([0, 3]),
            "unread": rng.choice([None, "note", "hologram"]),
            "reminded": rng.random() < 0.5,
            "fields": rng.choice([None, b"2" * 64]),
            "remind_at": rng.choice(
                [None, *(TEN + n * MINUTE + number * SECOND / 999 for n in (-1, 20, 61))]
            ),
            "remind_former": rng.choice([None, ["p7", "p8"]]),
        }

    return [one(number) for number in range(COUNT)]


ROWS = rows_of_calls()
SIDS = [row["root_sid"] for row in ROWS]


def callback_of_call(sid: str) -> Callback:
    """The one callback that each of these calls has."""
    return told(Kind.VOICE, sid, From=NUMBER, To=OTHER, CallStatus="ringing")


class Condition(Struct, frozen=True):
    """The conditions of a row, as they are told in words."""

    parked: bool
    due: bool
    kept: bool
    unmatched: bool


def of(row: Values) -> Condition:
    """What holds of a row."""
    parked = row["parked_reason"] is not None
    behind = row["revision"] > row["synced_revision"] and not parked
    unmatched = row["matched"] and row["person_id"] is None and row["number"] is not None
    return Condition(parked, behind and not row["purged"], not row["purged"], unmatched)


def sids(holds: Callable[[Values], Any], by: str = "root_sid", *, newest: bool = False) -> list[str]:
    """The SIDs of the rows of which this holds, in an order."""
    found = [row for row in ROWS if holds(row)]
    return [row["root_sid"] for row in sorted(found, key=lambda row: row[by], reverse=newest)]


async def fill(inbox: Inbox) -> None:
    """Makes the tables have these rows and no others, each call with its callback."""

    async def operation(connection: AsyncConnection) -> None:
        for table in (callbacks, calls, attempts):
            await connection.execute(delete(table))
        told_of = [row_of(callback_of_call(sid)) for sid in SIDS]
        await connection.execute(
            insert(callbacks), [{name: row[name] for name in CALLBACK} for row in told_of]
        )
        await connection.execute(insert(calls), ROWS)

    await inbox.write(operation)


async def rows_in(inbox: Inbox) -> list[Values]:
    """The rows of `calls` now."""
    async with inbox.reading() as connection:
        found = await connection.execute(select(calls).order_by(calls.c.root_sid))
        return [dict(row) for row in found.mappings()]


async def changes(inbox: Inbox) -> dict[str, Values]:
    """SID → the columns that have another value than at first; then the rows are as at first again."""
    found = {}
    for before, after in zip(ROWS, await rows_in(inbox), strict=True):
        if differing := {name: after[name] for name in COLUMNS if after[name] != before[name]}:
            found[before["root_sid"]] = differing

    async def operation(connection: AsyncConnection) -> None:
        await connection.execute(delete(calls).where(calls.c.root_sid.in_(found)))
        await connection.execute(insert(calls), [row for row in ROWS if row["root_sid"] in found])
        await connection.execute(delete(attempts))

    if found:
        await inbox.write(operation)
    return found


def expected(change: Callable[[Values], Values], holds: Callable[[Values], Any]) -> dict[str, Values]:
    """The same, by the rule: of the rows of which this holds, what differs."""
    found = {row["root_sid"]: _differing(row, change(row)) for row in ROWS if holds(row)}
    return {sid: differing for sid, differing in found.items() if differing}


def _differing(row: Values, new: Values) -> Values:
    return {name: value for name, value in new.items() if value != row[name]}


def due_call(row: Values) -> DueCall:
    """A row as a due call."""
    match = row["match"] and Match(PEOPLE[row["match"]["person"]["id"]], (PEOPLE["p2"],), corrected=True)
    return DueCall(
        root_sid=row["root_sid"],
        revision=row["revision"],
        callbacks=(callback_of_call(row["root_sid"]),),
        match=match if row["matched"] else None,
        former_id=row["person_id"] if match and not row["matched"] else None,
        written=row["written"],
        settled_at=row["settled_at"],
        deferrals=row["deferrals"],
        unread=None,
        problem=None,
        tried=row["attempts"] > 0,
        anew=row["anew_revision"] > row["synced_revision"],
        reminded=row["reminded"],
        reminding=row["remind_at"] is not None,
        formerly=tuple(row["remind_former"] or ()),
        synced_revision=row["synced_revision"],
        number=row["number"],
        fields=row["fields"],
    )


def due_calls(sids_: Sequence[str]) -> list[DueCall]:
    """The same, of these calls."""
    by_sid = {row["root_sid"]: row for row in ROWS}
    return [due_call(by_sid[sid]) for sid in sids_]
