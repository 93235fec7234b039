"""What is stored beside a callback, and what a stored row says: without a database."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.callback import Callback, Kind
from bridge.calls.people.matching import Match, Person
from bridge.inbox.rows import (
    SOON,
    AttemptOutcome,
    Settled,
    match_of,
    row_of,
    rows_of_agents,
    rows_of_jobs,
    settled_row_of,
    stored_match,
)
from bridge.inbox.store import printable
from tests.support import TEN, told

ROOT, OTHER = "CA" + "1" * 32, "CA" + "2" * 32
RECORDED = {"RecordingSid": "RE" + "1" * 32, "RecordingStatus": "completed"}
JANE = Person("p1", "Jane Doe", "company", "owner")


def new(*callbacks: Callback) -> list[tuple[str, bytes]]:
    return [(one.root_sid, one.digest) for one in callbacks]


def rung(agent: str, sid: str, at: float) -> Callback:
    parties = {"From": "+33159130001", "To": f"client:{agent}", "SequenceNumber": str(at)}
    return told(Kind.STATUS, sid, at=at, CallStatus="ringing", **parties)


def test_a_call_is_listed_under_each_agent_whom_new_callbacks_name_at_the_latest() -> None:
    callbacks = [
        rung("bob", ROOT, 1),
        rung("alice", ROOT, 2),
        rung("alice", ROOT, 3),
        rung("alice", OTHER, 4),
    ]
    rows = [row_of(one) for one in callbacks]
    at = [TEN + timedelta(seconds=seconds) for seconds in (3, 1, 4)]
    listed = [
        {"root_sid": ROOT, "agent": "alice", "at": at[0]},
        {"root_sid": ROOT, "agent": "bob", "at": at[1]},
        {"root_sid": OTHER, "agent": "alice", "at": at[2]},
    ]
    assert rows_of_agents(rows, new(*callbacks)) == listed
    assert {row["at"] for row in rows_of_agents(rows, new(callbacks[1]))} == {TEN + timedelta(seconds=2)}
    assert rows_of_agents(rows, []) == []


@pytest.mark.parametrize(
    ("kind", "form", "after"),
    [
        (Kind.RECORDING, RECORDED, timedelta()),
        # Before Twilio has the file.
        (Kind.VOICEMAIL, RECORDED, SOON),
        (Kind.RECORDING, RECORDED | {"RecordingStatus": "absent"}, None),
        (Kind.STATUS, RECORDED, None),
    ],
)
def test_a_recording_that_is_ready_becomes_a_job_once(
    kind: Kind, form: dict[str, str], after: timedelta | None
) -> None:
    callback = told(kind, ROOT, at=5, **form)
    job: dict[str, Any] = {
        "recording_sid": RECORDED["RecordingSid"],
        "root_sid": ROOT,
        "due_at": callback.received_at + (after or timedelta()),
        "changed_at": callback.received_at,
    }
    rows = [row_of(callback), row_of(told(Kind.STATUS, ROOT, CallStatus="ringing"))]
    assert rows_of_jobs(rows, new(callback)) == ([] if after is None else [job])
    assert rows_of_jobs(rows, []) == []


@pytest.mark.parametrize(
    "match", [Match(None), Match(JANE), Match(JANE, (replace(JANE, id="p2"),), corrected=True)]
)
def test_a_match_comes_back_as_it_was_stored(match: Match) -> None:
    assert match_of(stored_match(match)) == match


def settled(**more: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "root_sid": ROOT,
        "revision": 3,
        "number": "+33639980001",
        "match": Match(JANE),
        "written": b"digest",
        "fields": b"fields",
        "unread": "a new kind",
        "reminded": True,
        "outcome": AttemptOutcome.WRITTEN,
    }
    return settled_row_of(Settled(**usual | more), TEN)


def test_what_is_settled_of_a_call() -> None:
    assert settled() == {
        "sid": ROOT,
        "revision_written": 3,
        "is_matched": True,
        "its_number": "+33639980001",
        "its_person_id": "p1",
        "its_match": stored_match(Match(JANE)),
        "digest": b"digest",
        "at": TEN,
        "goes_on_since": None,
        "kind_unread": "a new kind",
        "is_reminded": True,
        "its_task_due": None,
        "its_former": None,
        "its_fields": b"fields",
    }
    open_ = settled(match=None, ended=False, reminded=False, reminding=True, formerly=("p2",))
    assert {name: value for name, value in open_.items() if settled()[name] != value} == {
        "is_matched": False,
        "its_person_id": None,
        "its_match": None,
        "goes_on_since": TEN,
        "is_reminded": False,
        "its_task_due": TEN,
        "its_former": ["p2"],
    }
    assert settled(match=Match(None))["is_matched"]
    assert settled(match=Match(None))["its_person_id"] is None


@pytest.mark.parametrize(
    ("error", "stored"), [("a\0b", "a\N{REPLACEMENT CHARACTER}b"), ("a\ud800b", "a?b"), ("é ☎", "é ☎")]
)
def test_an_error_is_stored_by_every_database(error: str, stored: str) -> None:
    assert printable(error) == stored
