"""Each query and each change of jobs of transcripts and summaries against its rule, on jobs in every state.

What a job becomes is compared with all of its row. On SQLite; the statements are the same on PostgreSQL.
"""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.calls.transcripts.summary import CallSummary, Point
from bridge.errors import TranscriptTaken
from bridge.inbox.sign_ins import drop_ended, revoke, sign_ins_that_hold, sign_out, signed_in
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import sign_ins, summaries, transcript_jobs
from bridge.inbox.transcripts import jobs
from bridge.inbox.transcripts import summaries as made
from bridge.inbox.transcripts.jobs import JobBacklog, JobState, KnownJob, TranscriptJob
from bridge.inbox.transcripts.results import store_result
from bridge.inbox.transcripts.summaries import KnownSummary, SummaryJob, SummaryState
from tests.databases import begin
from tests.support import TEN

Values = dict[str, Any]

ONE, OTHER = b"1" * 16, b"2" * 16
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
SUMMARY = CallSummary(about=(Point("An offer", 3),), model="m", prompt="1")
STORED = json.loads(json.dumps(SUMMARY.to_json()))
FREE = {"holder": None, "held_until": None}


def rows_of_jobs() -> list[Values]:
    rng = random.Random(27)

    def one(number: int) -> Values:
        return {
            "recording_sid": f"RE{number:032x}",
            "root_sid": f"CA{number % 40:032x}",
            "state": rng.choice(["due", "due", "due", "done", "omitted", "parked"]),
            "due_at": TEN + rng.choice([-MINUTE, 0 * MINUTE, MINUTE]) + number * 37 % 120 * SECOND / 1000,
            "attempts": rng.choice([1, 3]),
            "holder": rng.choice([None, ONE, ONE, OTHER]),
            "held_until": rng.choice([None, *(TEN + n * SECOND for n in (-40, 30, 130))]),
            "engine": rng.choice([None, "openai"]),
            "progress": rng.choice(["", "a piece", "RE9 and more", "RE9"]),
            "charged": rng.random() < 0.5,
            "seconds": rng.choice([None, 30]),
            "reason": rng.choice([None, "Busy"]),
            "changed_at": TEN + rng.choice([-MINUTE, 30 * SECOND, 90 * SECOND]),
        }

    return [one(number) for number in range(120)]


def rows_of_summaries() -> list[Values]:
    rng = random.Random(28)

    def one(number: int) -> Values:
        return {
            "root_sid": f"CA{number:032x}",
            "revision": rng.choice([1, 2]),
            "state": rng.choice(["due", "due", "done", "failed", "omitted"]),
            "due_at": TEN + rng.choice([-MINUTE, MINUTE]) + number * 37 % 80 * SECOND / 1000,
            "attempts": rng.choice([0, 3]),
            "summary": rng.choice([None, STORED]),
            "reason": rng.choice([None, "Busy"]),
            "changed_at": TEN + rng.choice([-8 * DAY, -6 * DAY, 30 * SECOND, 90 * SECOND]),
        }

    return [one(number) for number in range(80)]


def rows_of_sign_ins() -> list[Values]:
    times = [TEN + n * DAY for n in (-31, -29, 0, 1)]
    keys = [None, *times]
    return [
        {
            "link_digest": bytes([n, at]) * 16,
            "identity": "anna" if (n + at) % 2 else "ben",
            "link_expires_at": link,
            "key_digest": bytes([at, n, 7, 7]) * 8 if key else None,
            "key_expires_at": key,
        }
        for n, link in enumerate(times)
        for at, key in enumerate(keys)
    ]


JOBS, SUMMARIES, SIGN_INS = rows_of_jobs(), rows_of_summaries(), rows_of_sign_ins()
ROWS = {transcript_jobs: JOBS, summaries: SUMMARIES, sign_ins: SIGN_INS}


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as opened:
        for table in ROWS:
            await fill(opened, table)
        yield opened


async def fill(inbox: Inbox, table: Table) -> None:
    async def operation(connection: AsyncConnection) -> None:
        await connection.execute(delete(table))
        await connection.execute(insert(table), ROWS[table])

    await inbox.write(operation)


async def changes(inbox: Inbox, table: Table) -> dict[str, Values]:
    """Key → the columns that have another value than at first; then the rows are as at first again."""
    key = table.c[0].name
    async with inbox.reading() as connection:
        found = {row[key]: dict(row) for row in (await connection.execute(select(table))).mappings()}
    differing = {
        row[key]: {name: value for name, value in found[row[key]].items() if value != row[name]}
        for row in ROWS[table]
        if row[key] in found
    }
    gone = {row[key]: {"gone": True} for row in ROWS[table] if row[key] not in found}
    await fill(inbox, table)
    return {key: changed for key, changed in differing.items() if changed} | gone


