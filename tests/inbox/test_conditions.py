"""Each query and each change of the queue against its rule in plain Python, on calls in every state.

What a call becomes is compared with all of its row: what a change leaves is as much a part of it as what it
sets. On SQLite; the statements are the same on PostgreSQL.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from bridge.calls.numbers import e164
from bridge.calls.people.matching import Match
from bridge.inbox import requeue
from bridge.inbox.agent_calls import Heard, heard_with_numbers, matched_calls
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.forgetting import calls_of
from bridge.inbox.queries import (
    KnownCall,
    State,
    calls_in_progress,
    failed_since,
    known_calls,
    known_sids,
    outcomes,
    parked_reasons,
    stored_calls,
    waiting,
)
from bridge.inbox.reminders import (
    defer_reminders,
    due_reminders,
    reminded_calls,
    settle_reminders,
)
from bridge.inbox.retention import drop, purge
from bridge.inbox.rows import UNCERTAIN, AttemptOutcome, Backlog, Settled, stored_match
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import attempts, calls
from bridge.inbox.transcripts.call import make_call_due
from tests.databases import begin
from tests.inbox.tables_of_calls import (
    COUNT,
    DAY,
    MINUTE,
    NUMBER,
    OTHER,
    PEOPLE,
    ROWS,
    SIDS,
    Values,
    callback_of_call,
    changes,
    due_call,
    due_calls,
    expected,
    fill,
    of,
    sids,
)
from tests.support import TEN

HALF = SIDS[::2]
SINCE = ROWS[3]["due_at"]
ROOT = {row["root_sid"]: row for row in ROWS}


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as opened:
        await fill(opened)
        yield opened


def ready(column: str, now: datetime, row: Values) -> bool:
    at = row[column]
    return bool(at and (at <= now or at > now + HOUR))


HOUR = 60 * MINUTE


async def test_what_is_claimed(inbox: Inbox) -> None:
    def is_fresh(over: object, row: Values) -> bool:
        return of(row).due and row["not_before"] is None and row["ended"] == over

    fresh = [sids(partial(is_fresh, over), "due_at") for over in (True, False)]
    assert await inbox.claim(COUNT) == due_calls([*fresh[0], *fresh[1]])
    assert await inbox.claim(COUNT, live=False) == due_calls(fresh[0])
    for limit in (1, len(fresh[0]), len(fresh[0]) + 2):
        assert [due.root_sid for due in await inbox.claim(limit)] == [*fresh[0], *fresh[1]][:limit]
    for now in (TEN, TEN + 30 * MINUTE, TEN - DAY):
        late = [sid for sid in sids(partial(ready, "not_before", now), "not_before") if of(ROOT[sid]).due]
        over = [sid for sid in late if ROOT[sid]["ended"]]
        assert await inbox.claim_deferred(COUNT, now=now) == due_calls(late)
        assert await inbox.claim_deferred(7, now=now, live=False) == due_calls(over[:7])
        tasks = [sid for sid in sids(partial(ready, "remind_at", now), "remind_at") if of(ROOT[sid]).kept]
        assert await due_reminders(inbox, COUNT, now=now) == due_calls(tasks)
        assert await due_reminders(inbox, 7, now=now) == due_calls(tasks[:7])


async def test_what_is_counted(inbox: Inbox) -> None:
    waits = [row for row in ROWS if of(row).due]
    oldest = min(row["due_at"] for row in waits if row["ended"])
    parked = [row for row in ROWS if of(row).parked]
    assert await inbox.backlog() == Backlog(len(waits), len(parked), oldest)
    assert await inbox.oldest_due() == oldest
    assert await inbox.has_parked()
    reasons = Counter(row["parked_reason"] for row in parked if of(row).kept)
    assert await parked_reasons(inbox) == reasons.most_common()
    assert await requeue.count_unmatched(inbox, since=TEN) == len(
        sids(lambda r: of(r).unmatched and r["due_at"] > TEN)
    )
    async with inbox.reading() as connection:
        assert await requeue.unread_kinds(connection) == {
            "hologram": len(sids(lambda r: r["unread"] == "hologram"))
        }
    half = [ROOT[sid] for sid in HALF if of(ROOT[sid]).kept]
    settled = [row for row in half if not of(row).due and not of(row).parked]
    written = [row for row in settled if row["written"]]
    assert await outcomes(inbox, HALF) == {
        "waiting": len([row for row in half if of(row).due]),
        "parked": len([row for row in half if of(row).parked]),
        "logged": len(written),
        "matched": len([row for row in written if row["person_id"]]),
        "skipped": len(settled) - len(written),
    }


async def test_what_is_known_of_calls(inbox: Inbox) -> None:
    half = set(HALF)
    assert await known_sids(inbox, [*HALF, "CAx"]) == half
    assert await waiting(inbox, HALF) == [sid for sid in HALF if of(ROOT[sid]).due]
    assert await matched_calls(inbox, HALF) == {sid for sid in HALF if ROOT[sid]["matched"]}
    found = await stored_calls(inbox, HALF)
    assert found.purged == {sid for sid in HALF if ROOT[sid]["purged"]}
    assert [list(found.stored(sid)) for sid in HALF] == [[callback_of_call(sid)] for sid in HALF]
    reminded = sids(lambda r: r["reminded"] and of(r).kept and r["person_id"] == "p1", "due_at", newest=True)
    tasks = await reminded_calls(inbox, ["p1", "p9"])
    assert [one.root_sid for one in tasks] == reminded[:200]
    named = [PEOPLE["p1"] if ROOT[one.root_sid]["match"] else None for one in tasks]
    assert [one.person if one.person.name else None for one in tasks] == named
    assert {one.person.id for one in tasks} == {"p1"}
    assert [list(one.callbacks) for one in tasks] == [[callback_of_call(one.root_sid)] for one in tasks]


async def test_what_is_listed(inbox: Inbox) -> None:
    lists = product((None, State.DUE, State.PARKED), ((), (NUMBER,), (NUMBER, OTHER)), (None, SINCE))
    for state, numbers, since in lists:
        found = [call async for call in known_calls(inbox, state=state, since=since, numbers=numbers)]
        rule = partial(is_listed, state, numbers, since)
        assert [call.root_sid for call in found] == sids(rule, "due_at", newest=True)
        assert [listed(call) for call in found] == [listed_row(ROOT[call.root_sid]) for call in found]


def is_listed(state: State | None, numbers: tuple[str, ...], since: Any, row: Values) -> bool:
    is_due, is_parked = of(row).due, of(row).parked and of(row).kept
    wanted = {None: of(row).kept, State.DUE: is_due, State.PARKED: is_parked}[state]
    unread = row["number"] is None and (is_due or is_parked)
    mine = not numbers or row["number"] in numbers or unread
    return bool(wanted and mine and (since is None or row["due_at"] >= since))


def listed(call: KnownCall) -> tuple[Any, ...]:
    return (call.state, call.heard_at, call.settled_at, call.attempts, call.error, call.match, call.callbacks)


def listed_row(row: Values) -> tuple[Any, ...]:
    state = State.PARKED if of(row).parked else State.DUE if of(row).due else State.SETTLED
    error = row["parked_reason"] or row["last_error"]
    match = Match(PEOPLE[row["person_id"]], (PEOPLE["p2"],), corrected=True) if row["match"] else None
    stored = (callback_of_call(row["root_sid"]),)
    return (state, row["due_at"], row["settled_at"], row["attempts"], error, match, stored)


async def test_which_calls_go_on_or_were_heard_of(inbox: Inbox) -> None:
    after, before, now = ROWS[1]["due_at"] - 2 * DAY, ROWS[6]["due_at"], ROWS[9]["due_at"] + DAY / 2

    def goes_on(row: Values) -> bool:
        heard = row["due_at"] > after and (row["due_at"] < before or row["due_at"] > now)
        shown = row["open_since"] is not None or (of(row).due and not row["ended"])
        return of(row).kept and heard and shown

    open_ = sids(goes_on, "due_at", newest=True)
    assert open_
    for limit in (COUNT, 5):
        found = await calls_in_progress(inbox, after=after, before=before, now=now, limit=limit)
        assert found == open_[:limit]

    def heard(holds: Callable[[Values], bool], limit: int) -> list[Heard]:
        which = sids(lambda r: of(r).kept and r["due_at"] >= after and holds(r), "due_at", newest=True)
        return [Heard(sid, ROOT[sid]["revision"], ROOT[sid]["due_at"]) for sid in which[:limit]]

    for limit in (COUNT, 5):
        assert list(await heard_with_numbers(inbox, [NUMBER], since=after, limit=limit)) == [
            *heard(lambda r: r["number"] == NUMBER, limit),
            *heard(lambda r: of(r).due and r["number"] is None and not r["ended"], limit),
            *heard(lambda r: of(r).due and r["number"] is None and r["ended"], limit),
        ]


Change = Callable[[Inbox], Awaitable[Any]]
Rule = Callable[[Values], Values]


def again(row: Values) -> Values:
    return {"revision": row["revision"] + 1, "parked_reason": None, "not_before": None}


def anew(row: Values) -> Values:
    return again(row) | {"anew_revision": row["revision"] + 1, "matched": False}


def moved(row: Values) -> Values:
    return {"revision": row["revision"] + 1, "anew_revision": row["revision"] + 1}


def erased(row: Values) -> Values:
    gone = (
        "parked_reason last_error number person_id match written fields open_since not_before remind_at"
        " remind_former unread"
    )
    new = {"purged": True, "synced_revision": row["revision"], "matched": False}
    return new | dict.fromkeys(gone.split())


def deferred(row: Values) -> Values:
    return {
        "unread": "hologram" if row["unread"] else None,
        "not_before": TEN + MINUTE,
        "deferrals": row["deferrals"] + 1,
        "attempts": row["attempts"] + 1,
        "last_error": "down again",
    }


def is_between(row: Values) -> bool:
    at = row["settled_at"]
    return at is not None and abs(at - TEN) <= 70 * MINUTE and row["due_at"] > TEN - DAY


def stale(row: Values) -> bool:
    """Of every third row a claim is out of date."""
    return SIDS.index(row["root_sid"]) % 3 == 0


def claims(row: Values) -> Any:
    unread = "hologram" if row["unread"] else None
    return replace(due_call(row), revision=row["revision"] - stale(row), unread=unread)


CLAIMS = [claims(row) for row in ROWS[::-1]]
PERSON_OF = {sid: ("p1", "p9", None)[n % 3] for n, sid in enumerate(HALF)}


async def relink_interrupted(inbox: Inbox) -> int:
    assert await requeue.relink_interrupted(inbox) == 0
    await Checkpoints(inbox).save(requeue.RELINKED, TEN)
    return await requeue.relink_interrupted(inbox)


async def due_again(inbox: Inbox) -> None:
    async def operation(connection: Any) -> None:
        for sid in SIDS[:40]:
            await make_call_due(connection, sid)

    await inbox.write(operation)


def differs(row: Values) -> bool:
    sid = row["root_sid"]
    return (
        sid in PERSON_OF
        and of(row).kept
        and row["written"] is not None
        and row["person_id"] != PERSON_OF[sid]
    )


CHANGES: dict[str, tuple[Change, Rule, Callable[[Values], Any]]] = {
    "retry all": (
        lambda inbox: requeue.retry(inbox, None),
        lambda r: again(r) | {"deferrals": 0},
        lambda r: of(r).parked and of(r).kept,
    ),
    "relink": (
        lambda inbox: requeue.relink(inbox, None, since=SINCE),
        anew,
        lambda r: of(r).unmatched and r["due_at"] > SINCE,
    ),
    "relink a number": (
        lambda inbox: requeue.relink(inbox, [NUMBER], since=SINCE),
        anew,
        lambda r: of(r).unmatched and r["due_at"] > SINCE and r["number"] == NUMBER,
    ),
    "relink interrupted": (relink_interrupted, anew, lambda r: of(r).unmatched and is_between(r)),
    "unlink": (
        lambda inbox: requeue.unlink(inbox, "p1"),
        lambda r: (
            moved(r) | {"synced_revision": r["synced_revision"] + 1, "matched": False, "person_id": None}
        ),
        lambda r: r["person_id"] == "p1",
    ),
    "moved": (lambda inbox: requeue.requeue_moved(inbox, PERSON_OF), moved, differs),
    "moved by an API key": (
        lambda inbox: requeue.requeue_moved(inbox, PERSON_OF, by_api=True),
        moved,
        lambda r: differs(r) and r["person_id"] is not None and not of(r).due,
    ),
    "uncertain": (
        lambda inbox: requeue.requeue_uncertain(inbox, HALF),
        lambda r: moved(r) | {"written": UNCERTAIN, "not_before": None},
        lambda r: r["root_sid"] in PERSON_OF and of(r).kept and r["written"] is not None,
    ),
    "readable": (
        requeue.requeue_readable,
        lambda r: {"revision": r["revision"] + 1, "unread": None, "not_before": None},
        lambda r: r["unread"] == "note" and of(r).kept,
    ),
    "joined": (
        lambda inbox: requeue.requeue_joined(inbox, HALF),
        again,
        lambda r: r["root_sid"] in PERSON_OF and of(r).kept,
    ),
    "a transcript": (
        due_again,
        lambda r: again(r) | {"deferrals": 0},
        lambda r: r["root_sid"] in SIDS[:40] and of(r).kept,
    ),
    "tasks settled": (
        lambda inbox: settle_reminders(inbox, [_as_of(claim) for claim in CLAIMS], with_task=HALF),
        lambda r: {"reminded": r["root_sid"] in PERSON_OF, "remind_at": None, "remind_former": None},
        lambda r: of(r).kept and not stale(r),
    ),
    "tasks deferred": (
        lambda inbox: defer_reminders(inbox, dict.fromkeys(HALF, TEN + HOUR)),
        lambda _: {"remind_at": TEN + HOUR},
        lambda r: r["root_sid"] in PERSON_OF and r["remind_at"] is not None,
    ),
    "failed": (
        lambda inbox: inbox.failed(CLAIMS, "down again", now=TEN),
        lambda r: {"last_error": "down again", "attempts": r["attempts"] + 1},
        lambda r: of(r).due,
    ),
    "deferred": (
        lambda inbox: inbox.defer(CLAIMS, "down again", until=TEN + MINUTE, now=TEN),
        deferred,
        lambda r: of(r).due and not stale(r),
    ),
    "dropped": (
        lambda inbox: drop(inbox, HALF, where=calls.c.number == NUMBER),
        erased,
        lambda r: r["root_sid"] in PERSON_OF and r["number"] == NUMBER,
    ),
    "dropped, all": (lambda inbox: drop(inbox, HALF), erased, lambda r: r["root_sid"] in PERSON_OF),
}
COUNTED = {
    name for name in CHANGES if name.startswith(("retry", "relink", "unlink", "moved", "readable", "drop"))
}
SILENT = {"tasks settled", "tasks deferred", "failed", "deferred", "dropped", "dropped, all", "a transcript"}


def _as_of(claim: Any) -> Any:
    return replace(claim, synced_revision=claim.synced_revision - stale(ROOT[claim.root_sid]))


async def test_what_a_change_changes(inbox: Inbox) -> None:
    for name, (change, rule, holds) in CHANGES.items():
        inbox.news.clear()
        answer = await change(inbox)
        assert (name, inbox.news.is_set()) == (name, name not in SILENT)
        tried = await attempts_in(inbox)
        assert (name, await changes(inbox)) == (name, expected(rule, holds))
        concerned = sids(holds)
        assert concerned
        assert (name, answer) == (name, len(concerned) if name in COUNTED else None)
        claimed = {claim.root_sid: claim.revision for claim in CLAIMS}
        failed = [attempt(sid, claimed[sid], "failed", "down again") for sid in concerned]
        assert (name, tried) == (name, failed if name in {"failed", "deferred"} else [])


def attempt(sid: str, revision: int, outcome: str, error: str | None) -> tuple[Any, ...]:
    return sid, revision, outcome, error, 1, TEN, TEN


async def attempts_in(inbox: Inbox) -> list[tuple[Any, ...]]:
    async with inbox.reading() as connection:
        found = await connection.execute(select(attempts).order_by(attempts.c.root_sid))
        return [tuple(row) for row in found]


async def test_what_retrying_and_parking_one_changes(inbox: Inbox) -> None:
    for row in ROWS[:8]:
        sid, holds = row["root_sid"], lambda r, row=row: r is row and of(r).kept
        assert await requeue.retry(inbox, sid) == of(row).kept
        assert await changes(inbox) == expected(lambda r: again(r) | {"deferrals": 0}, holds)
        await inbox.park(claims(row), "no way", now=TEN)
        is_now = of(row).kept and not stale(row)
        assert await attempts_in(inbox) == (
            [attempt(sid, row["revision"], "parked", "no way")] if is_now else []
        )
        parked = {"parked_reason": "no way", "last_error": "no way", "attempts": row["attempts"] + 1}
        assert await changes(inbox) == ({sid: parked} if is_now else {})


def settling(row: Values) -> Settled:
    number = SIDS.index(row["root_sid"])
    return Settled(
        root_sid=row["root_sid"],
        revision=row["revision"] - number % 2,
        number=OTHER if number % 3 else None,
        match=Match(PEOPLE["p2"]) if number % 5 else Match(None) if number % 2 else None,
        written=b"3" * 16 if number % 7 else None,
        ended=number % 4 > 0,
        reminded=number % 3 > 0,
        reminding=number % 5 > 1,
        formerly=("p5", "p6") if number % 2 else (),
        outcome=list(AttemptOutcome)[number % 3],
        unread="other" if number % 2 else None,
        fields=b"4" * 64 if number % 3 else None,
    )


def settled(row: Values) -> Values:
    new = settling(row)
    found = {
        "matched": new.match is not None,
        "number": new.number,
        "person_id": new.match and new.match.person and new.match.person.id,
        "match": new.match and stored_match(new.match),
        "written": new.written,
    }
    return (found if row["anew_revision"] <= new.revision else {}) | {
        "synced_revision": max(row["synced_revision"], new.revision),
        "fields": new.fields,
        "settled_at": TEN + HOUR,
        "open_since": None if new.ended else TEN + HOUR,
        "reminded": new.reminded,
        "remind_at": TEN + HOUR if new.reminding else None,
        "remind_former": list(new.formerly) or None,
        "attempts": 0,
        "last_error": None,
        "not_before": None,
        "deferrals": 0,
        "unread": new.unread,
    }


async def test_what_settling_changes(inbox: Inbox) -> None:
    await inbox.settle([settling(ROOT[sid]) for sid in HALF[::-1]], now=TEN + HOUR)
    tried = await attempts_in(inbox)
    kept = sids(lambda r: r["root_sid"] in PERSON_OF and of(r).kept)
    at = (None, 1, TEN + HOUR, TEN + HOUR)
    made = [settling(ROOT[sid]) for sid in kept]
    assert tried == [(one.root_sid, one.revision, one.outcome.value, *at) for one in made]
    assert await changes(inbox) == expected(settled, lambda r: r["root_sid"] in PERSON_OF and of(r).kept)
    # Repeated, it is counted.
    for minutes in (0, 1):
        await inbox.failed([claims(row) for row in ROWS], f"{minutes}", now=TEN + minutes * MINUTE)
    due = [row for row in ROWS if of(row).due]
    assert await attempts_in(inbox) == [
        (row["root_sid"], row["revision"] - stale(row), "failed", "1", 2, TEN, TEN + MINUTE) for row in due
    ]


async def test_what_a_purge_leaves(inbox: Inbox) -> None:
    """All callbacks arrived at ten; of calls that wait none is dropped."""

    def is_over(row: Values) -> bool:
        old = row["due_at"] < TEN + MINUTE
        return row["purged"] or (old and row["revision"] <= row["synced_revision"] and not of(row).parked)

    assert await purge(inbox, before=TEN) == 0
    assert await purge(inbox, before=TEN + MINUTE) == len(sids(is_over))
    found = await stored_calls(inbox, SIDS)
    assert [sid for sid in SIDS if found.stored(sid)] == sids(lambda r: not is_over(r))
    assert await changes(inbox) == expected(erased, is_over)


async def test_calls_whose_write_failed(inbox: Inbox) -> None:
    """By attempts of each outcome, before and after a moment."""
    moment = TEN - 30 * MINUTE
    made = []
    for number, sid in enumerate(SIDS):
        outcome, at = list(AttemptOutcome)[number % 5], moment + (number % 3 - 1) * MINUTE
        made.append({"root_sid": sid, "revision": 1, "outcome": outcome.value, "times": 1})
        made[-1] |= {"first_at": moment, "last_at": at}
    await inbox.change(attempts.insert().values(made))
    failed = {one["root_sid"] for one in made if one["outcome"] == "failed" and one["last_at"] > moment}
    recent = sids(lambda r: r["due_at"] > moment - HOUR or of(r).due)
    assert sorted(await failed_since(inbox, moment)) == [sid for sid in recent if sid in failed]


async def test_whose_number_is_erased_with_its_calls(inbox: Inbox) -> None:
    number = e164("+447700900123", "GB")
    assert number
    await inbox.change(calls.update().where(calls.c.root_sid.in_(SIDS[:2])).values(number=number))
    assert await calls_of(inbox, number, region="FR") == set(SIDS[:2])
