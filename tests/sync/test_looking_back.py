"""From when on Twenty is asked for what users moved and deleted: since the last round, and never all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from bridge.calls.callback import Kind
from bridge.calls.people.matching import Person
from bridge.errors import TwentyDenied
from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.store import Inbox, open_inbox
from bridge.inbox.tables import transcript_erasures
from bridge.inbox.transcripts.erasing import NOTES
from bridge.inbox.transcripts.jobs import JobState, jobs_of
from bridge.sync.changed_people import ChangedPeople
from bridge.sync.corrections import Corrections
from bridge.sync.deletions import Deletions
from bridge.twenty.client.client import Executes
from bridge.twenty.values import PAGE, time_text
from tests.databases import begin
from tests.inbox.support import incoming, kept, settled
from tests.support import TEN, new_sid, told

ROUND, PAUSE = timedelta(minutes=15), timedelta(days=60)
OVERLAP = timedelta(minutes=2)
THREE_DAYS, A_WEEK, A_MONTH = timedelta(days=3), timedelta(days=7), timedelta(days=30)


@dataclass
class Twenty:
    """Answers with these pages of calls, or raises; remembers since when it was asked, page by page."""

    pages: list[list[dict[str, Any]]] = field(default_factory=lambda: [[]])
    error: Exception | None = None
    asked: list[tuple[Any, Any]] = field(default_factory=list)

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        if self.error:
            raise self.error
        assert variables["first"] == PAGE
        self.asked.append((variables["since"], variables["after"]))
        page = int(variables["after"] or 0)
        return {
            "phoneCalls": {
                "edges": [{"node": node} for node in self.pages[page]],
                "pageInfo": {"hasNextPage": page + 1 < len(self.pages), "endCursor": str(page + 1)},
            }
        }

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        raise NotImplementedError(name)


def moved(sid: str | None, person: str | None = None) -> dict[str, Any]:
    return {"externalCallId": sid, "personId": person}


def at(updated: datetime | None = None, deleted: datetime | None = None) -> dict[str, Any]:
    """A record that was changed, or deleted, at that time."""
    times = {"updatedAt": updated, "deletedAt": deleted}
    read = {name: moment and time_text(moment) for name, moment in times.items()}
    return moved(None) | {"id": "p1", "phones": None} | read


Makes = Callable[[Inbox, Executes, Callable[[], bool]], Corrections | Deletions | ChangedPeople]


def people(late: timedelta) -> Makes:
    def make(inbox: Inbox, client: Executes, affordable: Callable[[], bool]) -> ChangedPeople:
        return ChangedPeople(
            inbox, client, affordable=affordable, region="FR", late=late, forget=lambda: None
        )

    return make


@pytest.mark.parametrize(
    ("make", "name", "looks_back", "at_most"),
    [
        (
            lambda i, t, a: Corrections(i, t, affordable=a),
            "calls looked at for corrections",
            THREE_DAYS,
            THREE_DAYS,
        ),
        # What was said in them is erased, however long the bridge was away.
        (lambda i, t, a: Deletions(i, t, affordable=a), "calls looked at for deletions", A_MONTH, 2 * PAUSE),
        # As long as a call without a person is linked to one who is added later.
        (people(A_WEEK), "people looked at", THREE_DAYS, A_WEEK),
        (people(ROUND), "people looked at", THREE_DAYS, THREE_DAYS),
    ],
    ids=["corrections", "deletions", "people for a week", "people"],
)
async def test_a_round_asks_since_what_the_last_one_saw(
    sqlite_file: Path, make: Makes, name: str, looks_back: timedelta, at_most: timedelta
) -> None:
    twenty, affordable = Twenty(), True
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        looking = make(inbox, twenty, lambda: affordable)

        async def since(past: timedelta, *pages: list[dict[str, Any]]) -> list[Any]:
            twenty.asked.clear()
            twenty.pages = [*pages] or [[]]
            await looking.once(TEN + past)
            return [since for since, _ in twenty.asked]

        began = TEN - looks_back
        assert await since(timedelta()) == [time_text(began)]
        # It saw nothing: Twenty's clock can be behind.
        again = max(began, TEN + ROUND - at_most)
        assert await since(ROUND, [at(TEN + ROUND)], [at(TEN), at()]) == [time_text(again)] * 2
        # A round at the very time until which the last one saw all.
        assert await since(ROUND, [at(TEN, deleted=TEN + 2 * ROUND)]) == [time_text(TEN + ROUND - OVERLAP)]
        # It is stored under this name, by every version.
        assert await Checkpoints(inbox).get(name) == TEN + 2 * ROUND
        assert await since(3 * ROUND) == [time_text(TEN + 2 * ROUND - OVERLAP)]
        # The clock jumped back: what the last round saw is not known.
        assert await since(timedelta(), [at(TEN)]) == [time_text(began)]
        affordable = False
        assert await looking.once(TEN + ROUND) == 0
        affordable, twenty.error = True, TwentyDenied("no phoneCall", code="twenty.schema")
        assert await looking.once(TEN + ROUND) == 0
        twenty.error = TwentyDenied("a key without rights", code="twenty.forbidden")
        with pytest.raises(TwentyDenied):
            await since(ROUND)
        twenty.error = None
        # None of these three was a round.
        assert await since(ROUND) == [time_text(TEN - OVERLAP)]
        assert await since(PAUSE) == [time_text(max(TEN - OVERLAP, TEN + PAUSE - at_most))]


async def test_each_page_is_read_and_a_call_that_was_moved_is_due(sqlite_file: Path) -> None:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        stays, moves = new_sid(), new_sid()
        for sid in (stays, moves):
            await kept(inbox, *incoming(sid, "+33639980001"))
        await settled(inbox, person=Person("p1", "Jane Doe"))
        pages = [[moved(None), moved(stays, "p1")], [moved(moves, "p2"), moved(new_sid(), "p1")]]
        twenty = Twenty(pages)
        assert await Corrections(inbox, twenty, affordable=lambda: True).once(TEN) == 1
        assert [after for _, after in twenty.asked] == [None, "1"]
        assert [call.root_sid for call in await inbox.claim(10)] == [moves]
        assert await Deletions(inbox, Twenty(pages), affordable=lambda: True).once(TEN) == 3


@dataclass
class WithNotes(Twenty):
    """One whose key can withdraw notes, or is denied it."""

    denied: str | None = None
    withdrawn: list[int] = field(default_factory=list)

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        if name != "WithdrawNotes":
            return await super().execute(name, **variables)
        if self.denied:
            raise TwentyDenied("no right", code=self.denied)
        self.withdrawn.append(len(set(variables["ids"])))
        return {}


async def test_what_was_said_in_a_call_that_was_deleted_is_erased(sqlite_file: Path) -> None:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}", transcribing=True) as inbox:
        deleted, stays = new_sid(), new_sid()
        for sid in (deleted, stays):
            await kept(inbox, *incoming(sid, "+33639980001"))
            await inbox.store(told(Kind.RECORDING, sid, at=40, RecordingSid=f"RE{sid[2:]}", RecordingUrl="/"))
        await settled(inbox)
        looking = Deletions(inbox, WithNotes([[moved(deleted)]]), affordable=lambda: True)
        assert await looking.once(TEN) == 1
        states = {sid: [job.state for job in await jobs_of(inbox, sid)] for sid in (deleted, stays)}
        assert states == {deleted: [JobState.OMITTED], stays: [JobState.DUE]}


async def test_the_notes_of_erased_calls_are_withdrawn_some_at_a_time_and_once(sqlite_file: Path) -> None:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as inbox:
        noted = [{"recording_sid": sid, "engine": NOTES, "progress": sid} for sid in sids(51)]
        await inbox.change(insert(transcript_erasures).values(noted))
        twenty = WithNotes(denied="twenty.forbidden")
        looking = Deletions(inbox, twenty, affordable=lambda: True)
        # A key that has no right to it leaves them for later; one that is not known stops the round.
        assert await looking.once(TEN) == 0
        twenty.denied = "twenty.unauthenticated"
        with pytest.raises(TwentyDenied):
            await looking.once(TEN)
        twenty.denied = None
        for _ in range(2):
            await looking.once(TEN + ROUND)
        # Of each call the bridge's note, and the one beside it.
        assert twenty.withdrawn == [100, 2]


def sids(count: int) -> list[str]:
    return [new_sid() for _ in range(count)]