def expected(rows: Sequence[Values], change: Values | Callable[[Values], Values]) -> dict[str, Values]:
    """The same, by the rule for these rows."""
    found = {}
    for row in rows:
        new = {
            name: value
            for name, value in (change if isinstance(change, dict) else change(row)).items()
            if row.get(name, ...) != value
        }
        if new:
            found[next(iter(row.values()))] = new
    return found


def due(row: Values) -> bool:
    return bool(row["state"] == "due")


def is_ready(row: Values, now: datetime) -> bool:
    return bool(row["due_at"] <= now or row["changed_at"] > now + MINUTE)


def in_order(rows: Sequence[Values]) -> list[Values]:
    return sorted(rows, key=lambda row: (row["due_at"], next(iter(row.values()))))


def is_free(row: Values, now: datetime) -> bool:
    until = row["held_until"]
    return until is None or until < now or until > now + 2 * MINUTE


def job_of(row: Values, **more: Any) -> TranscriptJob:
    names = ("recording_sid", "root_sid", "attempts", "engine", "progress", "charged")
    return TranscriptJob(**{name: row[name] for name in names} | more, callbacks=())


async def test_which_job_is_claimed(inbox: Inbox) -> None:
    ready = in_order([row for row in JOBS if due(row) and is_ready(row, TEN) and is_free(row, TEN)])
    assert len(ready) > 9
    for row in ready[:9]:
        claimed = await jobs.claim_job(inbox, OTHER, now=TEN)
        assert claimed == job_of(row, attempts=row["attempts"] + 1, holder=OTHER)
    assert await changes(inbox, transcript_jobs) == expected(
        ready[:9],
        lambda row: {"attempts": row["attempts"] + 1, "holder": OTHER, "held_until": TEN + MINUTE},
    )


async def test_what_is_known_of_jobs(inbox: Inbox) -> None:
    waits = [row for row in JOBS if due(row)]
    times = [max(row["due_at"], row["held_until"] or row["due_at"]) for row in waits]
    assert await jobs.next_due(inbox, now=TEN - DAY) == min(times)
    assert await jobs.next_due(inbox, now=TEN + DAY) == TEN + DAY
    parked = len([row for row in JOBS if row["state"] == "parked"])
    assert await jobs.job_backlog(inbox) == JobBacklog(
        due=len(waits), parked=parked, oldest=min(row["due_at"] for row in waits)
    )
    names = KnownJob.__struct_fields__
    for number in range(5):
        call = f"CA{number:032x}"
        theirs = in_order([row for row in JOBS if row["root_sid"] == call])
        known = [KnownJob(**{n: row[n] for n in names} | {"state": JobState(row["state"])}) for row in theirs]
        assert await jobs.jobs_of(inbox, call) == known


async def test_which_jobs_are_retried_or_freed(inbox: Inbox) -> None:
    again = {"state": "due", "due_at": TEN + DAY, "attempts": 0, "changed_at": TEN + DAY, "charged": False}
    again |= FREE
    parked = [row for row in JOBS if row["state"] == "parked"]
    assert await jobs.retry_jobs(inbox, None, now=TEN + DAY) == len(parked)
    assert await changes(inbox, transcript_jobs) == expected(parked, again)
    for call in {row["root_sid"] for row in parked[:3]}:
        theirs = [r for r in JOBS if r["root_sid"] == call and r["state"] in {"parked", "omitted"}]
        assert await jobs.retry_jobs(inbox, call, now=TEN + DAY) == len(theirs)
        assert await changes(inbox, transcript_jobs) == expected(theirs, again)
    held = [row for row in JOBS if row["holder"]]
    assert await jobs.release_jobs(inbox) == len(held)
    assert await changes(inbox, transcript_jobs) == expected(held, FREE)


Act = Callable[[Inbox, TranscriptJob], Awaitable[object]]

LATER = TEN + 5 * MINUTE
WHEN: Values = {"due_at": LATER, "changed_at": TEN + SECOND}
ACTS: list[tuple[Act, Values]] = [
    (lambda i, j: jobs.renew_job(i, j, ONE, now=LATER), {"held_until": LATER + MINUTE}),
    (lambda i, j: jobs.save_progress(i, j, ONE, "two\0"), {"progress": "two\N{REPLACEMENT CHARACTER}"}),
    (lambda i, j: jobs.save_piece(i, j, ONE, "two"), {"progress": "two", "attempts": 1}),
    (
        lambda i, j: jobs.postpone_job(i, j, ONE, until=LATER, reason="Away", now=TEN + SECOND),
        WHEN | FREE | {"reason": "Away"},
    ),
    (
        lambda i, j: jobs.postpone_job(i, j, ONE, until=LATER, reason=None, now=TEN + SECOND),
        WHEN | FREE | {"reason": None, "attempts": 0},
    ),
    (
        lambda i, j: jobs.postpone_job(
            i, j, ONE, until=LATER, reason="Slow", now=TEN + SECOND, has_failed=False
        ),
        WHEN | FREE | {"reason": "Slow", "attempts": 0},
    ),
    (
        lambda i, j: jobs.restart_job(i, j, ONE, until=LATER, reason="Gone", now=TEN + SECOND),
        WHEN | FREE | {"reason": "Gone", "progress": "", "charged": False},
    ),
    (
        lambda i, j: jobs.restart_job(
            i, j, ONE, until=LATER, reason="Gone", now=TEN + SECOND, progress="anew"
        ),
        WHEN | FREE | {"reason": "Gone", "progress": "anew", "charged": False},
    ),
    (
        lambda i, j: jobs.close_job(i, j, ONE, state=JobState.PARKED, reason="No", now=LATER),
        FREE | {"state": "parked", "reason": "No", "changed_at": LATER},
    ),
]


async def test_who_holds_a_job_changes_it_and_no_other_process_does(inbox: Inbox) -> None:
    mine = [row for row in JOBS if due(row) and row["holder"] == ONE]
    others = [next(row for row in JOBS if not due(row) and row["holder"] == ONE)]
    others += [next(row for row in JOBS if due(row) and row["holder"] == whose) for whose in (None, OTHER)]
    for number, (act, new) in enumerate(ACTS):
        row = mine[number]
        await act(inbox, job_of(row, holder=ONE))
        for other in others:
            with pytest.raises(TranscriptTaken):
                await act(inbox, job_of(other, holder=ONE))
        assert (number, await changes(inbox, transcript_jobs)) == (
            number,
            expected([row], new),
        )


async def test_the_seconds_of_a_day_are_counted_once_a_job(inbox: Inbox) -> None:
    async def charge(row: Values, seconds: int, *, now: datetime = TEN) -> bool:
        job = job_of(row, holder=ONE)
        return await jobs.charge(inbox, job, ONE, engine="openai", seconds=seconds, limit=100, now=now)

    mine = [row for row in JOBS if due(row) and row["holder"] == ONE]
    fresh = [row for row in mine if not row["charged"]]
    for row, seconds, now, fits in (
        (fresh[0], 60, TEN, True),
        (fresh[1], 41, TEN, False),
        (fresh[2], 40, TEN, True),
        (fresh[3], 1, TEN, False),
        (fresh[4], 100, TEN + DAY, True),
        (next(row for row in mine if row["charged"]), 999, TEN, True),
    ):
        assert await charge(row, seconds, now=now) == fits
        begun = row["progress"] if row["engine"] == "openai" else ""
        new = {"charged": True, "seconds": seconds, "engine": "openai", "progress": begun}
        assert await changes(inbox, transcript_jobs) == expected([row] if fits else [], new)
    with pytest.raises(TranscriptTaken):
        await charge(next(row for row in JOBS if due(row) and row["holder"] == OTHER), 1)


async def test_which_jobs_a_result_makes_due(inbox: Inbox) -> None:
    at = TEN + 10 * SECOND
    later = [row for row in JOBS if due(row) and row["due_at"] > at]
    waits = [row for row in later if row["progress"] in {"RE9", "RE9 and more"}]
    assert waits
    await store_result(inbox, source_sid="RE9", digest=ONE, body="{}", received_at=at)
    assert await changes(inbox, transcript_jobs) == expected(waits, {"due_at": at})
    sid = next(row["recording_sid"] for row in later)
    await store_result(inbox, source_sid=sid, digest=OTHER, body="{}", received_at=at)
    assert await changes(inbox, transcript_jobs) == {sid: {"due_at": at}}


async def test_which_summary_is_claimed(inbox: Inbox) -> None:
    busy = {row["root_sid"] for row in JOBS if due(row)}
    ready = [row for row in SUMMARIES if due(row) and row["root_sid"] not in busy and is_ready(row, TEN)]
    ready = in_order([row for row in ready if row["changed_at"] > TEN - 7 * DAY])
    besides: list[str] = []
    assert len(ready) > 3
    for row in ready:
        claimed = await made.claim_summary(inbox, now=TEN, besides=besides)
        assert claimed == SummaryJob(
            root_sid=row["root_sid"], revision=row["revision"], attempts=row["attempts"] + 1
        )
        besides.append(row["root_sid"])
    assert await made.claim_summary(inbox, now=TEN, besides=besides) is None
    assert await changes(inbox, summaries) == expected(ready, lambda r: {"attempts": r["attempts"] + 1})


async def test_what_becomes_of_a_summary(inbox: Inbox) -> None:
    for row, other in zip(SUMMARIES[:4], SUMMARIES[4:8], strict=True):
        job = SummaryJob(root_sid=row["root_sid"], revision=row["revision"], attempts=5)
        stale = SummaryJob(root_sid=other["root_sid"], revision=other["revision"] - 1, attempts=5)
        assert [await made.finish_summary(inbox, one, SUMMARY, now=LATER) for one in (job, stale)] == [
            True,
            False,
        ]
        done = {"state": "done", "summary": STORED, "reason": None, "changed_at": LATER}
        assert await changes(inbox, summaries) == expected([row], done)
        for counts in (True, False):
            for one in (job, stale):
                await made.postpone_summary(
                    inbox, one, until=LATER, reason="Away", counts=counts, now=TEN + SECOND
                )
            new = WHEN | {"reason": "Away", "attempts": 5 if counts else 4}
            assert await changes(inbox, summaries) == expected([row], new)
        for one in (job, stale):
            await made.close_summary(inbox, one, state=SummaryState.OMITTED, reason="Empty", now=LATER)
        closed = {"state": "omitted", "summary": None, "reason": "Empty", "changed_at": LATER}
        assert await changes(inbox, summaries) == expected([row], closed)
    failed = [row for row in SUMMARIES if row["state"] == "failed"]
    assert await made.failed_summaries(inbox) == len(failed)
    again = {"state": "due", "due_at": LATER, "attempts": 0, "changed_at": LATER}
    for sid, which in ((None, failed), (failed[0]["root_sid"], failed[:1]), (SUMMARIES[0]["root_sid"], [])):
        assert await made.retry_summaries(inbox, sid, now=LATER) == len(which)
        assert await changes(inbox, summaries) == expected(which, again)


async def test_what_is_known_of_summaries(inbox: Inbox) -> None:
    sids = [row["root_sid"] for row in SUMMARIES]
    have = {row["root_sid"]: SUMMARY for row in SUMMARIES[::2] if row["summary"]}
    assert await made.summaries_of(inbox, sids[::2]) == have
    names = KnownSummary.__struct_fields__
    for row in SUMMARIES[:5]:
        known = KnownSummary(**{name: row[name] for name in names} | {"state": SummaryState(row["state"])})
        assert await made.summary_job_of(inbox, row["root_sid"]) == known
    assert await made.summary_job_of(inbox, "CAx") is None


async def test_which_links_and_keys_end(inbox: Inbox) -> None:
    def holds(row: Values) -> bool:
        return bool((row["key_expires_at"] or row["link_expires_at"]) > TEN)

    async with inbox.reading() as connection:
        held = await sign_ins_that_hold(connection, now=TEN)
    names = ("identity", "link_expires_at", "key_expires_at")
    assert sorted(str([getattr(one, name) for name in names]) for one in held) == sorted(
        str([row[name] for name in names]) for row in SIGN_INS if holds(row)
    )
    annas = [row for row in SIGN_INS if row["identity"] == "anna"]
    assert await revoke(inbox, "anna", now=TEN) == len([row for row in annas if holds(row)])
    ended = ("link_expires_at", "key_expires_at")
    assert await changes(inbox, sign_ins) == expected(
        annas, lambda row: {name: TEN for name in ended if row[name] and row[name] > TEN}
    )
    keys = [row for row in SIGN_INS if row["key_digest"]]
    for row in keys:
        found = await signed_in(inbox, row["key_digest"], now=TEN)
        assert (found is not None) == (row["key_expires_at"] > TEN)
    for row in keys:
        await sign_out(inbox, key=row["key_digest"], now=TEN)
    late = [row for row in keys if row["key_expires_at"] > TEN]
    assert await changes(inbox, sign_ins) == expected(late, {"key_expires_at": TEN})
    old = [row for row in SIGN_INS if (row["key_expires_at"] or row["link_expires_at"]) < TEN - 30 * DAY]
    assert await drop_ended(inbox, now=TEN) == len(old)
    assert await changes(inbox, sign_ins) == expected(old, {"gone": True})
